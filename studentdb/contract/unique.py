"""When two values that must be unique are the same one to a person; the functions' locks go by the same rule."""

from __future__ import annotations

import unicodedata


def same_value(text: str) -> str:
    """What is equal for two values that count as one: no difference by case, width, spaces or how accents are typed."""
    folded = unicodedata.normalize("NFD", text)
    # Twice, as Unicode has it (D146): what a compatible form stands for may have a case of its own.
    for _ in range(2):
        folded = unicodedata.normalize("NFKC", folded.casefold())
    return " ".join(folded.split())

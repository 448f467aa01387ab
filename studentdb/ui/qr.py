"""QR codes on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from studentdb.ui.console import Console

# Light modules around the code, by which scanners find it (ISO/IEC 18004).
_BORDER = 4
# By whether the upper and the lower module are dark; two rows are a line, as characters are twice as high as wide.
_CHARACTERS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def show(console: Console, text: str) -> None:
    """Draw `text` for the person, where a person looks on and there is room."""
    if not console.is_terminal("err"):
        console.say("(A QR code is only drawn on a terminal.)")
        return
    drawn = lines(text)
    if len(drawn[0]) > console.rich("err").width:
        console.say(f"(The terminal is too narrow for a QR code, which needs {len(drawn[0])} columns.)")
        return
    for line in drawn:
        # Dark on light, whatever the terminal's own colours are. Without colours most scanners read it inverted.
        console.say(line, style="black on bright_white")


def lines(text: str) -> Sequence[str]:
    """The QR code of `text`, dark modules as blocks."""
    import segno

    code = segno.make(text, micro=False, error="l")
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=_BORDER)]
    light = [False] * len(rows[0])
    return [
        "".join(_CHARACTERS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=light)
    ]

"""Pictures, by their first bytes: the tool knows them as the functions do."""

from __future__ import annotations

import io

import pytest
from studentdb_api import media_types

from studentdb.api.avatars import kind_of
from tests.lambda_src.test_media import DOES_NOT_FIT, FITS

CONTENTS = [*((kind, each) for kind, each in FITS), *((kind, each) for kind, each, _ in DOES_NOT_FIT), ("", b"")]
KINDS = ("image/jpeg", "image/png", "image/webp")


@pytest.mark.parametrize(("kind", "content"), CONTENTS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_picture_is_one_for_both(kind: str, content: bytes) -> None:
    theirs = [each for each in KINDS if media_types.problem(io.BytesIO(content), each) == ""]

    assert theirs == ([kind_of(content)] if kind_of(content) else [])
    assert theirs == [each for each in KINDS if each == kind and (kind, content) in FITS]

"""Questions to the person at a terminal: what they quote is data, and no order to the terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASK = "import sys; from studentdb.commands.deployment import asked; print(asked(sys.argv[1]))"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals for Python")
def test_a_question_gives_the_terminal_no_order() -> None:
    ours, theirs = os.openpty()
    question = "Delete Ada\x1b[2J\x9b2J\u202e, number 1\r2\n3?"
    with subprocess.Popen(
        [sys.executable, "-c", ASK, question], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        os.write(ours, b"y\n")
        out, err = child.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert out.decode().strip() == "True"
    assert "Delete Ada\\x1b[2J\\x9b2J\\u202e, number 1\\r2\\n3? [y/N]:" in err.decode()
    assert not {"\x1b", "\x9b", "\u202e"} & set(err.decode())

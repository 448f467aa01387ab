"""Everything that can go wrong in words: what happened, why, and a hint that is a command.

Only `cli.py` catches these; it prints `what: why`, the hint, and exits with `exit_code` (the codes are listed in
docs/architecture.md).
"""


class StudentDBError(Exception):
    """An error that a person is meant to read.

    `what` says what happened, `why` the cause, `hint` what to do next (a command where there is one).
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(f"{what}: {why}" if why else what)
        self.what = what
        self.why = why
        self.hint = hint


class UsageError(StudentDBError):
    """The command, a setting or the input is wrong; nothing was done."""

    exit_code = 2


class NotSignedInError(StudentDBError):
    """No session, an expired or a revoked one."""

    exit_code = 4


class NotAllowedError(StudentDBError):
    """Signed in, or holding AWS credentials, but without the right to do this."""

    exit_code = 4


class UnavailableError(StudentDBError):
    """An endpoint cannot be reached or answers with a server error."""

    exit_code = 5


class IncompleteError(StudentDBError):
    """A deploy or teardown did part of its work; running it again goes on from there."""

    exit_code = 6


class LockedError(StudentDBError):
    """Another deploy of the same deployment is running."""

    exit_code = 7


class CancelledError(StudentDBError):
    """The user pressed Ctrl-C; what was made stays for the next run."""

    exit_code = 130

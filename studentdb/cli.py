"""The `studentdb` command: assembles the commands, and is the one place where errors become text and exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import re
import signal
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from studentdb import __version__
from studentdb.commands import account, demo, deployment, permissions, sign_up
from studentdb.errors import CancelledError, StudentDBError

# Name of a group of commands -> the module that adds them, and the group's help.
_GROUPS = {
    "lock": ("lock", "Who works on a deployment."),
    "admin": ("admin", "What needs AWS credentials beside deploying."),
    "mfa": ("mfa", "Your second factor: an authenticator app."),
    "students": ("students", "Students."),
    "lecturers": ("lecturers", "Lecturers."),
    "administrators": ("administrators", "Administrators."),
    "sessions": ("academic_sessions", "School years and terms."),
    "subjects": ("subjects", "Subjects."),
    "classes": ("classes", "Classes, and who is in them."),
    "scores": ("scores", "Scores."),
    "audit": ("audit", "Who did what, when, to which record."),
    "notifications": ("notifications", "Notifications to everybody, a role, a class or a person."),
    "mail": ("mail", "Mail: whether it goes out, and to whom not."),
    "media": ("media", "Files of your own, of a class or about a student."),
    "users": ("users", "Accounts: who can sign in."),
    "registrations": ("registrations", "Who has signed up."),
    "local": ("local", "The embedded AWS engine on this machine."),
}
# A command about one deployment, up to where a hint goes on in words.
_COMMAND = re.compile(
    r"studentdb (deploy|plan|status|teardown|lock|login|sign-up|whoami|mfa|admin|registrations"
    r"|students|lecturers|administrators|sessions|subjects|classes|scores|users|audit|notifications|media)\b[^,;:(]*"
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"studentdb {__version__}")
        raise typer.Exit


def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Deploys a serverless student-management system into your own AWS account, and administers it."""


def application(wanted: str | None = None) -> typer.Typer:
    """All commands; with `wanted`, the first word of a command line, no more of them than that needs.

    Making all takes longer than everything else that `studentdb --help` does.
    """
    app = typer.Typer(
        name="studentdb",
        # Plain help: rich's would be the slowest import of `studentdb --help`.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    if wanted not in _GROUPS:
        for module in (deployment, account, sign_up, permissions, demo):
            module.register(app)
    for name, (module_name, text) in _GROUPS.items():
        if wanted in _GROUPS and wanted != name:
            continue
        group = typer.Typer(help=text, rich_markup_mode=None, no_args_is_help=True)
        if wanted in (None, name):
            importlib.import_module(f"studentdb.commands.{module_name}").register(group)
        app.add_typer(group, name=name)
    return app


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 usage; the others are in docs/architecture.md."""
    # What boto3 builds lives as long as the command: by default the collector would spend a tenth of a deploy on it.
    gc.set_threshold(200_000, 50, 100)
    code = run(sys.argv[1:])
    # The command is over: Ctrl-C while Python tidies up would only show a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def run(arguments: list[str], made: Callable[[str | None], typer.Typer] = application) -> int:
    """Run one command line of the application that is `made` for it; returns the exit code."""
    try:
        # What completes a command line in a shell asks for it by a variable.
        whole = "_STUDENTDB_COMPLETE" in os.environ
        wanted = None if whole else next((each for each in arguments if not each.startswith("-")), "")
        result = made(wanted)(arguments, prog_name="studentdb", standalone_mode=False)
        # In this mode the application returns the code of `typer.Exit`, or what the command returned: None.
        code = result if isinstance(result, int) else 0
        # Ctrl-C becomes such an Exit, without a word.
        return _failed(CancelledError("interrupted")) if code == CancelledError.exit_code else code
    except StudentDBError as error:
        error.hint = _in_same_place(error.hint, arguments)
        return _failed(error)
    except (typer.Abort, KeyboardInterrupt):
        return _failed(CancelledError("interrupted"))
    except typer.TyperException as error:
        error.show()  # type: ignore[attr-defined]
        return int(error.exit_code)
    except SystemExit:
        # The application ends so when the reader of a pipe has seen enough, which is no failure.
        return 0
    except Exception as error:
        return _failed(_explained(error))


def _explained(error: Exception) -> StudentDBError:
    """What was not foreseen: an answer of AWS, or a bug of ours."""
    # Looked up only where it was loaded: importing botocore takes longer than most commands.
    of_boto = sys.modules.get("botocore.exceptions")
    if of_boto is not None and isinstance(error, of_boto.ClientError | of_boto.BotoCoreError):
        from studentdb.provision.failures import explain

        return explain(error)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    # The error's text could hold somebody's data; its type and place are what a report needs.
    return StudentDBError(
        "this is a bug in studentdb",
        why=f"{type(error).__name__} at {where}",
        hint="report it with this line and the command that you ran",
    )


def _in_same_place(hint: str, arguments: list[str]) -> str:
    """A hint that is a command, with the flags that chose the deployment: without them it would mean another one."""
    chosen: list[str] = []
    for position, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        if flag == "--local":
            chosen.append(flag)
        elif flag in {"--env", "--region", "--profile"}:
            chosen += [flag, value or next(iter(arguments[position + 1 :]), "")]
    said = _COMMAND.match(hint)
    if not chosen or said is None or any(flag in hint for flag in ("--env", "--local", "--site")):
        return hint
    return " ".join((said.group(0).rstrip(), *chosen)) + hint[len(said.group(0).rstrip()) :]


def _failed(error: StudentDBError) -> int:
    from studentdb.ui.console import Console
    from studentdb.ui.errors import show

    show(Console(), error)
    return error.exit_code

"""Writes the parts of the docs that come from the code: `python docs/generate.py`; with `--check` it only looks.

They stand between two marks in otherwise hand-written pages, and are read from the Typer application, the settings, the
errors and the resources; a test keeps them current.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

import typer.main

from studentdb import cli, errors
from studentdb.commands.deployment import CHANGES_PENDING
from studentdb.settings import FILE, PREFIX, Settings

DOCS = Path(__file__).resolve().parent
MARKS = "<!-- begin {0}: written by docs/generate.py, see `make docs` -->\n", "<!-- end {0} -->"

# The settings that are flags as well: those that choose the deployment.
SELECTION = {
    parameter.name
    for parameter in typer.main.get_command(cli.application()).commands["deploy"].params  # type: ignore[attr-defined]
} & set(Settings.model_fields)

# What the policy's patterns stand for; an admin puts in his own.
REGION, ACCOUNT = "REGION", "ACCOUNT_ID"
# What AWS's own actions may be limited to, by service. Pools and APIs have random ids: their names are in no ARN.
LIMITS = {
    "apigateway": (f"arn:aws:apigateway:{REGION}::/apis*", f"arn:aws:apigateway:{REGION}::/tags/*"),
    "cloudfront": ("*",),
    "cognito-idp": (f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/*",),
    "events": (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/student-management*",),
    "dynamodb": (f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/student-management*",),
    "iam": (f"arn:aws:iam::{ACCOUNT}:role/student-management*",),
    "lambda": (
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:student-management*",
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:*",
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:student-management*",
    ),
    "logs": (
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/student-management*",
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vendedlogs/student-management*",
    ),
    "s3": ("arn:aws:s3:::student-management*",),
    "ses": (
        f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/*",
        f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/student-management*",
    ),
    "ssm": (f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/studentdb/*",),
}
# These are about a whole account, or about something that has no ARN before it is made.
UNLIMITED = {
    "cognito-idp:CreateUserPool",
    "cognito-idp:ListUserPools",
    "lambda:CreateEventSourceMapping",
    "lambda:ListEventSourceMappings",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "s3:ListAllMyBuckets",
    "ses:GetAccount",
    "ses:ListEmailIdentities",
}
# IAM takes 6,144 characters: each of these stands for the actions that it fits, which are about one thing.
SHORTER = (
    "cloudfront:*OriginAccessControl",
    "cloudfront:*ResponseHeadersPolicy",
    "cognito-idp:*UserPoolClient",
    "lambda:*EventSourceMapping",
    "lambda:*FunctionEventInvokeConfig",
    "lambda:*LayerVersion",
)
# Cognito makes it for itself, where it is to send through SES.
SERVICE_ROLE = "iam:CreateServiceLinkedRole"
PASS_ROLE = "iam:PassRole"  # noqa: S105 - the name of an action


def pages() -> dict[Path, str]:
    """Every page with generated blocks, with the text that it should have. Raises ValueError for a missing mark."""
    blocks = {
        "cli.md": {"commands": command_list()},
        "settings.md": {"settings": settings_table()},
        "architecture.md": {"exit codes": exit_codes()},
        "api.md": {"operations": operations()},
        "permissions.md": {
            "policy": f"```json\n{json.dumps(policy(), indent=2)}\n```\n",
            "actions": action_table(),
        },
    }
    found = {}
    for page, parts in blocks.items():
        text = (DOCS / page).read_text(encoding="utf-8")
        for name, block in parts.items():
            text = _with_block(text, name, block)
        found[DOCS / page] = text
    return found


def _with_block(text: str, name: str, block: str) -> str:
    begin, end = (mark.format(name) for mark in MARKS)
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{block}\n{end}{after}"


# ---- commands


def command_list() -> str:
    """All commands with their help. Rendered here, since Typer's own layout changes with its version."""
    root: Any = typer.main.get_command(cli.application())
    selection = [parameter for parameter in root.commands["deploy"].params if parameter.name in SELECTION]
    parts = [
        "## Which deployment\n\nCommands that are about one deployment also take:\n\n"
        + _table([_option(parameter) for parameter in selection]),
        "## studentdb\n\n" + _table([_option(parameter) for parameter in root.params]),
    ]
    parts += [_command(words, command) for words, command in commands(root)]
    return "\n".join(parts)


def commands(group: Any, words: tuple[str, ...] = ("studentdb",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below `group` that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


def _command(words: tuple[str, ...], command: Any) -> str:
    own = [parameter for parameter in command.params if parameter.name not in SELECTION]
    usage = list(words)
    for parameter in own:
        if parameter.param_type_name == "argument":
            usage.append(parameter.metavar if parameter.required else f"[{parameter.metavar}]")
    if any(parameter.param_type_name == "option" for parameter in own):
        usage.append("[OPTIONS]")
    text = f"## {' '.join(words)}\n\n```\n{' '.join(usage)}\n```\n\n{command.help}\n"
    if own:
        text += "\n" + _table([_option(parameter) for parameter in own])
    if len(own) == len(command.params):
        text += "\nIt takes no options that choose a deployment.\n"
    return text


def _option(parameter: Any) -> tuple[str, str]:
    names = ", ".join(parameter.opts)
    if parameter.param_type_name == "argument":
        names = parameter.metavar
    elif not parameter.is_flag:
        names += f" {parameter.metavar or parameter.name.upper()}"
    return f"`{names}`".replace("|", r"\|"), parameter.help + (" Required." if parameter.required else "")


def _table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...] = ("", "")) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# ---- settings and exit codes


def settings_table() -> str:
    """Every setting: what is allowed, its default, where it is set."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.get_default(call_default_factory=True)
        default = "-" if value in (None, {}) else f"`{json.dumps(value)}`"
        flag = f"`--{name}`" if name in SELECTION else "-"
        variable = "-" if isinstance(value, dict) else f"`{PREFIX}{name.upper()}`"
        rows.append((f"`{name}`", str(field.description), default, variable, flag))
    return _table(rows, (f"Key in `{FILE}`", "Allowed", "Default", "Variable", "Flag"))


def exit_codes() -> str:
    """The exit codes with the docstrings of the errors behind them."""
    meanings: dict[int, list[str]] = {0: ["Done."], CHANGES_PENDING: ["`plan` found changes that a deploy would make."]}
    for found in vars(errors).values():
        if isinstance(found, type) and issubclass(found, errors.StudentDBError):
            first = (found.__doc__ or "").split("\n", maxsplit=1)[0]
            text = "Failed in a way that no other code names." if found is errors.StudentDBError else first
            meanings.setdefault(found.exit_code, []).append(text)
    return _table([(f"`{code}`", " ".join(meanings[code])) for code in sorted(meanings)], ("Code", "Meaning"))


# ---- operations of the API


def operations() -> str:
    """Every operation of the API, by noun: what it takes, who may do it."""
    from studentdb.contract import openapi  # noqa: PLC0415 - as below
    from studentdb.contract.operations import operations as every  # noqa: PLC0415

    nouns: dict[str, list[Any]] = {}
    for each in every():
        nouns.setdefault(openapi.tag(each), []).append(each)
    parts = []
    for noun, found in nouns.items():
        rows = [
            (
                f"`{operation.route_key}`",
                f"`{operation.name}`",
                _fields(operation.query.model_fields),
                _fields(operation.body.model_fields if operation.body else {}),
                "<br>".join(f"{who}: {whose}" for who, whose in openapi.permissions(operation).items()),
            )
            for operation in found
        ]
        parts.append(f"## {noun}\n\n{_table(rows, ('Route', 'Operation', 'Query', 'Body', 'Who: whose'))}")
    return "\n".join(parts)


def _fields(fields: Mapping[str, Any]) -> str:
    """Names as they travel; those that must be given are bold."""
    names = ((field.alias or name, field.is_required()) for name, field in fields.items())
    return ", ".join(f"**{name}**" if required else name for name, required in names) or "-"


# ---- permissions


def action_table() -> str:
    """The IAM actions of every kind of resource, of the lock and of the commands that use AWS's credentials."""
    from studentdb.provision.migrations import MIGRATIONS  # noqa: PLC0415 - as in _actions

    kinds, admins, lock, mail = _actions()
    verbs = ("read", "create", "update", "delete")
    rows = [(f"`{kind}`", *(_listed(actions.get(verb, ())) for verb in verbs)) for kind, actions in kinds.items()]
    rows += [
        ("the lock", "-", _listed(lock), "-", "-"),
        ("`admin create`, `admin reset-mfa`", "-", _listed(admins), "-", "-"),
        ("`admin rebuild-search`", "-", _listed(MIGRATIONS[0].actions), "-", "-"),
    ]
    rows += [("`mail status`", _listed(mail), "-", "-", "-")]
    return _table(rows, ("Kind", *verbs))


def policy(region: str = REGION, account: str = ACCOUNT) -> dict[str, Any]:
    """The policy: one statement per service, one for what cannot be limited, and the passing on of roles."""
    kinds, admins, lock, mail = _actions()
    every = {action for verbs in kinds.values() for actions in verbs.values() for action in actions}
    wanted = sorted(every | set(admins) | set(lock) | set(mail))
    limited = [action for action in wanted if action not in {*UNLIMITED, PASS_ROLE, SERVICE_ROLE}]
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": _shortened(actions), "Resource": list(LIMITS[service])}
        for service, actions in groupby(limited, key=lambda action: action.split(":")[0])
    ]
    statements.append(
        {
            "Effect": "Allow",
            "Action": PASS_ROLE,
            "Resource": list(LIMITS["iam"]),
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        }
    )
    statements.append(
        {
            "Effect": "Allow",
            "Action": SERVICE_ROLE,
            "Resource": [f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/email.cognito-idp.amazonaws.com/*"],
        }
    )
    statements.append(
        {"Effect": "Allow", "Action": [action for action in wanted if action in UNLIMITED], "Resource": ["*"]}
    )
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    document: dict[str, Any] = json.loads(text.replace(REGION, region).replace(ACCOUNT, account))
    return document


def _shortened(actions: Iterable[str]) -> list[str]:
    fits = {action: next((each for each in SHORTER if fnmatchcase(action, each)), action) for action in actions}
    return sorted(set(fits.values()))


def _actions() -> tuple[dict[str, Mapping[str, tuple[str, ...]]], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """By kind and verb; for `admin create`; for the lock; for `mail status`."""
    # Here, because the rest of this script needs no boto3.
    from studentdb.provision import administrators, lock, mail_state  # noqa: PLC0415
    from studentdb.provision.aws import Deployment  # noqa: PLC0415
    from studentdb.provision.endpoints import Endpoints  # noqa: PLC0415
    from studentdb.provision.resources.lambda_layer import LayerContent  # noqa: PLC0415
    from studentdb.provision.stack import stack  # noqa: PLC0415
    from studentdb.provision.stack_settings import StackSettings  # noqa: PLC0415

    # Only the kinds are looked at, so any deployment will do.
    declared = stack(
        Deployment(env="prod", region="eu-central-1", account="123456789012"),
        Endpoints("eu-central-1"),
        StackSettings(mail_from="office@school.example"),
        code=b"",
        site={},
        public_routes=(),
        account_routes=(),
        pillow=LayerContent("", bytes),
    )
    kinds = {resource.kind: resource.actions for resource in declared.all}
    return dict(sorted(kinds.items())), administrators.ACTIONS, lock.ACTIONS, mail_state.ACTIONS


def _listed(actions: tuple[str, ...]) -> str:
    return "<br>".join(f"`{action}`" for action in actions) or "-"


def main(arguments: list[str]) -> int:
    """Write what is not current, or with --check name it. Returns the exit code."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path, text in pages().items():
        if path in stale and "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    verb = "is not current: run make docs" if "--check" in arguments else "written"
    sys.stderr.writelines(f"docs/{path.name} {verb}\n" for path in stale)
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

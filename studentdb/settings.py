"""Settings: flags, then STUDENTDB_* variables, then studentdb.toml in the current folder, then defaults.

Every source is validated by itself, also where a stronger one overrides it, so that an error can name its place.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from studentdb import home
from studentdb.contract.fields import EMAIL_PATTERN
from studentdb.custom_fields import CustomFields
from studentdb.errors import StudentDBError, UsageError

FILE = "studentdb.toml"
PREFIX = "STUDENTDB_"

# The only periods that CloudWatch Logs takes (LOG-06).
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def _one_of_cloudwatchs(days: int) -> int:
    if days not in RETENTION_DAYS:
        raise ValueError("not one of CloudWatch's periods")
    return days


# The groups of the user pool.
_ROLES = ("admin", "lecturer", "student")


def _listed(given: object) -> object:
    """A list of the file, or a variable's text with commas."""
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    return tuple(given) if isinstance(given, list) else given


def _roles(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Written one way, since a change of it is a change of the functions."""
    if not set(roles) <= set(_ROLES):
        raise ValueError("not a role")
    return tuple(role for role in _ROLES if role in roles)


# A grade and the percentage from which it is given: `B+ 87.5`.
_STEP = re.compile(r"([^,\s](?:[^,]*[^,\s])?)\s+(0|[1-9][0-9]{0,2}(?:\.[0-9]{1,2})?)")
_MOST_STEPS = 20


def _grade_scale(text: str) -> str:
    """Written one way, since a change of it is a change of the functions."""
    steps = [_STEP.fullmatch(step.strip()) for step in text.split(",")]
    found = [(" ".join(step[1].split()), Decimal(step[2])) for step in steps if step]
    names, least = {name for name, _ in found}, [each for _, each in found]
    if not (len(found) == len(steps) == len(names) <= _MOST_STEPS and all(name.isprintable() for name in names)):
        raise ValueError("not grades with their percentages")
    if least[-1] != 0 or least[0] > 100 or any(high <= low for high, low in pairwise(least)):
        raise ValueError("not in order")
    return ", ".join(f"{name} {each}" for name, each in found)


_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_MOST_DOMAINS = 20


def _domains(given: tuple[str, ...]) -> tuple[str, ...]:
    """Written one way, since a change of them is a change of the function."""
    domains = tuple(sorted({domain.lower() for domain in given}))
    if len(domains) > _MOST_DOMAINS or not all(len(each) <= 120 and _DOMAIN.fullmatch(each) for each in domains):
        raise ValueError("not domains")
    return domains


class Settings(BaseModel):
    """What a person may choose. `model_fields_set` tells what was chosen from what is a default.

    `env`, `region`, `profile` and `local` select the deployment; the rest describe what a deploy makes of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]{0,15}$",
            description="1 to 16 of the characters a-z, 0-9 and -, beginning with a letter",
        ),
    ] = "prod"
    region: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,2}$",
            description="the name of an AWS region, such as eu-central-1",
        ),
    ] = None
    profile: Annotated[
        str | None, Field(min_length=1, description="the name of a profile in your AWS configuration")
    ] = None
    local: Annotated[bool, Field(description="true or false")] = False
    # Cognito itself takes 6 to 99; fewer than 8 is no password for pupils' records.
    password_minimum_length: Annotated[int, Field(ge=8, le=99, description="a whole number from 8 to 99")] = 12
    log_retention_days: Annotated[
        int,
        AfterValidator(_one_of_cloudwatchs),
        Field(description="one of CloudWatch's periods: " + ", ".join(map(str, RETENTION_DAYS))),
    ] = 90
    # 0 would block every request (AGW-35); the upper ends are an account's own quotas.
    api_burst: Annotated[int, Field(ge=1, le=5_000, description="a whole number from 1 to 5000")] = 50
    api_rate: Annotated[int, Field(ge=1, le=10_000, description="requests a second, 1 to 10000")] = 100
    media_quota_mb: Annotated[
        int, Field(ge=1, le=1_000_000, description="megabytes of files for each person, 1 to 1000000")
    ] = 1000
    media_kms_key: Annotated[
        str | None,
        Field(
            # An alias would be taken for a key of whoever sends the file.
            pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}$",
            description="the ARN of a KMS key of yours, in the deployment's region and account, for files that are "
            "uploaded from then on; without it, the key that AWS manages",
        ),
    ] = None
    custom_fields: CustomFields = Field(
        default_factory=dict, description="tables `[custom_fields.NAME]` of the file, as below"
    )
    self_registration: Annotated[bool, Field(description="true or false")] = False
    self_registration_domains: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        AfterValidator(_domains),
        Field(description="a list of up to 20 domains of e-mail addresses, such as school.example.edu"),
    ] = ()
    mfa_required_roles: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        AfterValidator(_roles),
        Field(description="a list of roles (admin, lecturer, student); in a variable with commas between them"),
    ] = ()
    grade_scale: Annotated[
        str,
        Field(
            max_length=300,
            description="grades and the percentages from which they are given, the best first, the last from 0: "
            "Pass 50, Fail 0",
        ),
        AfterValidator(_grade_scale),
    ] = "A 90, B 80, C 70, D 60, F 0"
    school_name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=60,
            # It stands before the address in a header, and in Cognito's `From`, which takes nothing but ASCII.
            pattern=r"^[A-Za-z0-9][A-Za-z0-9 .'&-]*$",
            description="the name that mails come from: up to 60 letters, digits, blanks and . ' & -",
        ),
    ] = "Student management"
    mail_from: Annotated[
        str | None,
        Field(
            max_length=254,
            pattern=EMAIL_PATTERN,
            description="the address that mails come from, such as office@school.example; without one no mail is sent",
        ),
        AfterValidator(lambda address: address and address.lower()),
    ] = None
    mail_identity: Annotated[
        Literal["domain", "address"],
        Field(description="what SES verifies of mail_from: domain (by DNS records) or address (by a mail to it)"),
    ] = "domain"


def load(flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path) -> Settings:
    """The settings in force. `flags` maps fields to values; None means that the flag was not given.

    Raises UsageError for a key that is unknown or has a wrong value: it names the place and what is allowed.
    """
    given_flags = {key: value for key, value in flags.items() if value is not None}
    variables = {
        key.removeprefix(PREFIX).lower(): value
        for key, value in environ.items()
        if key.startswith(PREFIX) and key != home.VARIABLE
    }
    file = _read(cwd / FILE)
    chosen = {
        **_validated(file, lambda key: f"{FILE}, {_line(cwd / FILE, key)}key `{key}`", key_text=str),
        **_validated(variables, lambda key: f"variable {_variable(key)}", key_text=_variable, text=True),
        **_validated(given_flags, lambda key: f"flag {_flag(key)}", key_text=_flag),
    }
    return Settings.model_validate(chosen, strict=True)


def _validated(
    values: Mapping[str, object],
    place: Callable[[str], str],
    *,
    key_text: Callable[[str], str],
    text: bool = False,
) -> dict[str, Any]:
    """One source's values in their types. `text`: all of them are strings, as variables are."""
    try:
        # TOML and flags have types of their own: strict, so that `api_burst = true` is not taken for 1.
        part = Settings.model_validate_strings(values) if text else Settings.model_validate(values, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key, *within = map(str, first["loc"])
        if within or (first["type"] == "value_error" and key == "custom_fields"):
            raise UsageError(f"wrong setting in {place(key)}", why=_inside(within, first["msg"])) from None
        if first["type"] == "extra_forbidden":
            raise _unknown(key, place(key), key_text) from None
        raise UsageError(
            f"wrong setting in {place(key)}",
            why=f"{_shown(values[key])} is not {Settings.model_fields[key].description}",
        ) from None
    return {key: getattr(part, key) for key in part.model_fields_set}


def _inside(within: Sequence[str], message: str) -> str:
    """`house.kind: must be 'text' or 'number'`, of pydantic's words about a value inside of a table."""
    path = ".".join(part for part in within if part != "[key]")
    for pydantic, ours in (("Value error, ", ""), ("Input should", "must"), ("String should", "must"), ("List", "it")):
        message = message.replace(pydantic, ours)
    return f"{path}: {message[:1].lower()}{message[1:]}" if path else message


def _unknown(key: str, place: str, key_text: Callable[[str], str]) -> UsageError:
    close = difflib.get_close_matches(key.replace("-", "_").lower(), Settings.model_fields, n=1)
    known = ", ".join(key_text(name) for name in Settings.model_fields)
    return UsageError(
        f"unknown setting in {place}",
        why=f"the settings are {known}",
        hint=f"did you mean {key_text(close[0])}?" if close else "remove it",
    )


def _shown(value: object) -> str:
    """Short, and on one line, whatever it holds."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _variable(key: str) -> str:
    return PREFIX + key.upper()


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{FILE} is not valid TOML", why=str(error), hint=f"correct {file}") from error
    except OSError as error:
        raise StudentDBError(f"{file} cannot be read", why=error.strerror or str(error)) from error


def _line(file: Path, key: str) -> str:
    """`line N, `, or nothing where the key is written in a way that a plain look does not find."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        written = line.strip().lstrip("[").replace('"', "").replace("'", "")
        if written.partition("=")[0].partition("]")[0].partition(".")[0].strip() == key:
            return f"line {number}, "
    return ""

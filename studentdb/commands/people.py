"""What the commands of students, lecturers and administrators have in common: a person's fields as options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.commands.nouns import Columns
from studentdb.context import Context
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.api.records import Records
    from studentdb.contract.models import RequestModel

# Field of the contract -> its option.
_FIELDS: dict[str, Any] = {
    "identifier": Annotated[str | None, typer.Option("--number", help="The person's number (OneRoster identifier).")],
    "given_name": Annotated[
        str | None, typer.Option("--given-name", help="Given name (OneRoster givenName); the only name, if one is all.")
    ],
    "family_name": Annotated[str | None, typer.Option("--family-name", help="Family name (OneRoster familyName).")],
    "middle_name": Annotated[str | None, typer.Option("--middle-name", help="Middle name.")],
    "preferred_given_name": Annotated[
        str | None, typer.Option("--preferred-given-name", help="The given name that the person goes by.")
    ],
    "preferred_middle_name": Annotated[
        str | None, typer.Option("--preferred-middle-name", help="The middle name that the person goes by.")
    ],
    "preferred_family_name": Annotated[
        str | None, typer.Option("--preferred-family-name", help="The family name that the person goes by.")
    ],
    "email": Annotated[str | None, typer.Option("--email", help="E-mail address.")],
    "username": Annotated[str | None, typer.Option("--username", help="Name at the school's other systems.")],
    "phone": Annotated[str | None, typer.Option("--phone", help="Telephone number.")],
    "birth_date": Annotated[str | None, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="Date of birth.")],
    "status": Annotated[
        str | None, typer.Option("--status", metavar="active|inactive", help="Whether still at the school.")
    ],
    "directory_opt_out": Annotated[
        bool | None,
        typer.Option(
            "--directory-opt-out/--no-directory-opt-out", help="Not to stand in a directory that the school gives out."
        ),
    ],
    "metadata": Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A field of the school's own; may be repeated."),
    ],
}
Search = Annotated[
    str | None,
    typer.Option(
        "--search",
        metavar="TEXT",
        help="Only those with this number or e-mail address, or with names whose words begin like those of TEXT.",
    ),
]
Contains = Annotated[
    bool,
    typer.Option(
        "--contains", help="With --search: words of names, numbers and addresses that hold those of TEXT anywhere."
    ),
]
_NEEDED = ("identifier", "given_name")
# Fields that an update may empty: `--email ""` does.
_CLEARABLE = (
    *("family_name", "middle_name", "preferred_given_name", "preferred_middle_name", "preferred_family_name"),
    *("email", "username", "phone", "birth_date"),
)
COLUMNS: Columns = {
    "Number": lambda each: each.identifier,
    "Family name": lambda each: each.family_name or "",
    "Given name": lambda each: each.given_name,
    "Middle name": lambda each: each.middle_name or "",
    "E-mail": lambda each: each.email or "",
    "Status": lambda each: each.status,
}


@dataclass(frozen=True, kw_only=True)
class People:
    """The people of one role, as a noun of the command line.

    `models` gives what is sent to create one and to change one. `options` are fields beyond everybody's.
    """

    one: str
    many: str
    records: Callable[[Context], Records[Any]]
    models: Callable[[], tuple[type[RequestModel], type[RequestModel]]]
    options: Mapping[str, Any] = field(default_factory=dict)
    columns: Columns = field(default_factory=lambda: COLUMNS)

    @property
    def an(self) -> str:
        """`a student`, `an administrator`."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"


def register(group: typer.Typer, people: People) -> None:
    """Add the commands of one role to their group."""
    for each in (_add, _list, _get, _update, _delete):
        command(group)(of(people, each))


def _add(context: Context, people: People, fields: dict[str, Any], *, as_json: Json = False) -> None:
    """Add {an}."""
    from studentdb.api.problems import checked

    person = checked(people.models()[0], nouns.given(fields))
    console = nouns.announced(context)
    nouns.show(people.records(context).create(person), as_json=as_json, console=console)


def _list(
    context: Context,
    people: People,
    *,
    search: Search = None,
    contains: Contains = False,
    listing: Listing,
) -> None:
    """List the {many}, by name, or those whom --search finds."""
    if contains and search is None:
        raise UsageError("--contains says how to search", hint="--search TEXT --contains")
    match = "contains" if contains else None
    listing.show(
        people.records(context),
        people.columns,
        words=(people.one, people.many),
        nothing=f"There are no {people.many} yet: studentdb {people.many} add" if search is None else _nobody(contains),
        search=search,
        match=match,
    )


def _nobody(contains: bool) -> str:
    return (
        "Nobody was found."
        if contains
        else "Nobody was found. --contains looks into words, not only at their beginnings."
    )


def _get(context: Context, people: People, person: str, *, as_json: Json = False) -> None:
    """Show one {one}."""
    nouns.show(people.records(context).find(person), as_json=as_json)


def _update(context: Context, people: People, person: str, fields: dict[str, Any], *, as_json: Json = False) -> None:
    """Change {an}. An empty value (--email "", --set house=) clears a field that may be empty."""
    changes = nouns.given(fields, clearable=_CLEARABLE)
    changed = nouns.change(
        context,
        lambda: people.records(context),
        lambda: people.records(context).find(person),
        people.models()[1],
        changes,
    )
    nouns.show(changed, as_json=as_json)


def _delete(context: Context, people: People, person: str, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete {an}."""
    nouns.remove(
        context,
        lambda: people.records(context),
        lambda: people.records(context).find(person),
        lambda found: f"{' '.join(filter(None, (found.given_name, found.family_name)))}, number {found.identifier}",
        yes=yes,
        as_json=as_json,
    )


def of(people: People, function: Callable[..., None]) -> Callable[..., None]:
    """The command of one role: `fields` becomes an option for each, and the help speaks of the role."""
    options = {**_FIELDS, **people.options}
    needed = _NEEDED if function is _add else ()

    def run(context: Context, **values: Any) -> None:
        if "fields" in taken:
            values["fields"] = {name: values.pop(name) for name in options}
            values["fields"]["metadata"] = _custom(values["fields"]["metadata"], clearing=function is _update)
        function(context, people, **values)

    parameters: list[inspect.Parameter] = []
    taken = inspect.signature(function, eval_str=True).parameters
    for name, parameter in taken.items():
        if name == "fields":
            parameters += [_option(each, annotation, each in needed) for each, annotation in options.items()]
        elif name == "person":
            parameters.append(parameter.replace(annotation=_who(people)))
        elif name != "people":
            parameters.append(parameter)
    in_order = sorted(parameters, key=lambda each: each.kind)
    run.__signature__ = inspect.Signature(in_order)  # type: ignore[attr-defined]
    run.__name__ = function.__name__.strip("_")
    run.__doc__ = (function.__doc__ or "").format(one=people.one, many=people.many, an=people.an)
    return run


def _custom(texts: list[str] | None, *, clearing: bool) -> dict[str, str | None] | None:
    """`house=North` as the contract has it. Nothing after the sign clears a field of somebody who is there."""
    given: dict[str, str | None] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise UsageError("--set was not understood", why=f"{text!r} is not of the form FIELD=VALUE")
        if value or clearing:
            given[name] = value or None
    return given or None


def _who(people: People) -> Any:
    return Annotated[str, typer.Argument(metavar=people.one.upper(), help=f"The {people.one}'s number or id.")]


def _option(name: str, annotation: Any, needed: bool) -> inspect.Parameter:
    """A keyword; what is needed has no default, and is no `None` either."""
    if not needed:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
    annotation = Annotated[str, annotation.__metadata__[0]]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)

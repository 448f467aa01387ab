"""Which deployment is meant: never a guess.

`resolve` is a pure function of what was chosen, of the environment and of the deployments that are known; `Registry`
keeps these in `deployments.json`. Nothing in the file is secret.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args
from urllib.parse import urlsplit

from studentdb import home
from studentdb.errors import NotSignedInError, StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.settings import Settings

Place = Literal["aws", "local", "endpoint"]

# The embedded engine takes any region; one is enough unless somebody asks for another.
LOCAL_REGION = "us-east-1"
# What a fresh machine is told, wherever a deployment is needed and none is known.
FIRST_STEPS = "studentdb login EMAIL --site URL, or try it on this machine: studentdb demo"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a deployment is, or would be.

    `region` is empty where neither settings nor environment choose one: then the AWS configuration does.
    `endpoint_url` is set for the place `endpoint`, `profile` never for `local`; `account` is known after a deploy.
    """

    place: Place
    env: str
    region: str
    account: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None

    @property
    def label(self) -> str:
        """What people read and type: `prod@eu-central-1`, `prod@local`, `prod@us-east-1 via http://localhost:4566`."""
        region = self.region or "(region of your AWS configuration)"
        if self.place == "local":
            return f"{self.env}@local" if self.region == LOCAL_REGION else f"{self.env}@local-{region}"
        if self.place == "endpoint":
            return f"{self.env}@{region} via {self.endpoint_url}"
        return f"{self.env}@{region}"


@dataclass(frozen=True, kw_only=True)
class Known(Target):
    """A deployment that exists, with its addresses, as far as this machine knows."""

    site_url: str
    api_url: str
    user_pool_id: str
    client_id: str
    cognito_url: str

    @property
    def names(self) -> tuple[str, ...]:
        """All that `use` takes for it: the second and third tell two accounts with one label apart."""
        by_account = (f"{self.label}/{self.account}",) if self.account else ()
        return (self.label, *by_account, self.site_url, self.env)

    def is_same_as(self, other: Known) -> bool:
        """Whether both are one deployment, perhaps torn down and deployed again, or learned of in another way."""
        if (self.user_pool_id, self.client_id, self.site_url) == (
            other.user_pool_id,
            other.client_id,
            other.site_url,
        ):
            return True
        if self.label != other.label:
            return False
        # On this machine a label is enough; on AWS two schools may share it, and their accounts differ.
        if self.place != "aws" or self.site_url == other.site_url:
            return True
        return self.account is not None and self.account == other.account


class Registry:
    """The known deployments and the default among them, in `deployments.json` under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "deployments.json"

    def all(self) -> tuple[Known, ...]:
        """In the order in which they became known. Raises StudentDBError where the file is damaged."""
        return self._read()[0]

    def default(self) -> Known | None:
        """The one that `use` chose."""
        return self._read()[1]

    def recognise(self, learned: Known) -> Known:
        """What was learned from a site, with what an earlier deploy knew of it (account, profile). Keeps nothing yet.

        Raises UsageError where it borrows the sign-in of a known deployment for an API of its own.
        """
        others = self.all()
        self._refuse_borrowed_sign_in(learned, others)
        for other in others:
            if (other.site_url, other.user_pool_id) == (learned.site_url, learned.user_pool_id):
                here = {field.name: getattr(other, field.name) for field in dataclasses.fields(Target)}
                return dataclasses.replace(learned, **here)
        return learned

    def remember(self, known: Known) -> Known:
        """Add or replace it, and return it as it is now kept.

        Without an account it was learned from its site, which is believed about itself only: it replaces nothing that
        is known at another address. Raises as `recognise` does.
        """
        others, default = self._read()
        learned = known.account is None
        if learned:
            known = self.recognise(known)
        same = [other for other in others if (other.site_url == known.site_url if learned else other.is_same_as(known))]
        was_default = default in same
        kept = [other for other in others if other not in same]
        kept.insert(others.index(same[0]) if same else len(others), known)
        self._write(kept, known if was_default else default)
        return known

    def forget(self, known: Known) -> None:
        """Remove it; the default as well, if it is the one."""
        others, default = self._read()
        kept = [other for other in others if not other.is_same_as(known)]
        self._write(kept, default if default in kept else None)

    def use(self, name: str) -> Known:
        """Make the deployment with this label (or site) the default. Raises UsageError: none, or several."""
        all_known = self.all()
        found = [known for known in all_known if name.rstrip("/") in known.names]
        if len(found) == 1:
            self._write(all_known, found[0])
            return found[0]
        if found:
            listed = ", ".join(f"{known.names[1]} ({known.site_url})" for known in found)
            raise UsageError(
                f"several deployments are called {name}", why=listed, hint=f"studentdb use {found[0].site_url}"
            )
        raise _none_matches(name, all_known)

    def _refuse_borrowed_sign_in(self, learned: Known, others: Iterable[Known]) -> None:
        """A stranger's site may name a real school's pool and client: the token would be good at that school."""
        for other in others:
            if (
                _sign_in(other) == _sign_in(learned)
                and other.site_url != learned.site_url
                and other.api_url != learned.api_url
            ):
                raise UsageError(
                    f"{learned.site_url} is refused",
                    why=f"its accounts are those of {other.site_url}, its API is another: one of them is not genuine",
                    hint=f"ask your administrator; if the known one is wrong: rm {self.file}, then log in again",
                )

    def _read(self) -> tuple[tuple[Known, ...], Known | None]:
        try:
            # Whoever can write it decides where a person signs in.
            home.refuse_if_shared(self.file)
            content = json.loads(self.file.read_text(encoding="utf-8"))
            known = tuple(_from_json(entry) for entry in content["deployments"])
            default = content.get("default")
            return known, known[default] if default is not None else None
        except FileNotFoundError:
            return (), None
        except OSError as error:
            raise StudentDBError(f"{self.file} cannot be read", why=error.strerror or str(error)) from error
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise StudentDBError(
                f"{self.file} is damaged",
                why=f"{type(error).__name__}: {error}",
                hint=f"rm {self.file}, then name your deployments again: studentdb login EMAIL --site URL",
            ) from error

    def _write(self, known: Iterable[Known], default: Known | None) -> None:
        entries = list(known)
        content = {
            "default": entries.index(default) if default is not None else None,
            "deployments": [dataclasses.asdict(entry) for entry in entries],
        }
        home.write_private(self.file, json.dumps(content, indent=2) + "\n")


def _sign_in(known: Known) -> tuple[str, str, str]:
    return known.cognito_url, known.user_pool_id, known.client_id


def _from_json(entry: Mapping[str, Any]) -> Known:
    """Unknown keys are a newer version's: they are left aside."""
    fields = {field.name: entry.get(field.name) for field in dataclasses.fields(Known)}
    optional = {"account", "endpoint_url", "profile"}
    for name, value in fields.items():
        if not isinstance(value, str) and not (name in optional and value is None):
            raise ValueError(f"{name} is {value!r}")
    if fields["place"] not in get_args(Place):
        raise ValueError(f"place is {fields['place']!r}")
    return Known(**cast("dict[str, Any]", fields))


def from_site(config: Mapping[str, str]) -> Known:
    """The deployment behind a site's config.json (its seven keys, checked by api.site)."""
    prefix = config["deployment"].partition("/")[0]
    env = prefix.removeprefix("student-management").removeprefix("-") or "prod"
    host = urlsplit(config["cognitoUrl"]).hostname or ""
    on_aws = host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return Known(
        place="aws" if on_aws else "endpoint",
        env=env,
        region=config["region"],
        endpoint_url=None if on_aws else config["cognitoUrl"].rstrip("/"),
        site_url=config["siteUrl"].rstrip("/"),
        api_url=config["apiUrl"].rstrip("/"),
        user_pool_id=config["userPoolId"],
        client_id=config["clientId"],
        cognito_url=config["cognitoUrl"].rstrip("/"),
    )


@dataclass(frozen=True)
class _Choice:
    """What flags, variables and file say about the target; None is what they leave open."""

    env: str | None
    region: str | None
    profile: str | None
    place: Place | None
    endpoint_url: str | None

    @classmethod
    def of(cls, settings: Settings, environ: Mapping[str, str]) -> _Choice:
        given = settings.model_fields_set
        # AWS's own switch for this variable.
        ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
        endpoint_url = None if ignored else (environ.get("AWS_ENDPOINT_URL") or "").rstrip("/") or None
        place: Place | None = None
        if "local" in given and settings.local:
            place, endpoint_url = "local", None
        elif endpoint_url:
            place = "endpoint"
        elif "local" in given or settings.profile:
            place = "aws"
        return cls(
            env=settings.env if "env" in given else None,
            region=settings.region,
            profile=settings.profile if place != "local" else None,
            place=place,
            endpoint_url=endpoint_url,
        )

    @property
    def is_empty(self) -> bool:
        return self == _Choice(None, None, None, None, None)

    def allows(self, known: Known) -> bool:
        """Whether `known` contradicts nothing that was chosen."""
        # A region is a word about AWS: it does not by itself mean this machine's engine.
        if self.region and not self.place and known.place == "local":
            return False
        wanted = (self.env, self.region, self.place, self.endpoint_url)
        has = (known.env, known.region, known.place, known.endpoint_url)
        # A profile is how to get in, not where: one learned through the site has none yet.
        profiles_agree = not self.profile or known.profile in {None, self.profile}
        return profiles_agree and all(want in {None, have} for want, have in zip(wanted, has, strict=True))

    def new(self, environ: Mapping[str, str]) -> Target:
        """The target that is meant where no known one is: AWS through the usual chain unless chosen otherwise."""
        place = self.place or "aws"
        usual = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
        return Target(
            place=place,
            env=self.env or "prod",
            region=self.region or (LOCAL_REGION if place == "local" else usual),
            endpoint_url=self.endpoint_url,
            profile=self.profile,
        )


def resolve(
    settings: Settings,
    environ: Mapping[str, str],
    registry: Registry,
    *,
    purpose: Literal["control", "data"],
) -> Target:
    """The deployment that is meant: a `Known` one, or for the control plane perhaps a new `Target`.

    For `data` the answer is always a `Known`. Raises UsageError where several are meant as well, and
    NotSignedInError where the data of a deployment is asked for that this machine does not know.
    """
    choice = _Choice.of(settings, environ)
    known = registry.all()
    matching = [one for one in known if choice.allows(one)]
    default = registry.default()
    if default is not None and default in matching:
        return _with_profile(default, choice)
    if purpose == "control" and not choice.is_empty:
        return _control(choice, matching, environ)
    if len(matching) == 1:
        return _with_profile(matching[0], choice)
    if matching:
        raise _several(matching)
    if purpose == "control":
        return choice.new(environ)
    raise _unknown(choice, known, environ)


def resolve_known(settings: Settings, environ: Mapping[str, str], registry: Registry) -> Known:
    """`resolve` for data. Raises as it does."""
    return cast("Known", resolve(settings, environ, registry, purpose="data"))


def _control(choice: _Choice, matching: Sequence[Known], environ: Mapping[str, str]) -> Target:
    """A choice for the control plane may mean something new, which a single match must not hide."""
    new = choice.new(environ)
    if len(matching) > 1:
        raise _several(matching)
    if not matching:
        return new
    (match,) = matching
    if choice.env is None and match.env != new.env:
        raise UsageError(
            "which deployment is meant is not clear",
            why=f"{match.label} is known, and {new.label} would be a new one",
            hint=f"add --env {match.env} or --env {new.env}",
        )
    return _with_profile(match, choice)


def _with_profile(known: Known, choice: _Choice) -> Known:
    return dataclasses.replace(known, profile=choice.profile) if choice.profile else known


def _several(matching: Sequence[Known]) -> UsageError:
    shared = len({known.label for known in matching}) < len(matching)
    names = [known.site_url if shared else known.label for known in matching]
    return UsageError(
        "which deployment is meant is not clear",
        why="known are " + ", ".join(f"{known.label} ({known.site_url})" for known in matching),
        hint=f"studentdb use {_quoted(names[0])}",
    )


def _none_matches(name: str, known: Sequence[Known]) -> UsageError:
    labels = ", ".join(one.label for one in known)
    return UsageError(
        f"no deployment {name} is known",
        why=f"known are {labels}" if known else "none is known yet",
        hint=f"studentdb use {_quoted(known[0].label)}" if known else FIRST_STEPS,
    )


def _unknown(choice: _Choice, known: Sequence[Known], environ: Mapping[str, str]) -> StudentDBError:
    if choice.is_empty:
        return NotSignedInError("not signed in", why="no deployment is known on this machine", hint=FIRST_STEPS)
    label = choice.new(environ).label
    if known:
        return _none_matches(label, known)
    return NotSignedInError(f"not signed in to {label}", why="it is not known on this machine", hint=FIRST_STEPS)


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name

"""Which deployment is meant: every combination has one answer or an error, never a guess."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from studentdb.errors import NotSignedInError, StudentDBError, UsageError
from studentdb.settings import load
from studentdb.targets import Known, Place, Registry, Target, from_site, resolve, resolve_known

ENGINE = "http://localhost:4566"


def known(env: str = "prod", place: Place = "aws", region: str = "eu-central-1", **changed: Any) -> Known:
    name = f"{env}-{place}-{region}"
    fields: dict[str, Any] = {
        "account": "111111111111" if place == "aws" else "000000000000",
        "endpoint_url": ENGINE if place == "endpoint" else None,
        "site_url": f"https://{name}.example.edu",
        "api_url": f"https://{name}.example.edu/api",
        "user_pool_id": f"{region}_{name}",
        "client_id": "client",
        "cognito_url": f"https://cognito-idp.{region}.amazonaws.com",
    }
    return Known(place=place, env=env, region=region, **{**fields, **changed})


PROD = known()
STAGE = known("stage")
OHIO = known(region="us-east-2")
LOCAL = known(place="local", region="us-east-1")
OWN_ENGINE = known(place="endpoint", region="us-east-1")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "home")


class Case:
    """Asks `resolve` with what a person would type and set."""

    def __init__(self, registry: Registry, cwd: Path, *deployments: Known, default: Known | None = None) -> None:
        for each in deployments:
            registry.remember(each)
        if default:
            registry.use(default.site_url)
        self.registry, self.cwd = registry, cwd

    def ask(
        self, purpose: Literal["control", "data"], environ: dict[str, str] | None = None, **flags: object
    ) -> Target:
        settings = load(flags, environ or {}, self.cwd)
        return resolve(settings, environ or {}, self.registry, purpose=purpose)

    def both(self, environ: dict[str, str] | None = None, **flags: object) -> Target:
        control, data = (self.ask(purpose, environ, **flags) for purpose in ("control", "data"))
        assert control == data
        return data


def test_labels() -> None:
    assert [each.label for each in (PROD, LOCAL, OWN_ENGINE)] == [
        "prod@eu-central-1",
        "prod@local",
        "prod@us-east-1 via http://localhost:4566",
    ]
    assert known(place="local", region="eu-west-1").label == "prod@local-eu-west-1"


class TestNothingChosen:
    def test_nothing_known(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path)
        assert case.ask("control") == Target(place="aws", env="prod", region="")
        with pytest.raises(NotSignedInError) as caught:
            case.ask("data")
        assert caught.value.exit_code == 4
        assert "studentdb login EMAIL --site URL" in caught.value.hint
        assert "studentdb demo" in caught.value.hint

    @pytest.mark.parametrize("only", [PROD, LOCAL, STAGE, OWN_ENGINE], ids=lambda known: known.label)
    def test_the_only_one(self, registry: Registry, tmp_path: Path, only: Known) -> None:
        assert Case(registry, tmp_path, only).both() == only

    def test_several(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, LOCAL)
        for purpose in ("control", "data"):
            with pytest.raises(UsageError, match=r"known are prod@eu-central-1 .*, prod@local ") as caught:
                case.ask(purpose)
            assert caught.value.hint == "studentdb use prod@eu-central-1"

    def test_the_default(self, registry: Registry, tmp_path: Path) -> None:
        assert Case(registry, tmp_path, PROD, LOCAL, STAGE, default=LOCAL).both() == LOCAL

    def test_the_environments_region_chooses_nothing_but_completes(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path)
        assert case.ask("control", {"AWS_DEFAULT_REGION": "us-west-2"}).region == "us-west-2"
        both = {"AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "sa-east-1"}
        assert case.ask("control", both).region == "sa-east-1"
        assert Case(registry, tmp_path, PROD).both(both) == PROD


class TestChosen:
    def test_env(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, STAGE, LOCAL, default=LOCAL)
        assert case.both(env="stage") == STAGE
        assert case.both({"STUDENTDB_ENV": "stage"}) == STAGE
        assert case.both(env="prod") == LOCAL
        assert case.ask("control", env="test") == Target(place="aws", env="test", region="")
        with pytest.raises(UsageError, match=r"no deployment test@.* is known"):
            case.ask("data", env="test")

    def test_local(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, default=PROD)
        assert case.ask("control", local=True) == Target(place="local", env="prod", region="us-east-1")
        with pytest.raises(UsageError, match="no deployment prod@local is known"):
            case.ask("data", local=True)
        registry.remember(LOCAL)
        assert case.both(local=True) == LOCAL
        assert case.both(local=False) == PROD

    def test_local_wins_over_a_variable_that_is_lying_around(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, LOCAL, OWN_ENGINE)
        assert case.both({"AWS_ENDPOINT_URL": ENGINE}, local=True) == LOCAL

    def test_region(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, OHIO)
        assert case.both(region="us-east-2") == OHIO
        assert case.ask("control", region="eu-west-1") == Target(place="aws", env="prod", region="eu-west-1")

    def test_a_region_does_not_mean_this_machines_engine(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, LOCAL, default=LOCAL)
        assert case.ask("control", region="us-east-1").place == "aws"
        assert case.both(region="us-east-1", local=True) == LOCAL

    def test_profile(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, LOCAL, default=LOCAL)
        assert case.both(profile="school") == dataclasses.replace(PROD, profile="school")
        registry.remember(dataclasses.replace(PROD, profile="school"))
        assert case.ask("control", profile="other") == Target(place="aws", env="prod", region="", profile="other")

    def test_an_engine_of_ones_own(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, LOCAL, default=PROD)
        there = {"AWS_ENDPOINT_URL": f"{ENGINE}/", "AWS_DEFAULT_REGION": "us-east-1"}
        assert case.ask("control", there) == Target(
            place="endpoint", env="prod", region="us-east-1", endpoint_url=ENGINE
        )
        with pytest.raises(UsageError, match="no deployment prod@us-east-1 via http://localhost:4566 is known"):
            case.ask("data", there)
        registry.remember(OWN_ENGINE)
        assert case.both(there) == OWN_ENGINE
        assert case.ask("control", {"AWS_ENDPOINT_URL": "http://localhost:9"}).endpoint_url == "http://localhost:9"
        assert case.both({**there, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"}) == PROD

    def test_what_fits_several_is_an_error(self, registry: Registry, tmp_path: Path) -> None:
        case = Case(registry, tmp_path, PROD, OHIO, STAGE)
        for purpose in ("control", "data"):
            with pytest.raises(UsageError, match="is not clear"):
                case.ask(purpose, env="prod")
        registry.use("prod@us-east-2")
        assert case.both(env="prod") == OHIO

    def test_a_single_match_does_not_hide_a_new_deployment(self, registry: Registry, tmp_path: Path) -> None:
        """`deploy --local` where only stage@local is known: prod@local could be meant."""
        stage = known("stage", place="local", region="us-east-1")
        case = Case(registry, tmp_path, stage)
        with pytest.raises(UsageError) as caught:
            case.ask("control", local=True)
        assert caught.value.hint == "add --env stage or --env prod"
        assert case.ask("data", local=True) == stage
        assert case.both(local=True, env="stage") == stage
        assert case.ask("control", local=True, env="prod").label == "prod@local"

    def test_nothing_known_at_all(self, registry: Registry, tmp_path: Path) -> None:
        with pytest.raises(NotSignedInError, match="not signed in to stage@eu-west-1"):
            Case(registry, tmp_path).ask("data", env="stage", region="eu-west-1")


def test_an_answer_never_contradicts_the_choice(tmp_path: Path) -> None:
    """Every subset of five deployments, every default, every flag combination."""
    everything = (PROD, STAGE, OHIO, LOCAL, OWN_ENGINE)
    choices: list[dict[str, object]] = [
        {"env": env, "region": region, "local": local}
        for env in (None, "prod", "stage")
        for region in (None, "eu-central-1", "us-east-1")
        for local in (None, True, False)
    ]
    for number, some in enumerate(
        itertools.chain.from_iterable(itertools.combinations(everything, size) for size in range(4))
    ):
        registry = Registry(tmp_path / str(number))
        case = Case(registry, tmp_path, *some, default=some[0] if len(some) == 3 else None)
        for flags in choices:
            for purpose in ("control", "data"):
                try:
                    target = case.ask(purpose, **flags)  # type: ignore[arg-type]
                except StudentDBError as error:
                    assert error.hint, flags
                    continue
                assert purpose == "control" or isinstance(target, Known)
                assert flags["env"] in {None, target.env}
                assert flags["region"] in {None, target.region}
                assert flags["local"] in {None, target.place == "local"}


class TestRegistry:
    def test_empty(self, registry: Registry) -> None:
        assert (registry.all(), registry.default()) == ((), None)
        assert not registry.file.exists()
        with pytest.raises(UsageError, match="none is known yet"):
            registry.use("prod@local")

    def test_remember_and_forget(self, registry: Registry) -> None:
        for each in (PROD, LOCAL, STAGE):
            registry.remember(each)
        registry.use("prod@local")
        registry.forget(PROD)
        assert (registry.all(), registry.default()) == ((LOCAL, STAGE), LOCAL)
        registry.forget(LOCAL)
        assert (registry.all(), registry.default()) == ((STAGE,), None)
        registry.forget(LOCAL)

    def test_deployed_again_is_the_same(self, registry: Registry) -> None:
        registry.remember(PROD)
        registry.use(PROD.label)
        anew = dataclasses.replace(PROD, user_pool_id="eu-central-1_new", client_id="new", site_url="https://new")
        registry.remember(anew)
        assert (registry.all(), registry.default()) == ((anew,), anew)

    def test_learned_through_the_site_keeps_what_the_deploy_knew(self, registry: Registry) -> None:
        deployed = dataclasses.replace(PROD, profile="school")
        registry.remember(deployed)
        learned = dataclasses.replace(PROD, account=None, api_url="https://new-api")
        assert registry.remember(learned) == dataclasses.replace(deployed, api_url="https://new-api")
        registry.remember(LOCAL)
        as_endpoint = dataclasses.replace(LOCAL, place="endpoint", endpoint_url=ENGINE, account=None)
        assert registry.remember(as_endpoint) == LOCAL
        assert len(registry.all()) == 2

    @pytest.mark.parametrize("mine", [PROD, dataclasses.replace(PROD, account=None), LOCAL, OWN_ENGINE], ids=repr)
    @pytest.mark.parametrize("default", [True, False])
    def test_a_strangers_site_replaces_nothing(self, registry: Registry, mine: Known, default: bool) -> None:
        """Whatever it calls itself: same label, same pool, same client, same sign-in, same API."""
        registry.remember(mine)
        if default:
            registry.use(mine.site_url)
        evil: dict[str, Any] = {
            "account": None,
            "site_url": "https://evil.example.org",
            "api_url": "https://evil.example.org/api",
        }
        other_pool = dataclasses.replace(mine, **evil, user_pool_id="eu-central-1_evil", client_id="evil")
        registry.remember(other_pool)
        with pytest.raises(
            UsageError, match=r"evil\.example\.org is refused: its accounts are those of https://prod-"
        ) as caught:
            registry.remember(dataclasses.replace(mine, **evil))
        assert str(registry.file) in caught.value.hint
        mirror = dataclasses.replace(mine, account=None, site_url="https://mirror.example.org")
        registry.remember(mirror)
        assert registry.all() == (mine, other_pool, mirror)
        assert registry.default() == (mine if default else None)

    def test_a_site_may_change_its_own_addresses(self, registry: Registry) -> None:
        registry.remember(PROD)
        registry.use(PROD.label)
        anew = dataclasses.replace(PROD, account=None, user_pool_id="eu-central-1_new", api_url="https://new-api")
        registry.remember(anew)
        assert (registry.all(), registry.default()) == ((anew,), anew)

    def test_a_deploy_ends_what_was_learned_of_it_before(self, registry: Registry) -> None:
        before = dataclasses.replace(OWN_ENGINE, account=None, site_url="http://d1.cloudfront.localhost:4566")
        for each in (OWN_ENGINE, STAGE, before):
            registry.remember(each)
        registry.use(before.site_url)
        anew = dataclasses.replace(OWN_ENGINE, site_url="http://d2.cloudfront.localhost:4566")
        registry.remember(anew)
        assert (registry.all(), registry.default()) == ((anew, STAGE), anew)

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no mode bits: its folders are private by other means")
    def test_what_others_may_have_written_is_not_believed(self, registry: Registry) -> None:
        registry.remember(PROD)
        registry.file.chmod(0o666)
        with pytest.raises(StudentDBError, match=r"deployments\.json is refused: others may read it"):
            registry.all()

    def test_deployed_after_learned(self, registry: Registry) -> None:
        registry.remember(dataclasses.replace(PROD, account=None))
        registry.remember(PROD)
        assert registry.all() == (PROD,)

    def test_two_schools_of_one_name(self, registry: Registry) -> None:
        other = dataclasses.replace(
            PROD, account="222222222222", site_url="https://other.example.edu", user_pool_id="eu-central-1_other"
        )
        registry.remember(PROD)
        registry.remember(other)
        with pytest.raises(UsageError, match="several deployments are called prod@eu-central-1") as caught:
            registry.use("prod@eu-central-1")
        assert caught.value.hint == f"studentdb use {PROD.site_url}"
        assert registry.use("prod@eu-central-1/222222222222") == other
        assert registry.use("https://other.example.edu/") == other
        assert registry.default() == other

    def test_use_what_is_not_known(self, registry: Registry) -> None:
        registry.remember(OWN_ENGINE)
        with pytest.raises(
            UsageError, match="no deployment prod@mars is known: known are prod@us-east-1 via"
        ) as caught:
            registry.use("prod@mars")
        assert caught.value.hint == 'studentdb use "prod@us-east-1 via http://localhost:4566"'

    def test_a_newer_versions_keys_are_left_aside(self, registry: Registry) -> None:
        registry.remember(PROD)
        content = json.loads(registry.file.read_text())
        content["newer"] = content["deployments"][0]["newer"] = {"x": 1}
        registry.file.write_text(json.dumps(content))
        assert registry.all() == (PROD,)

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            "null",
            "{}",
            '{"deployments": [{}]}',
            '{"deployments": 7}',
            '{"deployments": [], "default": 3}',
            '{"deployments": ["x"]}',
        ],
    )
    def test_a_damaged_file_is_said_and_left_alone(self, registry: Registry, content: str) -> None:
        registry.file.parent.mkdir()
        registry.file.write_text(content)
        registry.file.chmod(0o600)
        for act in (registry.all, registry.default, lambda: registry.remember(PROD), lambda: registry.forget(PROD)):
            with pytest.raises(StudentDBError, match="is damaged") as caught:
                act()
            assert f"rm {registry.file}" in caught.value.hint
        assert registry.file.read_text() == content

    def test_no_secret_is_in_it(self, registry: Registry) -> None:
        registry.remember(PROD)
        entry = json.loads(registry.file.read_text())["deployments"][0]
        assert set(entry) == {field.name for field in dataclasses.fields(Known)}


CONFIG = {
    "deployment": "student-management-stage/eu-west-1",
    "region": "eu-west-1",
    "siteUrl": "https://d1.cloudfront.net/",
    "apiUrl": "https://a1.execute-api.eu-west-1.amazonaws.com/prod",
    "userPoolId": "eu-west-1_Ab3",
    "clientId": "c1",
    "cognitoUrl": "https://cognito-idp.eu-west-1.amazonaws.com",
}


def test_from_a_sites_config() -> None:
    learned = from_site(CONFIG)
    assert (learned.label, learned.place, learned.account) == ("stage@eu-west-1", "aws", None)
    assert learned.site_url == "https://d1.cloudfront.net"
    local = from_site({**CONFIG, "deployment": "student-management/us-east-1", "cognitoUrl": ENGINE})
    assert local.label == "prod@eu-west-1 via http://localhost:4566"


def test_resolve_known(registry: Registry, tmp_path: Path) -> None:
    registry.remember(PROD)
    assert resolve_known(load({}, {}, tmp_path), {}, registry).api_url == PROD.api_url

"""Settings: the order of the sources, and errors that name the place and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studentdb.custom_fields import variable
from studentdb.errors import UsageError
from studentdb.settings import RETENTION_DAYS, Settings, load


def toml(folder: Path, text: str) -> Path:
    (folder / "studentdb.toml").write_text(text, encoding="utf-8")
    return folder


def error(flags: dict[str, object], environ: dict[str, str], cwd: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(flags, environ, cwd)
    return caught.value


def test_defaults(tmp_path: Path) -> None:
    settings = load({}, {"HOME": "/home/ada", "STUDENTDB_HOME": "/x", "_STUDENTDB_COMPLETE": "zsh"}, tmp_path)
    assert settings == Settings()
    assert settings.model_fields_set == set()
    assert (settings.env, settings.password_minimum_length, settings.log_retention_days) == ("prod", 12, 90)
    assert (settings.api_burst, settings.api_rate, settings.local) == (50, 100, False)


def test_the_order_of_the_sources(tmp_path: Path) -> None:
    toml(tmp_path, 'env = "file"\nregion = "eu-west-1"\nprofile = "file"\n')
    variables = {"STUDENTDB_ENV": "variable", "STUDENTDB_REGION": "eu-west-2"}
    settings = load({"env": "flag", "region": None, "local": None}, variables, tmp_path)
    assert (settings.env, settings.region, settings.profile) == ("flag", "eu-west-2", "file")
    assert settings.model_fields_set == {"env", "region", "profile"}


def test_the_default_value_may_be_chosen(tmp_path: Path) -> None:
    assert load({"env": "prod"}, {}, tmp_path).model_fields_set == {"env"}
    assert load({"local": False}, {}, tmp_path).model_fields_set == {"local"}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("no", False), ("false", False)])
def test_variables_are_strings(tmp_path: Path, text: str, value: bool) -> None:
    settings = load({}, {"STUDENTDB_LOCAL": text, "STUDENTDB_LOG_RETENTION_DAYS": "365"}, tmp_path)
    assert (settings.local, settings.log_retention_days) == (value, 365)


def test_a_wrong_flag(tmp_path: Path) -> None:
    wrong = error({"password_minimum_length": 7}, {}, tmp_path)
    assert str(wrong) == "wrong setting in flag --password-minimum-length: 7 is not a whole number from 8 to 99"


def test_a_wrong_variable(tmp_path: Path) -> None:
    wrong = error({}, {"STUDENTDB_LOG_RETENTION_DAYS": "91"}, tmp_path)
    assert str(wrong).startswith("wrong setting in variable STUDENTDB_LOG_RETENTION_DAYS: '91' is not one of")
    assert "60, 90, 120" in str(wrong)


def test_a_wrong_key_in_the_file(tmp_path: Path) -> None:
    wrong = error({}, {}, toml(tmp_path, '# ours\nenv = "stage"\n\n  "api_burst" = true\n'))
    assert "studentdb.toml, line 4, key `api_burst`: True is not a whole number from 1 to 5000" in str(wrong)


def test_a_value_that_is_overridden_must_still_be_right(tmp_path: Path) -> None:
    assert "studentdb.toml" in str(error({"env": "prod"}, {}, toml(tmp_path, 'env = "Not Allowed"')))


@pytest.mark.parametrize(
    ("flags", "environ", "text", "place", "hint"),
    [
        ({"regoin": "eu-west-1"}, {}, "", "flag --regoin", "did you mean --region?"),
        ({}, {"STUDENTDB_PROFIL": "x"}, "", "variable STUDENTDB_PROFIL", "did you mean STUDENTDB_PROFILE?"),
        ({}, {}, "\nlog-retention = 90", "line 2, key `log-retention`", "did you mean log_retention_days?"),
        ({}, {}, "[dynamodb]\nx = 1", "line 1, key `dynamodb`", "remove it"),
        ({}, {}, "access_token_minutes = 60", "key `access_token_minutes`", "remove it"),
    ],
)
def test_unknown_settings(
    tmp_path: Path, flags: dict[str, object], environ: dict[str, str], text: str, place: str, hint: str
) -> None:
    unknown = error(flags, environ, toml(tmp_path, text))
    assert "unknown setting in" in unknown.what
    assert place in unknown.what
    assert unknown.hint == hint
    assert "region" in unknown.why.lower()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("env", ""),
        ("env", "1st"),
        ("env", "Prod"),
        ("env", "prod\n"),
        ("env", "a" * 17),
        ("env", 7),
        ("region", "mars"),
        ("region", "eu-central-1; rm"),
        ("profile", ""),
        ("local", "yes"),
        ("password_minimum_length", 100),
        ("password_minimum_length", "12"),
        ("log_retention_days", 0),
        ("api_burst", 0),
        ("api_rate", 0),
        ("api_rate", 1.5),
    ],
)
def test_wrong_values(tmp_path: Path, key: str, value: object) -> None:
    assert f"--{key.replace('_', '-')}" in str(error({key: value}, {}, tmp_path))


@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-gov-west-1", "ap-southeast-7", "mx-central-1", "eusc-de-east-1", "cn-north-1"]
)
def test_regions(tmp_path: Path, region: str) -> None:
    assert load({}, {"STUDENTDB_REGION": region}, tmp_path).region == region


def test_every_period_of_cloudwatch_is_allowed(tmp_path: Path) -> None:
    assert [load({"log_retention_days": days}, {}, tmp_path).log_retention_days for days in RETENTION_DAYS] == [
        *RETENTION_DAYS
    ]


def test_retention_days_are_those_of_the_service() -> None:
    """Read from the text of botocore's own model, so that a new period is noticed (LOG-06)."""
    import re

    from botocore.session import Session

    shape = Session().get_service_model("logs").operation_model("PutRetentionPolicy").input_shape
    assert shape is not None
    listed = shape.members["retentionInDays"].documentation.split("Possible values are:")[1].partition(".</p>")[0]
    assert tuple(map(int, re.findall(r"\d+", listed))) == RETENTION_DAYS


@pytest.mark.parametrize("content", [b"env = ", b"env = 'a'\nenv = 'b'", b"env = '\xff'"])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "studentdb.toml").write_bytes(content)
    assert "studentdb.toml is not valid TOML" in str(error({}, {}, tmp_path))


def test_long_values_are_shortened(tmp_path: Path) -> None:
    assert len(str(error({"env": "a\n" * 500}, {}, tmp_path))) < 250


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text())
def test_no_variable_gets_past_unchecked(tmp_path_factory: pytest.TempPathFactory, key: str, value: str) -> None:
    """Whatever it is called and holds: a setting of that name, or an error in words."""
    folder = tmp_path_factory.getbasetemp()
    try:
        settings = load({}, {f"STUDENTDB_{key}": value}, folder)
    except UsageError as error:
        assert "variable STUDENTDB_" in error.what
    else:
        assert key == "HOME" or key.lower() in settings.model_fields_set


HOUSE = '[custom_fields.house]\nlabel = "House"\nkind = "choice"\nchoices = ["North", "South"]\n'


def test_custom_fields(tmp_path: Path) -> None:
    toml(tmp_path, HOUSE + '[custom_fields.locker]\nlabel = "Locker"\nkind = "number"\nroles = ["lecturer"]\n')
    fields = load({}, {}, tmp_path).custom_fields

    assert [(name, each.kind, each.roles) for name, each in fields.items()] == [
        ("house", "choice", ["student"]),
        ("locker", "number", ["lecturer"]),
    ]
    assert json.loads(variable(fields)) == {
        "house": {"label": "House", "kind": "choice", "choices": ["North", "South"], "roles": ["student"]},
        "locker": {"label": "Locker", "kind": "number", "roles": ["lecturer"]},
    }
    assert variable(Settings().custom_fields) == ""


WRONG_FIELDS = {
    HOUSE.replace('"choice"', '"list"'): "house.kind: must be 'text', 'number', 'date' or 'choice'",
    HOUSE.replace('label = "House"\n', ""): "house.label: field required",
    HOUSE.replace("choices", "options"): "house",
    HOUSE.replace('"choice"', '"text"'): 'house: choices belong to the kind "choice"',
    HOUSE.replace('["North", "South"]', "[]"): 'house: choices belong to the kind "choice"',
    HOUSE.replace("South", "North"): "house: a choice is there twice",
    HOUSE.replace("South", " South"): "house.choices.1: must match pattern",
    HOUSE.replace('"South"', "7"): "house.choices.1: must be a valid string",
    HOUSE + 'roles = ["parent"]\n': "house.roles.0: must be 'student', 'lecturer' or 'admin'",
    HOUSE + "roles = []\n": "house.roles: it should have at least 1 item",
    HOUSE.replace("fields.house", "fields.House"): "House: must match pattern",
    "[custom_fields]\nhouse = 7\n": "house: must be a valid dictionary",
    HOUSE.replace('"North"', ", ".join(f'"{n:060}"' for n in range(49))): "they are 3",
    "".join(f'[custom_fields.f{n}]\nlabel = "F"\nkind = "text"\n' for n in range(21)): "there are 21, and 20 are",
    "custom_fields = 7\n": "7 is not tables `[custom_fields.NAME]`",
}


@pytest.mark.parametrize(("text", "said"), WRONG_FIELDS.items(), ids=WRONG_FIELDS.values())
def test_wrong_custom_fields(tmp_path: Path, text: str, said: str) -> None:
    wrong = error({}, {}, toml(tmp_path, text))

    assert wrong.what == "wrong setting in studentdb.toml, line 1, key `custom_fields`"
    assert wrong.why.startswith(said)


@pytest.mark.parametrize(
    ("written", "scale"),
    [
        ("A 90, B 80, F 0", "A 90, B 80, F 0"),
        ("  Very  good 87.50 ,Good 50,  Nicht genügend 0", "Very good 87.50, Good 50, Nicht genügend 0"),
        ("Attended 0", "Attended 0"),
    ],
)
def test_a_grade_scale(tmp_path: Path, written: str, scale: str) -> None:
    assert load({}, {}, toml(tmp_path, f'grade_scale = "{written}"')).grade_scale == scale
    assert load({}, {"STUDENTDB_GRADE_SCALE": written}, tmp_path).grade_scale == scale


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "A",
            "90, 0",
            "A 90",
            "A 90, B 95, F 0",
            "A 90, B 90, F 0",
            "A 101, F 0",
            "A 90, A 80, F 0",
            "A 90,, F 0",
        ),
        *("A -1, F 0", "A 9e1, F 0", "A 90.123, F 0", "A 090, F 0", "A\\u0007B 90, F 0", "F 00"),
        ", ".join(f"G{least} {least}" for least in range(20, -1, -1)),
    ],
)
def test_a_grade_scale_that_is_none(tmp_path: Path, written: str) -> None:
    wrong = error({}, {}, toml(tmp_path, f'grade_scale = "{written}"'))

    assert "key `grade_scale`" in str(wrong)
    assert "is not grades and the percentages from which they are given" in str(wrong)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('["school.example.org", "Example.EDU", "example.edu"]', ("example.edu", "school.example.org")),
        ('"b.edu, a.edu"', ("a.edu", "b.edu")),
        ("[]", ()),
    ],
)
def test_sign_up_domains_are_written_one_way(tmp_path: Path, written: str, found: tuple[str, ...]) -> None:
    (tmp_path / "studentdb.toml").write_text(f"self_registration = true\nself_registration_domains = {written}\n")

    chosen = load({}, {}, tmp_path)
    assert (chosen.self_registration, chosen.self_registration_domains) == (True, found)
    of_variable = load({}, {"STUDENTDB_SELF_REGISTRATION_DOMAINS": ",".join(found)}, tmp_path / "nowhere")
    assert (of_variable.self_registration, of_variable.self_registration_domains) == (False, found)


@pytest.mark.parametrize(
    "wrong", ["@example.edu", "example", "a b.edu", "exämple.edu", "-a.edu", "*.edu", "a..edu", "1.2.3.4"]
)
def test_what_is_no_domain(wrong: str) -> None:
    with pytest.raises(UsageError, match="is not a list of up to 20 domains of e-mail addresses"):
        load({}, {"STUDENTDB_SELF_REGISTRATION_DOMAINS": wrong}, Path("nowhere"))


@pytest.mark.parametrize(
    ("written", "text", "roles"),
    [
        ('["admin"]', "admin", ("admin",)),
        ('["lecturer", "admin", "admin"]', "lecturer, admin,admin", ("admin", "lecturer")),
        ("[]", "", ()),
    ],
)
def test_roles_that_need_a_second_factor(tmp_path: Path, written: str, text: str, roles: tuple[str, ...]) -> None:
    assert load({}, {}, tmp_path).mfa_required_roles == ()
    assert load({}, {"STUDENTDB_MFA_REQUIRED_ROLES": text}, tmp_path).mfa_required_roles == roles
    assert load({}, {}, toml(tmp_path, f"mfa_required_roles = {written}")).mfa_required_roles == roles


@pytest.mark.parametrize("written", ['["head"]', '["admin", 1]', "true", '["Admin"]'])
def test_roles_that_there_are_not(tmp_path: Path, written: str) -> None:
    wrong = error({}, {}, toml(tmp_path, f"mfa_required_roles = {written}"))
    assert "key `mfa_required_roles`" in str(wrong)


def test_a_sender(tmp_path: Path) -> None:
    """Off unless it is named; addresses are compared in lower case."""
    assert load({}, {}, tmp_path).mail_from is None
    assert load({}, {}, toml(tmp_path, 'mail_from = "Office@School.example"')).mail_from == "office@school.example"
    assert load({}, {"STUDENTDB_MAIL_FROM": "o@b.example"}, tmp_path).mail_from == "o@b.example"


@pytest.mark.parametrize(
    ("key", "written", "said"),
    [
        ("mail_from", "", "the address that mails come from"),
        ("mail_from", "office", "the address that mails come from"),
        ("mail_from", "office@school", "the address that mails come from"),
        ("mail_from", "Office <office@school.example>", "the address that mails come from"),
        ("mail_from", "a@b.example\\r\\nBcc: c@d.example", "the address that mails come from"),
        ("mail_identity", "zone", "what SES verifies of mail_from"),
        ("school_name", "", "the name that mails come from"),
        ("school_name", "School <x@y.example>", "the name that mails come from"),
        ("school_name", "Hill\\nBcc: a@b.example", "the name that mails come from"),
    ],
)
def test_a_sender_that_is_none(tmp_path: Path, key: str, written: str, said: str) -> None:
    wrong = error({}, {}, toml(tmp_path, f'{key} = "{written}"'))
    assert f"key `{key}`" in str(wrong)
    assert f"is not {said}" in str(wrong)

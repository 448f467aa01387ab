"""What a deploy does to the site's files and to the caches: no more than what changed needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studentdb.bundle import find
from studentdb.provision.resources.s3_objects import MANIFEST
from studentdb.provision.site_files import PAGES
from tests.flows.deployments import Installation
from tests.support import Backend, fresh_env

SHARED = "public, max-age=0, s-maxage=86400, must-revalidate"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the site, for changes."""
    return Path(shutil.copytree(find().site, tmp_path / "site"))


@pytest.fixture
def school(engine: Backend, site: Path) -> Iterator[Installation]:
    """Deployed once, its calls forgotten."""
    made = Installation.on(engine, fresh_env()).with_site(site)
    made.deploy()
    yield made
    made.teardown(delete_data=True)


def uploaded(school: Installation) -> list[str]:
    return sorted(call["Key"] for call in school.calls.of("PutObject"))


def removed(school: Installation) -> list[str]:
    batches = school.calls.of("DeleteObjects")
    return sorted(item["Key"] for batch in batches for item in batch["Delete"]["Objects"])


def cleared(school: Installation) -> list[Any]:
    return [call["InvalidationBatch"]["Paths"]["Items"] for call in school.calls.of("CreateInvalidation")]


def test_the_first_upload(school: Installation, site: Path) -> None:
    """Every file once, with a type that a browser shows and a header that says how long it may be kept."""
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert uploaded(school) == sorted({*files, *PAGES, "config.json", MANIFEST})
    assert cleared(school) == [["/*"]]

    types = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
    sent = {call["Key"]: (call["ContentType"].partition(";")[0], call["CacheControl"]) for call in puts(school)}
    for key in files - {"index.html"}:
        assert sent[key] == (types[Path(key).suffix], SHARED), key
    for key in ("index.html", *PAGES):
        assert sent[key] == ("text/html", "no-cache"), key
    assert sent["config.json"] == ("application/json", "no-cache")


def puts(school: Installation) -> list[dict[str, Any]]:
    return school.calls.of("PutObject")


def test_nothing_changed(school: Installation) -> None:
    school.calls.forget()
    school.deploy()
    assert not school.calls.writes
    # What the site holds is known from its list and the manifest.
    assert not school.calls.of("HeadObject")


@pytest.mark.slow
def test_another_part_changed(school: Installation) -> None:
    school.calls.forget()
    school.with_settings(log_retention_days=30).deploy()
    groups = [each for each in school.deployer.stack.resources if each.kind == "logs.log_group"]
    assert school.calls.writes["PutRetentionPolicy"] == len(groups)
    assert (uploaded(school), removed(school), cleared(school)) == ([], [], [])


@pytest.mark.slow
def test_one_file_changed(school: Installation, site: Path) -> None:
    school.calls.forget()
    (site / "router.js").write_text("// another\n")
    school.deploy()
    assert uploaded(school) == [MANIFEST, "router.js"]
    assert removed(school) == []
    assert cleared(school) == [["/*"]]
    test_nothing_changed(school)


def test_files_changed_added_and_removed(school: Installation, site: Path) -> None:
    school.calls.forget()
    (site / "index.html").write_text("<!doctype html><title>Another</title>\n")
    (site / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>\n")
    (site / "router.js").unlink()
    school.deploy()
    assert uploaded(school) == sorted([MANIFEST, "index.html", "logo.svg", *PAGES])
    assert removed(school) == ["router.js"]
    assert cleared(school) == [["/*"]]
    test_nothing_changed(school)


@pytest.mark.slow
def test_back_to_an_earlier_version(school: Installation, site: Path) -> None:
    """Its caches were cleared for that version before; they hold the later one now."""
    before = (site / "router.js").read_bytes()
    (site / "router.js").write_text("// another\n")
    school.deploy()
    school.calls.forget()
    (site / "router.js").write_bytes(before)
    school.deploy()
    assert (uploaded(school), cleared(school)) == ([MANIFEST, "router.js"], [["/*"]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "written", "taken_away"),
    [("index.html", [MANIFEST, "index.html"], []), ("extra.html", [MANIFEST], ["extra.html"])],
)
def test_what_somebody_did_by_hand_goes_from_the_caches_too(
    school: Installation, key: str, written: list[str], taken_away: list[str]
) -> None:
    bucket = next(resource.name for resource in school.deployer.stack.resources if resource.kind == "s3.bucket")
    school.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"<p>defaced", ContentType="text/html")
    school.calls.forget()
    school.deploy()
    assert (uploaded(school), removed(school), cleared(school)) == (written, taken_away, [["/*"]])
    test_nothing_changed(school)


@pytest.mark.slow
def test_a_teardown_clears_no_caches(engine: Backend) -> None:
    school = Installation.on(engine, fresh_env())
    school.deploy()
    school.calls.forget()
    school.teardown(delete_data=True)
    assert cleared(school) == []

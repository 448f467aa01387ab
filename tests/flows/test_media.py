"""Files, as a person uploads and downloads them: form, bucket, event, function and link are real."""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from studentdb.api.cognito import Cognito
from studentdb.api.media import Advance, Files
from studentdb.api.tokens import Binding
from studentdb.api.transport import Http
from studentdb.commands import media as commands
from studentdb.context import Context
from studentdb.contract.avatars import LARGEST_AVATAR
from studentdb.contract.media import Media, MediaCreate
from studentdb.errors import StudentDBError, UnavailableError
from tests.command_line import CommandLine, Deployed
from tests.flows.conftest import School
from tests.pictures import SECRETS, photo, still

PDF = b"%PDF-1.7\n" + bytes(1000)


def test_up_and_down_again(deployed: Deployed, tmp_path: Path) -> None:
    tool = deployed.command_line
    source = tmp_path / "Stundenplan für 9b.pdf"
    source.write_bytes(PDF + bytes(range(256)) * 12_000)
    (made,) = json.loads(
        tool.ok("media", "upload", str(source), "--caption", "From Monday", "--expires", "90d", "--json")
    )
    assert (made["status"], made["name"], made["caption"]) == ("ready", source.name, "From Monday")
    assert made["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()

    tool.ok("media", "download", made["id"], "--to", str(tmp_path / "back.pdf"))
    assert (tmp_path / "back.pdf").read_bytes() == source.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([source.name, "back.pdf"])
    again = tool.run("media", "download", made["id"], "--to", str(tmp_path / "back.pdf"))
    assert (again.code, "--force" in again.err) == (2, True)

    link = tool.ok("media", "link", made["id"], "--minutes", "1").strip()
    answer = httpx.get(link)
    assert answer.content == source.read_bytes()
    # The engine leaves the name out, which stands in the link (tests/lambda_src/test_media.py).
    assert answer.headers.get("content-disposition", "").startswith("attachment")
    # Neither without its signature, nor with another file's.
    assert httpx.get(link.partition("?")[0]).status_code == 403
    assert httpx.get(link.replace(made["id"], made["id"][:-1] + "x")).status_code == 403
    for name, value in (("X-Amz-Signature", "0" * 64), ("X-Amz-Expires", "3600"), ("X-Amz-Security-Token", "0" * 64)):
        assert httpx.get(re.sub(rf"{name}=[^&]*", f"{name}={value}", link)).status_code in (400, 403), name
    assert httpx.get(re.sub("Credential=ASIA[0-9A-Z]{4}", "Credential=ASIA0000", link)).status_code in (400, 403)
    assert httpx.get(re.sub("Credential=ASIA[0-9A-Z]*", "Credential=test", link)).status_code == 403
    assert httpx.delete(link).status_code == 403
    assert json.loads(tool.ok("media", "get", made["id"], "--json"))["links"] == 2

    tool.ok("media", "delete", made["id"], "--yes")
    assert tool.run("media", "link", made["id"]).code == 1
    assert json.loads(tool.ok("media", "restore", made["id"], "--json"))["status"] == "ready"
    tool.ok("media", "download", made["id"], "--to", str(tmp_path / "back.pdf"), "--force")


def test_a_picture_comes_back_without_the_place(deployed: Deployed, tmp_path: Path) -> None:
    tool = deployed.command_line
    source = tmp_path / "Ausflug.jpg"
    source.write_bytes(photo(size=(1200, 900)))
    (made,) = json.loads(tool.ok("media", "upload", str(source), "--json"))
    assert (made["status"], made["thumbnail"]) == ("ready", True)

    tool.ok("media", "download", made["id"], "--to", str(tmp_path / "back.jpg"))
    content = (tmp_path / "back.jpg").read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (made["size"], made["sha256"])
    assert [secret for secret in SECRETS if secret in content] == []
    with Image.open(tmp_path / "back.jpg") as image:
        assert (image.size, dict(image.getexif())) == ((900, 1200), {})

    small = httpx.get(tool.ok("media", "link", made["id"], "--thumbnail").strip())
    with Image.open(io.BytesIO(small.content)) as image:
        assert (image.format, image.size) == ("WEBP", (192, 256))
    # By the function's own rights nothing else is left, though each of the two versions had its event.
    again = json.loads(tool.ok("media", "get", made["id"], "--json"))
    assert (again["status"], again["version"], again["sha256"]) == ("ready", made["version"], made["sha256"])


def test_an_avatar(deployed: Deployed, tmp_path: Path) -> None:
    tool = deployed.command_line
    number = f"A{secrets.token_hex(4)}"
    tool.ok("students", "add", "--number", number, "--given-name", "Ada")
    none = tool.run("students", "avatar", number)
    assert (none.code, "no avatar" in none.err, "students avatar STUDENT FILE" in none.err) == (1, True, True)
    # What it is called says nothing.
    first, second = tmp_path / "Face.txt", tmp_path / "Face.png"
    first.write_bytes(photo(size=(1200, 900)))
    second.write_bytes(still("PNG", "RGB"))
    before, status, name = tool.ok("students", "avatar", number, str(first)).split()
    assert (status, name) == ("ready", "Face.txt")
    made = json.loads(tool.ok("students", "avatar", number, str(second), "--json"))
    assert (made["status"], made["avatar"]) == ("ready", True)
    assert json.loads(tool.ok("media", "get", before, "--json"))["status"] == "expired"
    student = json.loads(tool.ok("students", "get", number, "--json"))["id"]
    assert json.loads(tool.ok("media", "list", "--student", student, "--json")) == []

    small = httpx.get(tool.ok("students", "avatar", number, "--size", "64").strip())
    target = tool.ok("students", "avatar", student, "--to", str(tmp_path)).strip()
    for content, size in ((small.content, 64), (Path(target).read_bytes(), 256)):
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size) == ("WEBP", (size, size))
    again = tool.run("students", "avatar", student, "--to", target)
    assert (again.code, "--force" in again.err) == (2, True)

    tool.ok("students", "avatar", number, "--delete", "--yes")
    assert tool.run("students", "avatar", number).code == 1


def test_what_can_be_no_avatar_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    tool = CommandLine.at("http://127.0.0.1:9", tmp_path / "machine")
    text, empty, large = tmp_path / "face.png", tmp_path / "empty.png", tmp_path / "large.jpg"
    text.write_bytes(b"MZ\x90\x00" + bytes(60))
    empty.write_bytes(b"")
    large.write_bytes(b"\xff\xd8\xff" + bytes(LARGEST_AVATAR))
    for path, says in (
        (text, "content type: must be image/jpeg or image/png or image/webp"),
        (empty, "size: must be 1 or more"),
        (large, f"size: must be {LARGEST_AVATAR} or less"),
        (tmp_path / "missing.png", "cannot be read"),
    ):
        refused = tool.run("students", "avatar", "S1", str(path))
        assert (refused.code, says in refused.err) == (2, True), refused.err
    for flags, says in (
        ((str(text), "--delete"), "different things"),
        ((str(text), "--size", "64"), "--size is of a square that is there"),
        (("--delete", "--minutes", "5"), "--minutes is of a link"),
        (("--force",), "--force is of --to"),
    ):
        refused = tool.run("students", "avatar", "S1", *flags)
        assert (refused.code, says in refused.err) == (2, True), refused.err


def test_what_is_refused(deployed: Deployed, tmp_path: Path) -> None:
    tool = deployed.command_line
    renamed, empty, script = tmp_path / "grades.pdf", tmp_path / "empty.txt", tmp_path / "run.exe"
    renamed.write_bytes(b"MZ\x90\x00" + bytes(60))
    empty.write_bytes(b"")
    script.write_bytes(b"MZ")
    refused = tool.run("media", "upload", str(renamed))
    assert refused.code == 1
    assert "quarantined: it is said to be application/pdf, and does not begin like one" in refused.err
    for path, says in ((empty, "size"), (script, "contentType"), (tmp_path / "missing.txt", "cannot be read")):
        refused = tool.run("media", "upload", str(path))
        assert (refused.code, says in refused.err.replace("content type", "contentType")) == (2, True), refused


def test_a_form_is_for_one_file(deployed: Deployed) -> None:
    text = b"Read chapter one.\n"
    body = {"name": "a.txt", "contentType": "text/plain", "size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    made = _asked(deployed, body)

    def sent(content: bytes, **fields: str) -> int:
        form = {**made["fields"], **fields}
        return httpx.post(made["url"], data=form, files={"file": ("a.txt", content, "text/plain")}).status_code

    assert sent(text + b"more") == 400
    assert sent(text[:-1]) == 400
    assert sent(text, key="media/another") == 403
    assert sent(text, **{"Content-Type": "text/html"}) == 403
    assert sent(text, **{"x-amz-signature": "0" * 64}) == 403
    # What is made here says so, and nobody else can (lambda_src/studentdb_api/media_feed.py).
    assert sent(text, **{"x-amz-meta-made-from": "1"}) == 403
    assert sent(text) == 204


def _asked(deployed: Deployed, body: dict[str, Any]) -> Any:
    """As the admin."""
    with httpx.Client() as client:
        http = Http()
        binding = Binding(
            api_url=deployed.api_url,
            cognito_url=deployed.config["cognitoUrl"],
            user_pool_id=deployed.config["userPoolId"],
            client_id=deployed.config["clientId"],
        )
        signed_in = Cognito(http, binding).sign_in(deployed.admin_email, deployed.admin_password, lambda: "")
        http.close()
        token = {"Authorization": f"Bearer {signed_in.access_token}"}
        return client.post(f"{deployed.api_url}/api/media", json=body, headers=token).json()


@pytest.mark.slow
def test_fifty_at_once_and_nothing_is_lost(deployed: Deployed, tmp_path: Path) -> None:
    tool = deployed.command_line
    files = [tmp_path / f"{number:02}.txt" for number in range(50)]
    for path in files:
        path.write_text(f"Number {path.stem}\n" * 50, encoding="utf-8")
    uploaded = tool.run("media", "upload", *map(str, files), "--json")
    assert "50 files have arrived and will be looked at.\n" in uploaded.err
    made = json.loads(uploaded.out)

    assert {(each["name"], each["status"]) for each in made} == {(path.name, "ready") for path in files}
    listed = json.loads(tool.ok("media", "list", "--limit", "50", "--json"))
    assert {each["id"] for each in listed} == {each["id"] for each in made}


def test_what_became_of_a_file_is_not_known(
    deployed: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has arrived, and then the network is gone."""

    class Cut(Files):
        def looked_at(self, media: Media) -> Media:
            raise UnavailableError(f"nobody answers about {media.name}")

    class CutContext(Context):
        @cached_property
        def files(self) -> Files:
            return Cut(self.api, self.http)

    machine = deployed.command_line
    source = tmp_path / "lost.pdf"
    source.write_bytes(PDF)
    with pytest.raises(UnavailableError, match=r"nobody answers about lost\.pdf"):
        commands.upload(CutContext({}, environ=machine.environment, cwd=machine.home), [source])
    shown = capsys.readouterr()
    (listed,) = json.loads(machine.ok("media", "list", "--filter", "name=lost.pdf", "--json"))
    assert f"{source} arrived; what became of it says: studentdb media get {listed['id']}\n" in shown.err
    assert shown.out == f"{listed['id']} pending lost.pdf\n"


def test_a_file_that_vanishes_takes_no_other_with_it(
    deployed: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between its reading and its sending."""

    class Vanishing(Files):
        def upload(self, path: Path, new: MediaCreate, advance: Advance) -> Media:
            if path.name == "b.pdf":
                path.unlink()
            return super().upload(path, new, advance)

    class VanishingContext(Context):
        @cached_property
        def files(self) -> Files:
            return Vanishing(self.api, self.http)

    machine = deployed.command_line
    sources = [tmp_path / f"{name}.pdf" for name in "abc"]
    for each in sources:
        each.write_bytes(PDF)
    with pytest.raises(StudentDBError, match="1 of 3 files cannot be used"):
        commands.upload(VanishingContext({}, environ=machine.environment, cwd=machine.home), sources)
    shown = capsys.readouterr()
    assert [line.split()[1:] for line in shown.out.splitlines()] == [["ready", "a.pdf"], ["ready", "c.pdf"]]
    assert f"{sources[1]} was not uploaded: {sources[1]} cannot be read" in shown.err


@pytest.mark.slow
def test_a_key_of_the_schools_own(school: School, tmp_path: Path) -> None:
    """Files from before stay as they are; what encrypts the next ones is a setting, and the one change of a plan."""
    source = tmp_path / "plan.pdf"
    source.write_bytes(PDF)
    kms, s3 = school.root.client("kms"), school.root.client("s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    bucket = f"{school.prefix}-media-{school.root.deployment.digest}"

    def uploaded() -> tuple[str, Any]:
        (made,) = json.loads(school.ok("media upload", str(source), "--json").out)
        assert made["status"] == "ready"
        return made["id"], s3.head_object(Bucket=bucket, Key=f"media/{made['id']}").get("SSEKMSKeyId")

    school.ok("deploy", "--yes")
    school.sign_in()
    first, before = uploaded()
    assert before != key
    (school.command_line.home / "studentdb.toml").write_text(f'media_kms_key = "{key}"\n')
    planned = school.run("plan", "--json")
    (change,) = (each for each in planned.data["changes"])
    assert change["kind"] == "s3.data_bucket"
    school.ok("deploy", "--yes")
    assert uploaded()[1] == key
    school.ok("media download", first, "--to", str(tmp_path / "back.pdf"))
    assert (tmp_path / "back.pdf").read_bytes() == PDF
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

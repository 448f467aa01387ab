"""Downloads from S3's server access logs: recorded lines, in AWS's form, with ids of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from studentdb import access_log
from studentdb.errors import UsageError

FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
ROLE = "arn:aws:sts::123456789012:assumed-role/student-management-api-write-eu-central-1/student-management-api-write"
REST = (
    "- 9vKBE6vMhrNiWHZmb2L0mXOcqPGzQOI5XLnCtZNPxev+Hf+7tpT6sxDwDty4LHBUOZJG96N1234= SigV4 "
    "ECDHE-RSA-AES128-GCM-SHA256 QueryString school-media.s3.eu-central-1.amazonaws.com TLSV1.2 - - eu-central-1"
)


def line(
    key: str = f"media/{FIRST}",
    *,
    operation: str = "REST.GET.OBJECT",
    status: str = "200",
    error: str = "-",
    sent: str = "2662992",
    size: str = "2662992",
    hour: str = "10",
    browser: str = "Mozilla/5.0 (X11; Linux x86_64)",
) -> str:
    request = f"GET /{key}?versionId=3HL4kqtJvjVBH40Nrjfkd&X-Amz-Signature=0 HTTP/1.1"
    return (
        f"{OWNER} school-media [26/Nov/2026:{hour}:00:38 +0000] 192.0.2.3 {ROLE} 3E57427F3EXAMPLE {operation} {key} "
        f'"{request}" {status} {error} {sent} {size} 70 10 "-" "{browser}" {REST}'
    )


def read(folder: Path, *lines: str) -> access_log.Found:
    (folder / "2026-11-26-10-15-00-EXAMPLE").write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return access_log.read([folder])


def test_whole_downloads_parts_and_refusals(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        line(hour="10"),
        line(hour="12"),
        line(status="206", sent="1000", hour="11"),
        line(sent="500"),  # went away in between
        line(status="403", error="AccessDenied", sent="243", size="-"),
        line(f"media%2F{SECOND}", sent="-", size="-", status="404", error="NoSuchVersion"),
    )

    assert found.unreadable == 0
    assert found.files[FIRST] == access_log.Downloads(
        FIRST, whole=2, parts=2, refused=1, sent=2 * 2662992 + 1500, last="2026-11-26T12:00:38Z"
    )
    assert found.files[SECOND] == access_log.Downloads(SECOND, refused=1)


@pytest.mark.parametrize(
    "other",
    [
        line(operation="REST.HEAD.OBJECT"),
        line(operation="REST.POST.OBJECT"),
        line("media/"),
        line("somewhere/else.txt"),
        line(f"media/{FIRST}/more"),
        line("-", operation="REST.GET.BUCKETVERSIONS"),
    ],
)
def test_what_is_no_download_of_a_file_is_left_out(tmp_path: Path, other: str) -> None:
    found = read(tmp_path, other)
    assert (found.files, found.lines, found.unreadable) == ({}, 1, 0)


def test_what_a_browser_calls_itself_forges_nothing(tmp_path: Path) -> None:
    forged = f'x" - {line(f"media/{SECOND}")}'
    found = read(tmp_path, line(browser=forged), line(browser='a "quoted" name'))
    assert (set(found.files), found.files[FIRST].whole) == ({FIRST}, 2)


def test_lines_that_are_no_records_are_counted(tmp_path: Path) -> None:
    bad_time = line().replace("26/Nov/2026", "99/Nov/2026")
    found = read(tmp_path, line(), "", "#Version: 1.0", bad_time, line()[:120])
    assert (found.lines, found.unreadable, found.files[FIRST].whole) == (4, 3, 1)


def test_files_and_folders(tmp_path: Path) -> None:
    day = tmp_path / "2026" / "11"
    day.mkdir(parents=True)
    read(day, line())
    single = tmp_path / "one.log"
    single.write_bytes(line().encode() + b" \xff")
    assert access_log.read([day, single]).files[FIRST].whole == 2
    with pytest.raises(UsageError, match="is not there"):
        access_log.read([tmp_path / "missing"])

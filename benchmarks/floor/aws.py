"""Names, clients and waiting, for all parts of the floor."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
PREFIX = "student-management"
# The deployment's id; whoever starts the script knows it.
OURS = os.environ["FLOOR_DEPLOYMENT"]
TAGS = {"studentdb:deployment": OURS}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
# What the users table says about the data in it.
VERSIONS = {"studentdb:tool-version": os.environ["FLOOR_VERSION"], "studentdb:schema": "2"}
# What the layer says is in it.
LAYER = os.environ["FLOOR_LAYER"]
THREADS = 8

TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "users": (("id", "S"), ("email", "S")),
    "classes": (("id", "S"),),
    "subjects": (("id", "S"),),
    "notifications": (("id", "N"), ("sent_at", "S")),
    "index": (("pk", "S"), ("sk", "S")),
    "academic-sessions": (("id", "S"),),
    "enrollments": (("classId", "S"), ("personId", "S")),
    "scores": (("classId", "S"), ("key", "S")),
    "audit": (("entity", "S"), ("at", "S")),
    "media": (("id", "S"), ("key", "S")),
}
# Whose items may have an end.
EXPIRING = ("notifications", "index", "media")
# Table -> index -> its keys, all of text.
INDEXES: dict[str, dict[str, tuple[str, ...]]] = {
    "users": {"role-index": ("role",), "role-name-index": ("role", "name_key")},
    "classes": {
        "list-index": ("kind", "sort_key"),
        "session-index": ("academicSessionId", "sort_key"),
        "subject-index": ("subjectId", "sort_key"),
    },
    "subjects": {"list-index": ("kind", "sort_key")},
    "notifications": {"audience-index": ("audience", "sort_key")},
    "academic-sessions": {"list-index": ("kind", "sort_key"), "parent-index": ("parentId", "sort_key")},
    "enrollments": {"person-index": ("personId", "classId")},
    "scores": {"student-index": ("studentId", "classId")},
    "media": {
        "list-index": ("kind", "sort_key"),
        "owner-index": ("owner", "sort_key"),
        "audience-index": ("audience", "sort_key"),
    },
    "audit": {"actor-index": ("actor", "at"), "day-index": ("day", "at")},
}
GROUPS = {
    "admin": "Runs the school's system: may do everything",
    "lecturer": "Teaches classes",
    "student": "Attends classes",
}
# The first ones are the API's.
FUNCTIONS = ("api-read", "api-write", "api-accounts", "search", "media", "media-expiry")
OF_API = FUNCTIONS[:3]
# Which a table's stream invokes.
FOLLOWING = ("search", "media-expiry")
LOG_GROUPS = (*(f"/aws/lambda/{PREFIX}-{part}" for part in FUNCTIONS), f"/aws/vendedlogs/{PREFIX}-api")
# One list for all that begin alike.
LOG_GROUPS_BEGIN = (f"/aws/lambda/{PREFIX}", f"/aws/vendedlogs/{PREFIX}")
MANIFEST = ".studentdb-manifest.json"
Call = Callable[..., Any]


class Aws:
    """A session, the account, and clients that are made in the main thread (a session is not thread-safe)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.Session(region_name=REGION)
        self.account = self.client("sts").get_caller_identity()["Account"]
        self.digest = hashlib.sha256(f"{self.account}/{OURS}".encode()).hexdigest()[:12]
        self.bucket = f"{PREFIX}-site-{self.digest}"
        self.media = f"{PREFIX}-media-{self.digest}"
        self.layer = f"{PREFIX}-pillow-{self.digest}"

    def client(self, service: str) -> Any:
        return self.session.client(
            service,
            endpoint_url=self.url,
            config=Config(max_pool_connections=THREADS, s3={"addressing_style": "path"} if service == "s3" else None),
        )


def until(answer: Call) -> Any:
    """Ask until the answer is true."""
    while not (found := answer()):
        time.sleep(0.1)
    return found


def done(tasks: list[Future[Any]]) -> None:
    wait(tasks)
    for task in tasks:
        task.result()

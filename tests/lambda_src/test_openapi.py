"""`GET /api/openapi.json`: the description travels with the functions."""

from __future__ import annotations

import json
import subprocess
import sys

from studentdb.contract.export import CONTRACT
from tests.lambda_src.events import public_event
from tests.lambda_src.functions import Functions

FILE = CONTRACT.with_name("openapi.json")
# What is read while a function starts costs every cold start.
IMPORT = """
import sys
opened = []
sys.addaudithook(lambda event, details: event == "open" and opened.append(str(details[0])))
from studentdb_api import read, write
print([path for path in opened if path.endswith("contract.json")] != [])
print([path for path in opened if path.endswith("openapi.json")])
"""


def test_everybody_can_read_it(lasting_api: Functions) -> None:
    reply = lasting_api.send(public_event("/api/openapi.json"))

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.body == json.loads(FILE.read_text(encoding="utf-8"))


def test_it_is_not_read_before_somebody_asks() -> None:
    environment = {"PYTHONPATH": str(CONTRACT.parents[1]), "AWS_DEFAULT_REGION": "eu-central-1", "TABLE_PREFIX": "t"}
    done = subprocess.run([sys.executable, "-c", IMPORT], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "[]"]

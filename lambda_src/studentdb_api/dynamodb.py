"""The one DynamoDB client and the tables' names, from the function's environment."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config

# An item as the low-level client has it: {"id": {"S": "…"}}.
Item = dict[str, Any]

# The function has 30 s: an unreachable table must be an answer within them.
client: Any = boto3.client("dynamodb", config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"}))

USERS = os.environ["USERS_TABLE"]
INDEX = os.environ["INDEX_TABLE"]
ROLE_NAME_INDEX = "role-name-index"
# What stands in the e-mail key of a person without one.
NO_EMAIL = "-"

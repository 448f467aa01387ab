"""The outbox: what is to be mailed, written in the transaction of the act that it tells of.

One item for an act, however many people it is for; mail_feed.py works through them, and removes the item at the end.
Where the school sends no mail there is no table, and nothing is written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from studentdb_api import clock, dynamodb

PARTITION = "outbox"
# Seconds. What could not be sent by then (no verified address, no quota) is of no use to anybody any more.
LASTS = 3 * 24 * 3600
# Seconds without a further score of the class, after which its students are told: once for a whole sheet.
QUIET = 600


def is_on() -> bool:
    """Whether the school sends mail."""
    return bool(os.environ.get("MAIL_FROM"))


def queued(kind: str, about: str, audience: str, **more: Any) -> list[dict[str, Any]]:
    """The transaction's part after which a mail is on its way; none where the school sends none.

    `kind` is one of mail_texts.py, `about` what there is one mail of: the same again changes nothing. `audience` is
    everyone, role#NAME, class#ID, person#ID, email#ADDRESS, or admins: the accounts that are; `more` is what the text
    needs, ids and numbers only.
    """
    if not is_on():
        return []
    item = {**_of(kind, about), "kind": kind, "about": about, "audience": audience, **_times(), **more}
    return [{"Put": {"TableName": dynamodb.MAIL, "Item": dynamodb.item(item)}}]


def scores_posted(class_id: str, student_ids: Iterable[str]) -> list[dict[str, Any]]:
    """The part after which these students are told of new scores, when the class's teacher has come to an end.

    All of a class's scores share an item, and each of them puts it off, so one person has one mail of a class's sheet.
    """
    people = sorted(set(student_ids))
    if not (is_on() and people):
        return []
    values = {"kind": "score", "about": class_id, "audience": f"class#{class_id}", **_times()}
    values["after"] = int(time.time()) + QUIET
    names = {f"#{name}": name for name in (*values, "people")}
    return [
        {
            "Update": {
                "TableName": dynamodb.MAIL,
                "Key": dynamodb.item(_of("score", class_id)),
                "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in values)} ADD #people :people",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {
                    **{f":{name}": dynamodb.attribute(each) for name, each in values.items()},
                    ":people": {"SS": people},
                },
            }
        }
    ]


def _of(kind: str, about: str) -> dict[str, str]:
    return {"pk": PARTITION, "sk": f"{kind}#{about}"}


def _times() -> dict[str, Any]:
    return {"at": clock.now(), "expires": int(time.time()) + LASTS}

"""Notifications: short texts to everybody, a role, a class or a person, and to visitors of the site.

One notification is one item, however many people it is for; what somebody has read is kept with the reader.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Text, Title
from studentdb.contract.models import PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
Audience = Annotated[
    str,
    Field(
        max_length=43,
        pattern=rf"^(?:public|everyone|role#(?:admin|lecturer|student)|(?:class|person)#{_ID})$",
        description="public, everyone, role#student (or lecturer, admin), class#ID or person#ID",
    ),
]
# A number of up to 53 bits, which JavaScript can hold; text all the same, like every other id.
NotificationId = Annotated[
    str, Field(max_length=16, pattern=r"^[1-9][0-9]{0,15}$", description="an id as the API gave it")
]
Moment = Annotated[
    str,
    Field(
        max_length=24,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z$",
        description="a time in UTC such as 2027-01-31T12:00:00Z",
    ),
]


class NotificationCreate(RequestModel):
    """A new notification. From `expires_at` on nobody sees it any more; without one it stays."""

    audience: Audience
    title: Title
    body: Text
    expires_at: Moment | None = None


class Notification(ResponseModel):
    """A notification as stored. `sender_id` and `sender_name` are null where the account belongs to no person."""

    id: str
    audience: str
    title: str
    body: str
    sender_id: str | None = None
    sender_name: str | None = None
    sent_at: str
    expires_at: str | None = None


class ReceivedNotification(Notification):
    """A notification for the caller, who has `read` it or not."""

    read: bool


class ReceivedNotificationList(ResponseModel):
    """One page of the caller's notifications, the newest first.

    `next_cursor` is null on the last page; a page that was asked for unread ones may be empty before that.
    """

    received_notifications: list[ReceivedNotification]
    next_cursor: str | None = None


class ReceivedNotificationQuery(PageQuery):
    """All of the caller's notifications, or those that the caller has not read."""

    unread: bool = False


class UnreadCount(ResponseModel):
    """How many of the caller's newest 100 notifications are unread; `more` says that there are older ones as well."""

    unread: int
    more: bool


class Reading(RequestModel):
    """What the caller has read: one notification, or all that were sent up to a time; exactly one of the two."""

    id: NotificationId = LEFT_OUT
    up_to: Moment = LEFT_OUT


class NotificationQuery(PageQuery):
    """To whom."""

    audience: Audience


class NotificationList(ResponseModel):
    """One page of the notifications to one audience, the newest first; `next_cursor` is null on the last page."""

    notifications: list[Notification]
    next_cursor: str | None = None


class PublicNotification(ResponseModel):
    """What a visitor sees."""

    title: str
    body: str
    sent_at: str


class PublicNotificationList(ResponseModel):
    """One page of the public notifications, the newest first; `next_cursor` is null on the last page."""

    public_notifications: list[PublicNotification]
    next_cursor: str | None = None


class NotificationPath(RequestModel):
    """The notification's id in the path."""

    id: NotificationId


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_received_notifications",
        method="GET",
        path="/api/me/notifications",
        query=ReceivedNotificationQuery,
        response=ReceivedNotificationList,
        allowed={"admin": "self", "lecturer": "self", "student": "self"},
    ),
    Operation(
        name="count_unread_notifications",
        method="GET",
        path="/api/me/unread-notifications",
        response=UnreadCount,
        allowed={"admin": "self", "lecturer": "self", "student": "self"},
    ),
    Operation(
        name="read_notifications",
        method="POST",
        path="/api/me/read-notifications",
        body=Reading,
        response=None,
        status=204,
        allowed={"admin": "self", "lecturer": "self", "student": "self"},
    ),
    Operation(
        name="list_public_notifications",
        method="GET",
        path="/api/public/notifications",
        query=PageQuery,
        response=PublicNotificationList,
        public=True,
    ),
    Operation(
        name="list_notifications",
        method="GET",
        path="/api/notifications",
        query=NotificationQuery,
        response=NotificationList,
        allowed={"admin": "any"},
    ),
    Operation(
        name="get_notification",
        method="GET",
        path="/api/notifications/{id}",
        parameters=NotificationPath,
        response=Notification,
        allowed={"admin": "any", "lecturer": "self", "student": "self"},
    ),
    Operation(
        name="create_notification",
        method="POST",
        path="/api/notifications",
        body=NotificationCreate,
        response=Notification,
        status=201,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
    Operation(
        name="delete_notification",
        method="DELETE",
        path="/api/notifications/{id}",
        parameters=NotificationPath,
        response=None,
        status=204,
        allowed={"admin": "any", "lecturer": "self"},
    ),
)

"""The function that reaches the user pool: everything about accounts."""

from __future__ import annotations

from studentdb_api.invitations import (
    list_invitations,
    queue_invitations,
    send_invitations,
    withdraw_invitations,
)
from studentdb_api.registration_changes import approve_registration, refuse_registration
from studentdb_api.registrations import list_registrations
from studentdb_api.router import Api
from studentdb_api.user_changes import (
    disable_user,
    enable_user,
    invite_user,
    reset_user_mfa,
    reset_user_password,
    set_user_role,
)
from studentdb_api.user_check import check_users
from studentdb_api.users import get_user, list_users

handler = Api(
    frozenset({"GET", "POST"}),
    {
        "list_invitations": list_invitations,
        "queue_invitations": queue_invitations,
        "send_invitations": send_invitations,
        "withdraw_invitations": withdraw_invitations,
        "list_registrations": list_registrations,
        "approve_registration": approve_registration,
        "refuse_registration": refuse_registration,
        "check_users": check_users,
        "list_users": list_users,
        "get_user": get_user,
        "invite_user": invite_user,
        "disable_user": disable_user,
        "enable_user": enable_user,
        "reset_user_mfa": reset_user_mfa,
        "reset_user_password": reset_user_password,
        "set_user_role": set_user_role,
    },
    function="accounts",
)

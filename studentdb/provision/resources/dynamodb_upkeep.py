"""A table's settings that have calls of their own: time to live, and point-in-time recovery."""

from __future__ import annotations

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws, error_code, error_message, has_code

RECOVERY_BUDGET = 1200.0

# What a table that is still being made says to everything but DescribeTable (DDB-03).
not_yet = has_code("ResourceNotFoundException", "ResourceInUseException")


def _backups_are_being_enabled(error: ClientError) -> bool:
    # DDB-05: the same code as for what never becomes right.
    return "Backups are being enabled" in error_message(error)


def set_time_to_live(aws: Aws, table_name: str, attribute: str, *, enabled: bool) -> None:
    """Have AWS remove items after the second (Unix time) in `attribute`, or not any more."""
    wanted = attribute if enabled else ""
    try:
        aws.retry(
            lambda: aws.client("dynamodb").update_time_to_live(
                TableName=table_name, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
            ),
            when=_backups_are_being_enabled,
            budget=RECOVERY_BUDGET,
        )
    except ClientError:
        # After a lost answer botocore's next attempt is refused, since it is so already (X-06, DDB-06).
        if time_to_live(aws, table_name) != wanted:
            raise


def time_to_live(aws: Aws, table_name: str) -> str:
    """The attribute; "" where nothing expires. On and off are in force as soon as AWS has taken them."""
    try:
        answer = aws.client("dynamodb").describe_time_to_live(TableName=table_name)
    except ClientError as error:
        # Of a table that is still being made.
        if not_yet(error):
            return ""
        raise
    found = answer["TimeToLiveDescription"]
    return str(found["AttributeName"]) if found["TimeToLiveStatus"] in ("ENABLING", "ENABLED") else ""


def enable_recovery(aws: Aws, table_name: str) -> None:
    """Switch point-in-time recovery on, and wait until it is."""
    # Right after ACTIVE the backups themselves are still being enabled (DDB-04).
    aws.retry(
        lambda: aws.client("dynamodb").update_continuous_backups(
            TableName=table_name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ),
        when=has_code("ContinuousBackupsUnavailableException"),
        budget=RECOVERY_BUDGET,
    )
    aws.wait(
        lambda: recovery_enabled(aws, table_name) or None,
        what=f"point-in-time recovery of table {table_name}",
        budget=RECOVERY_BUDGET,
    )


def recovery_enabled(aws: Aws, table_name: str) -> bool:
    """Whether point-in-time recovery is on."""
    try:
        answer = aws.client("dynamodb").describe_continuous_backups(TableName=table_name)
    except ClientError as error:
        # A table that is still being made has no backups to describe.
        if error_code(error) in ("TableNotFoundException", "ContinuousBackupsUnavailableException"):
            return False
        raise
    backups = answer["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")

"""Settings whose change loses data though nothing is destroyed: a table of the data-loss gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Turn(Enum):
    """How a setting has to change to lose data."""

    OFF = "switched off"
    ON = "switched on"
    LOWER = "lowered"
    GONE = "taken away"
    OTHER = "set or changed"


@dataclass(frozen=True)
class Setting:
    """A setting whose change loses data though nothing is destroyed.

    type: * for every one that has it. path: the attribute, into first blocks. why: what may be lost.
    """

    type: str
    path: tuple[str, ...]
    turn: Turn
    why: str

    @property
    def name(self) -> str:
        """Such as `ttl.attribute_name`."""
        return ".".join(self.path)


_NO_PROTECTION = "nothing keeps the next change from destroying it with its data"

SETTINGS = (
    Setting("*", ("deletion_protection_enabled",), Turn.OFF, _NO_PROTECTION),
    Setting("*", ("deletion_protection",), Turn.OFF, _NO_PROTECTION),
    Setting("*", ("force_destroy",), Turn.ON, "a destroy takes along what is in it, without a question"),
    Setting("*", ("force_delete",), Turn.ON, "a destroy takes along what is in it, without a question"),
    Setting("*", ("skip_final_snapshot",), Turn.ON, "a destroy leaves no copy"),
    Setting("*", ("backup_retention_period",), Turn.LOWER, "older backups are deleted"),
    Setting(
        "aws_dynamodb_table",
        ("point_in_time_recovery", "enabled"),
        Turn.OFF,
        "the table cannot be brought back to any earlier second, the last 35 days included",
    ),
    Setting(
        "aws_dynamodb_table",
        ("point_in_time_recovery", "recovery_period_in_days"),
        Turn.LOWER,
        "earlier seconds cannot be brought back",
    ),
    Setting("aws_dynamodb_table", ("ttl", "enabled"), Turn.ON, "items with a past time are deleted"),
    Setting(
        "aws_dynamodb_table",
        ("ttl", "attribute_name"),
        Turn.OTHER,
        "items are deleted by another attribute's time",
    ),
    Setting("aws_dynamodb_table", ("stream_enabled",), Turn.OFF, "changes that nobody has read yet are lost"),
    Setting(
        "aws_s3_bucket_versioning",
        ("versioning_configuration", "status"),
        Turn.OFF,
        "what is overwritten or deleted is gone at once",
    ),
    Setting(
        "aws_s3_bucket_versioning",
        ("versioning_configuration", "mfa_delete"),
        Turn.OFF,
        "whoever may delete versions needs no second factor for it",
    ),
    Setting("aws_s3_bucket", ("versioning", "enabled"), Turn.OFF, "what is overwritten is gone at once"),
    Setting("aws_kms_key", ("is_enabled",), Turn.OFF, "whatever is encrypted under it cannot be read"),
    Setting(
        "aws_kms_key",
        ("enable_key_rotation",),
        Turn.OFF,
        "the same key material encrypts everything from then on",
    ),
    Setting(
        "aws_kms_key",
        ("deletion_window_in_days",),
        Turn.LOWER,
        "less time to notice that a key is on its way out",
    ),
    Setting(
        "aws_secretsmanager_secret",
        ("recovery_window_in_days",),
        Turn.LOWER,
        "less time to bring a deleted secret back; 0 is none",
    ),
    Setting("aws_cloudwatch_log_group", ("retention_in_days",), Turn.LOWER, "older log events are deleted"),
    Setting("aws_sqs_queue", ("message_retention_seconds",), Turn.LOWER, "older messages are deleted"),
    Setting("aws_sqs_queue", ("redrive_policy",), Turn.GONE, "what cannot be handled is deleted"),
    Setting("aws_sns_topic_subscription", ("redrive_policy",), Turn.GONE, "what cannot be delivered is lost"),
    Setting(
        "aws_lambda_event_source_mapping",
        ("destination_config",),
        Turn.GONE,
        "records that fail are dropped without a trace",
    ),
    Setting("aws_cloudtrail", ("enable_logging",), Turn.OFF, "what is done is not recorded"),
    Setting("aws_cloudtrail", ("is_multi_region_trail",), Turn.OFF, "other regions are not recorded"),
    Setting(
        "aws_cloudtrail",
        ("include_global_service_events",),
        Turn.OFF,
        "what is done with IAM is not recorded",
    ),
    Setting(
        "aws_cloudtrail",
        ("enable_log_file_validation",),
        Turn.OFF,
        "nobody can tell whether a file of the record was changed",
    ),
    Setting(
        "aws_sesv2_configuration_set_event_destination",
        ("event_destination", "enabled"),
        Turn.OFF,
        "bounces, complaints and other events are lost",
    ),
)
"""Looked at where a resource is changed in place."""

FOREVER: Mapping[tuple[str, str], int] = {("aws_cloudwatch_log_group", "retention_in_days"): 0}
"""The value that means "for ever", not the least."""

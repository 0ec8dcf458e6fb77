"""The inner models of the configuration; a construct takes one of them as its config object.

Defaults are what holds where neither a variable nor `environments/<name>.py` says otherwise.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator

from environments import rules
from environments.settings import (
    SWITCH,
    Model,
    Rule,
    Setting,
    Switch,
    WholeNumber,
    between,
    comma_separated,
)

_CAPACITY = "a whole number from 1 to 40000; the maximum not below the minimum"
_RETENTION = f"days that CloudWatch Logs accepts: {', '.join(map(str, rules.RETENTION_DAYS))}"

# 40,000 units are what an account may give one table by default (DynamoDB developer guide, Quotas).
_Capacity = Annotated[WholeNumber, between(1, 40_000)]
_Retention = Annotated[WholeNumber, AfterValidator(rules.retention_is_accepted_by_cloudwatch)]
_Origin = Annotated[
    str, AfterValidator(rules.origin_is_exact), AfterValidator(rules.origin_is_https_or_local)
]


def read_maximum_is_not_below_minimum(maximum: int, minimum: int) -> str | None:
    return _below(maximum, minimum, "DYNAMODB_READ_CAPACITY_MIN")


def write_maximum_is_not_below_minimum(maximum: int, minimum: int) -> str | None:
    return _below(maximum, minimum, "DYNAMODB_WRITE_CAPACITY_MIN")


def _below(maximum: int, minimum: int, variable: str) -> str | None:
    return f"is below {variable} ({minimum})" if maximum < minimum else None


class DatabaseConfig(Model):
    """The DynamoDB table."""

    billing_mode: Annotated[
        Literal["PAY_PER_REQUEST", "PROVISIONED"],
        Setting(
            variable="DYNAMODB_BILLING_MODE",
            allowed="PAY_PER_REQUEST or PROVISIONED",
            purpose="Pay for each request, or for capacity that follows the load between the bounds below.",
            example="PROVISIONED",
        ),
    ] = "PAY_PER_REQUEST"
    read_capacity_min: Annotated[
        _Capacity,
        Setting(
            variable="DYNAMODB_READ_CAPACITY_MIN",
            allowed=_CAPACITY,
            purpose="Least read capacity of the table and of its index; only PROVISIONED uses it.",
            example="5",
        ),
    ] = 1
    read_capacity_max: Annotated[
        _Capacity,
        Setting(
            variable="DYNAMODB_READ_CAPACITY_MAX",
            allowed=_CAPACITY,
            purpose="Most read capacity; only PROVISIONED uses it.",
            example="100",
        ),
    ] = 10
    write_capacity_min: Annotated[
        _Capacity,
        Setting(
            variable="DYNAMODB_WRITE_CAPACITY_MIN",
            allowed=_CAPACITY,
            purpose="Least write capacity of the table and of its index; only PROVISIONED uses it.",
            example="5",
        ),
    ] = 1
    write_capacity_max: Annotated[
        _Capacity,
        Setting(
            variable="DYNAMODB_WRITE_CAPACITY_MAX",
            allowed=_CAPACITY,
            purpose="Most write capacity; only PROVISIONED uses it.",
            example="100",
        ),
    ] = 10
    target_utilization: Annotated[
        WholeNumber,
        between(20, 90),
        Setting(
            variable="DYNAMODB_TARGET_UTILIZATION",
            allowed="per cent, a whole number from 20 to 90",
            purpose="Share of the capacity in use that auto scaling aims at; only PROVISIONED uses it.",
            example="70",
        ),
    ] = 70
    point_in_time_recovery: Annotated[
        Switch,
        Setting(
            variable="DYNAMODB_POINT_IN_TIME_RECOVERY",
            allowed=SWITCH,
            purpose="Continuous backups of the table, from which any second can be restored.",
            example="true",
        ),
    ] = True
    pitr_recovery_days: Annotated[
        WholeNumber,
        between(1, 35),
        Setting(
            variable="DYNAMODB_PITR_DAYS",
            allowed="whole days from 1 to 35",
            purpose="How far back point-in-time recovery reaches.",
            example="35",
        ),
    ] = 35
    generation: Annotated[
        WholeNumber,
        between(1, 999),
        Setting(
            variable="DYNAMODB_TABLE_GENERATION",
            allowed="a whole number from 1 to 999",
            purpose=(
                "Which restored table is the live one: a restore always makes a new table, named with"
                " -r<generation> behind it, which Terraform then takes over. 1 is the first table, without"
                " a suffix. `ops restore table` writes it into table_generations.json."
            ),
            example="2",
        ),
    ] = 1

    between_fields: ClassVar[tuple[Rule, ...]] = (
        Rule(("read_capacity_max", "read_capacity_min"), read_maximum_is_not_below_minimum),
        Rule(("write_capacity_max", "write_capacity_min"), write_maximum_is_not_below_minimum),
    )


def tiering_comes_before_archive(archive: int, tiering: int) -> str | None:
    """The provider plans transitions in the wrong order without an error; S3 refuses them."""
    return None if tiering < archive else f"is not more than S3_INTELLIGENT_TIERING_DAYS ({tiering})"


def archive_comes_before_expiry(expiry: int, archive: int) -> str | None:
    return None if archive < expiry else f"is not more than S3_LIFECYCLE_DAYS ({archive})"


class StorageConfig(Model):
    """The bucket of exports and the bucket of access logs."""

    versioning: Annotated[
        Switch,
        Setting(
            variable="S3_VERSIONING",
            allowed=SWITCH,
            purpose="Keep earlier versions of objects, from which overwritten and deleted ones come back.",
            example="true",
        ),
    ] = True
    intelligent_tiering_after_days: Annotated[
        WholeNumber,
        between(0, 363),
        Setting(
            variable="S3_INTELLIGENT_TIERING_DAYS",
            allowed="whole days from 0 to 363, less than S3_LIFECYCLE_DAYS",
            purpose="Age at which objects move to Intelligent-Tiering.",
            example="30",
        ),
    ] = 30
    lifecycle_days: Annotated[
        WholeNumber,
        between(31, 364),
        Setting(
            variable="S3_LIFECYCLE_DAYS",
            allowed="whole days, more than 30 and less than 365",
            purpose="Age at which objects move to Glacier Instant Retrieval, still readable at once.",
            example="90",
        ),
    ] = 90
    expire_after_days: Annotated[
        WholeNumber,
        between(32, 36_500),
        Setting(
            variable="S3_EXPIRE_DAYS",
            allowed="whole days from 32 to 36500, more than S3_LIFECYCLE_DAYS",
            purpose="Age at which objects are deleted.",
            example="365",
        ),
    ] = 365
    noncurrent_retention_days: Annotated[
        WholeNumber,
        between(1, 36_500),
        Setting(
            variable="S3_NONCURRENT_DAYS",
            allowed="whole days from 1 to 36500",
            purpose="How long overwritten and deleted versions are kept.",
            example="30",
        ),
    ] = 30
    cors_origins: Annotated[
        tuple[_Origin, ...],
        BeforeValidator(comma_separated),
        AfterValidator(rules.origins_are_some),
        AfterValidator(rules.origins_are_distinct),
        Setting(
            variable="CORS_ORIGINS",
            allowed=(
                "exact origins, separated by commas without spaces, such as https://wizard.example.com;"
                " no wildcard, path or trailing slash; http only for localhost, and in prod neither"
            ),
            purpose="Web origins whose pages may upload to and read from the bucket.",
            example="https://wizard.example.com,https://admin.example.com",
        ),
    ]
    access_logs: Annotated[
        Switch,
        Setting(
            variable="S3_ACCESS_LOGS",
            allowed=SWITCH,
            purpose="Server access logs of the bucket, written to the log bucket.",
            example="true",
        ),
    ] = True

    between_fields: ClassVar[tuple[Rule, ...]] = (
        Rule(("lifecycle_days", "intelligent_tiering_after_days"), tiering_comes_before_archive),
        Rule(("expire_after_days", "lifecycle_days"), archive_comes_before_expiry),
    )


class SecurityConfig(Model):
    """Keys and secrets."""

    key_deletion_window_days: Annotated[
        WholeNumber,
        between(7, 30),
        Setting(
            variable="KMS_DELETION_WINDOW_DAYS",
            allowed="whole days from 7 to 30",
            purpose="How long a deleted key can still be brought back.",
            example="30",
        ),
    ] = 30
    secret_recovery_window_days: Annotated[
        WholeNumber,
        AfterValidator(rules.recovery_window_is_accepted_by_secrets_manager),
        Setting(
            variable="SECRET_RECOVERY_WINDOW_DAYS",
            allowed="0, or whole days from 7 to 30; in prod 7 to 30",
            purpose=(
                "How long a deleted secret can still be brought back; its name is taken as long. 0 deletes"
                " at once."
            ),
            example="30",
        ),
    ] = 30


class LogConfig(Model):
    """The CloudWatch log groups."""

    application_retention_days: Annotated[
        _Retention,
        Setting(
            variable="LOG_RETENTION_DAYS",
            allowed=_RETENTION,
            purpose="How long application logs are kept.",
            example="30",
        ),
    ] = 30
    error_retention_days: Annotated[
        _Retention,
        Setting(
            variable="ERROR_LOG_RETENTION_DAYS",
            allowed=_RETENTION,
            purpose="How long error logs are kept.",
            example="90",
        ),
    ] = 90


class StateConfig(Model):
    """Terraform's remote state. Where it lies follows from account and region, see `naming`."""

    lock: Annotated[
        Literal["both", "dynamodb", "lockfile"],
        Setting(
            variable="STATE_LOCK",
            allowed="both, dynamodb or lockfile",
            purpose="What keeps two runs apart: a DynamoDB item, a lock file in the bucket, or both.",
            example="both",
        ),
    ] = "both"

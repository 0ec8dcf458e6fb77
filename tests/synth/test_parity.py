"""The real stacks: no difference between them is without a reason, and no reason is without a difference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from typer.testing import CliRunner

from environments.fields import variables
from ops import cli
from ops.exit_codes import ExitCode
from ops.parity import run
from ops.parity.allowances import ALLOWANCES, Allowance
from ops.parity.compare import Comparison, compare
from ops.parity.configuration import flat
from tests.support import configuration
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import stack

CERTIFICATE = "arn:aws:acm:us-east-1:{account}:certificate/00000000-0000-0000-0000-000000000001"
OTHER_CERTIFICATE = CERTIFICATE.format(account="123456789012")
ZONE = "Z0123456789ABCDEFGHIJ"
Changes = Mapping[str, str]

PROVISIONED = {"DYNAMODB_BILLING_MODE": "PROVISIONED"}
BACKED_UP = {"BACKUP_ENABLED": "true"}
RECOVERABLE = {"DYNAMODB_POINT_IN_TIME_RECOVERY": "true"}
WITH_ACL = {"CLOUDFRONT_WAF": "true"}

TOGETHER: tuple[tuple[Changes, Changes], ...] = (
    # Each of these has places of its own, so that none can hide what another does.
    (
        {},
        {
            "ALERT_EMAIL": "others@example.org",
            "ALERT_URL": "https://events.example.com/x",
            "CHAT_MODEL": "some-model",
            "CHAT_PROVIDER_URL": "https://models.example.com",
            "CHAT_THROTTLE_BURST": "5",
            "CHAT_WORKER_TIMEOUT_S": "60",
            "CLOUDFRONT_CACHE_DAYS": "3",
            "CORS_ORIGINS": "https://a.example.com,https://b.example.com",
            "DYNAMODB_POINT_IN_TIME_RECOVERY": "true",
            "FUNCTION_CODE": "connect=s3://some-bucket/connect.zip?versionId=1",
            "KMS_DELETION_WINDOW_DAYS": "9",
            "LOG_RETENTION_DAYS": "60",
            "S3_EXPIRE_DAYS": "300",
            "S3_INTELLIGENT_TIERING_DAYS": "10",
            "S3_VERSIONING": "false",
            "SES_TRACKING_DOMAIN": "links.example.com",
        },
    ),
    (
        {},
        {
            "CHAT_THROTTLE_RATE": "5",
            "CHAT_WORKER_CONCURRENCY": "5",
            "CLOUDFRONT_ACCESS_LOGS": "true",
            "CLOUDFRONT_PRICE_CLASS": "PriceClass_All",
            "ERROR_LOG_RETENTION_DAYS": "60",
            "HOSTED_ZONE_ID": ZONE,
            "S3_LIFECYCLE_DAYS": "80",
            "S3_NONCURRENT_DAYS": "5",
            "SECRET_RECOVERY_WINDOW_DAYS": "8",
            "SES_FROM_EMAIL": "noreply@example.org",
            "STATE_LOCK": "lockfile",
        },
    ),
    ({}, {"AWS_REGION": "eu-central-1"}),
    ({}, {"AWS_ACCOUNT_ID": "210987654321", "CERTIFICATE_ARN": CERTIFICATE.format(account="210987654321")}),
    ({}, {"CHAT_PROVIDER": "openai"}),
    ({}, {"CLOUDFRONT_SIGNED_URLS": "false"}),
    ({}, {"ENABLE_CLOUDFRONT": "false"}),
    ({}, {"S3_ACCESS_LOGS": "false"}),
    ({}, {"SECRET_MAX_AGE_DAYS": "5"}),
    ({}, {"SES_IDENTITY": "address", "DYNAMODB_TABLE_GENERATION": "2"}),
    ({}, {"SIGNING_PUBLIC_KEY_FILE": str(configuration.PUBLIC_KEY_FILE)}),
    ({}, WITH_ACL),
    ({}, {**PROVISIONED, **BACKED_UP}),
    ({}, {"DOMAIN_NAME": "", "CERTIFICATE_ARN": "", "CORS_ORIGINS": "https://a.example.com"}),
    ({}, {"CERTIFICATE_ARN": "", "HOSTED_ZONE_ID": ZONE}),
    ({}, {"CHAT_DOMAIN_NAME": "chat.example.com", "CHAT_CERTIFICATE_ARN": OTHER_CERTIFICATE}),
    (
        {"CHAT_DOMAIN_NAME": "chat.example.com", "CHAT_CERTIFICATE_ARN": OTHER_CERTIFICATE},
        {"CHAT_HOSTED_ZONE_ID": ZONE},
    ),
    (
        {**PROVISIONED, **BACKED_UP},
        {
            "BACKUP_RETENTION_DAYS": "7",
            "DYNAMODB_READ_CAPACITY_MIN": "3",
            "DYNAMODB_WRITE_CAPACITY_MAX": "30",
            "KMS_DELETION_WINDOW_DAYS": "9",
        },
    ),
    (
        {**PROVISIONED, **BACKED_UP},
        {
            "BACKUP_RESTORE_TESTING": "false",
            "DELETION_PROTECTION": "true",
            "DYNAMODB_READ_CAPACITY_MAX": "30",
            "DYNAMODB_TARGET_UTILIZATION": "50",
            "DYNAMODB_WRITE_CAPACITY_MIN": "3",
        },
    ),
    (
        {**RECOVERABLE, **WITH_ACL},
        {"CLOUDFRONT_WAF_RATE_LIMIT": "50", "DYNAMODB_PITR_DAYS": "7", "LOG_RETENTION_DAYS": "60"},
    ),
)
"""(what both have, what one of them has besides): every variable once, where it does something."""

ELSEWHERE = {
    "ENVIRONMENT",
    # Of the account's stack, which is no environment's.
    *("CLOUDTRAIL_LOG_RETENTION_DAYS", "CLOUDTRAIL_RETENTION_DAYS", "COST_ANOMALY_USD"),
    *("GITHUB_OIDC_REPOSITORY", "MONTHLY_BUDGET_USD"),
    *("SES_DMARC_POLICY", "SES_HOSTED_ZONE_ID", "SES_MAIL_FROM_SUBDOMAIN"),
}
"""Variables that no environment's stack depends on."""

PAIRS: tuple[tuple[Changes, Changes], ...] = tuple((both, {**both, **more}) for both, more in TOGETHER)


@cache
def compared(number: int) -> Comparison:
    """staging in two forms, as if they were two environments."""
    forms = dict(zip(("one", "other"), PAIRS[number], strict=True))
    return compare(
        {name: stack("staging", **changes).json for name, changes in forms.items()},
        {name: flat(configuration.config("staging", **changes)) for name, changes in forms.items()},
    )


def shown(number: int) -> str:
    one, other = PAIRS[number]
    return ",".join(name for name, value in other.items() if one.get(name) != value)[:60]


def of_environments(**stacks: Any) -> Comparison:
    return compare(
        {name: stack(name).json for name in ENVIRONMENTS} | stacks,
        {name: flat(configuration.config(name)) for name in ENVIRONMENTS},
    )


def test_our_environments_differ_only_in_what_their_configurations_say() -> None:
    found = of_environments()
    assert found.differences == ()
    keys = {one.allowance.key for one in found.explained}
    assert {"protected", "backup.enabled", "storage.access_logs", "cdn.access_logs"} <= keys


def test_every_variable_is_tried() -> None:
    tried = {name for one, other in PAIRS for name in other if one.get(name) != other[name]}
    assert tried | ELSEWHERE == variables()
    assert tried & ELSEWHERE == set()


@pytest.mark.parametrize("number", range(len(PAIRS)), ids=shown)
def test_what_a_variable_changes_is_explained_by_its_key(number: int) -> None:
    assert compared(number).differences == ()


def test_no_allowance_explains_nothing() -> None:
    """One that nothing needs would hide a difference that nobody wanted."""
    used: Counter[Allowance] = Counter(
        one.allowance
        for found in (of_environments(), *(compared(number) for number in range(len(PAIRS))))
        for one in found.explained
    )
    assert [one for one in ALLOWANCES if not used[one]] == []


def test_no_allowance_is_there_twice() -> None:
    assert [one for one, count in Counter(ALLOWANCES).items() if count > 1] == []


def test_an_allowance_that_nothing_needs_is_noticed() -> None:
    """What the test above relies on."""
    idle = Allowance("database/table", "ttl*", "protected")
    found = compare(
        {name: stack(name).json for name in ENVIRONMENTS},
        {name: flat(configuration.config(name)) for name in ENVIRONMENTS},
        (*ALLOWANCES, idle),
    )
    assert idle not in {one.allowance for one in found.explained}


def changes_in_prod_alone() -> Iterator[tuple[str, Any, str]]:
    """(what somebody did, what it does to the stack, the place): `if config.environment == "prod"`."""

    def resource(document: Any, address: str) -> Any:
        type_, _, name = address.partition(".")
        return next(body for key, body in document["resource"][type_].items() if key.startswith(name))

    def more_memory(document: Any) -> None:
        resource(document, "aws_lambda_function.chat_chat-worker")["memory_size"] = 1024

    def without_stream(document: Any) -> None:
        resource(document, "aws_dynamodb_table.database_table")["stream_enabled"] = False

    def another_queue(document: Any) -> None:
        document["resource"]["aws_sqs_queue"]["reports_queue_0A1B2C3D"] = {
            "//": {"metadata": {"path": "prod/reports/queue"}},
            "name": "spec-wizard-prod-reports",
        }

    def wider_policy(document: Any) -> None:
        policy = resource(document, "aws_iam_role_policy.chat_connect_role_table-items")
        policy["policy"] = policy["policy"].replace("dynamodb:PutItem", "dynamodb:*")

    def unprotected(document: Any) -> None:
        del document["resource"]["aws_s3_bucket_public_access_block"]

    def tells_staging(document: Any) -> None:
        group = resource(document, "aws_cloudwatch_log_group.log-groups_errors")
        group["name"] = "/spec-wizard/staging/errors"

    yield "more memory", more_memory, "chat/chat-worker/function"
    yield "no stream", without_stream, "database/table"
    yield "a queue more", another_queue, "reports/queue"
    yield "a wider policy", wider_policy, "chat/connect/role/table-items"
    yield "no access blocks", unprotected, "storage/exports/public-access-block"
    yield "another environment's name", tells_staging, "log-groups/errors"


@pytest.mark.parametrize(
    ("change", "path"),
    [pytest.param(change, path, id=name) for name, change, path in changes_in_prod_alone()],
)
def test_a_change_that_reached_prod_alone_is_found(change: Any, path: str) -> None:
    document = stack("prod").json
    change(document)
    found = of_environments(prod=document).differences
    assert path in {one.path for one in found}
    assert all("prod" in one.environments for one in found)


def test_the_command_says_that_all_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in configuration.variables().items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli.app, ["parity", "--json"], catch_exceptions=False)
    assert result.exit_code == ExitCode.OK
    printed = json.loads(result.stdout)
    assert printed["environments"] == list(ENVIRONMENTS)
    assert printed["differences"] == []
    assert len(printed["explained"]) == len(of_environments().explained)


def test_the_command_ends_with_its_code_where_something_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    document = stack("prod").json
    document["resource"]["aws_sqs_queue"].popitem()
    monkeypatch.setattr(run, "comparison", lambda names: of_environments(prod=document))
    result = CliRunner().invoke(cli.app, ["parity"], catch_exceptions=False)
    assert result.exit_code == ExitCode.POLICY
    assert "dev and staging have this aws_sqs_queue, prod not" in result.stdout
    assert "1 difference without an explanation" in result.stdout


def test_one_environment_alone_cannot_be_compared() -> None:
    result = CliRunner().invoke(cli.app, ["parity", "dev", "dev"])
    assert getattr(result.exception, "code", None) == ExitCode.USAGE

"""The account, staging and prod: applied, used, planned again without a change, and destroyed.

The tests are the steps of one story and run in this order. dev's story is in test_up.py.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from ops.exit_codes import ExitCode
from ops.local_aws.instance import LocalAws
from ops.smoke import Broken, cdn, email
from ops.smoke.deployment import Deployment
from ops.smoke.promises import promises_of
from ops.smoke.web import request
from tests.local import checkout
from tests.local.alarms import drive_all
from tests.local.checkout import Checkout
from tests.local.inventory import left_over, project
from tests.local.statements import Policies

ENVIRONMENTS = ("staging", "prod")
PROMISES = promises_of({"cloudfront_domain": "there is a distribution"})
BUCKET = "spec-wizard-exports-prod-123456789012"
TABLE = "spec-wizard-sessions-prod"
PROVISIONED = {
    "DYNAMODB_BILLING_MODE": "PROVISIONED",
    "DYNAMODB_READ_CAPACITY_MIN": "2",
    "DYNAMODB_READ_CAPACITY_MAX": "20",
}
UNPROTECTED = {"DELETION_PROTECTION": "false"}

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """All deployed by the real cdktf, in zones of ours; staging with provisioned capacity and a web ACL."""
    with checkout.running(tmp_path_factory.mktemp("environments")) as made:
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "staging")
        zones = {"HOSTED_ZONE_ID": "wizard.example.com", "SES_HOSTED_ZONE_ID": "example.com"}
        common = {name: _zone(made.local_aws, domain) for name, domain in zones.items()}
        (made.root / ".env").write_text(_lines(common))
        (made.root / ".env.staging").write_text(_lines(PROVISIONED | {"CLOUDFRONT_WAF": "true"}))
        yield made


def _lines(values: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _zone(aws: LocalAws, domain: str) -> str:
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"]["Id"]
    return str(zone.rpartition("/")[2])


@pytest.fixture(scope="module")
def aws(here: Checkout) -> LocalAws:
    return here.local_aws


@pytest.fixture(scope="module")
def prod(here: Checkout) -> Deployment:
    """As the proofs take it; asked for when it is complete."""
    return Deployment("prod", json.loads(here.ops("--local", "outputs", "prod", "--json")))


def test_an_environment_is_refused_while_its_account_is_missing(here: Checkout) -> None:
    message = here.cdktf("deploy", "staging", "--auto-approve", code=ExitCode.STATE)
    assert "staging needs the stack of AWS account 123456789012, which is not deployed" in message
    assert "cdktf deploy account" in message
    assert project(here.local_aws) == []


def test_account_first_then_the_environments(here: Checkout) -> None:
    here.cdktf("deploy", "account", *ENVIRONMENTS, "--auto-approve")


@every_environment
def test_trap_23_without_a_signing_key_nothing_is_served(here: Checkout, environment: str) -> None:
    """The distribution is there, and disabled."""
    outputs = json.loads(here.ops("--local", "outputs", environment, "--json"))
    assert "cloudfront_key_pair_id" not in outputs
    environ = here.local_aws.environment()
    assert request(outputs["cloudfront_url"] + "/any.pdf", environ=environ).status == 403


@every_environment
def test_trap_23_the_signing_key_is_made_and_joins(here: Checkout, environment: str) -> None:
    here.ops("--local", "signing-key", "create", environment)
    here.cdktf("deploy", environment, "--auto-approve")
    assert "cloudfront_key_pair_id" in json.loads(here.ops("--local", "outputs", environment, "--json"))


def test_a_second_plan_changes_nothing(here: Checkout) -> None:
    """`-detailed-exitcode` is 0 only where nothing would change."""
    stacks = ("account", *ENVIRONMENTS)
    with ThreadPoolExecutor(2) as pool:
        plans = list(pool.map(lambda name: here.terraform(name, "plan", "-detailed-exitcode"), stacks))
    assert [plan.returncode for plan in plans] == [0, 0, 0], "".join(plan.stdout for plan in plans)


@every_environment
def test_trap_50_nobody_hears_the_alarms_until_the_mail_is_confirmed(
    here: Checkout, environment: str
) -> None:
    message = here.ops("--local", "alarms", "status", environment, code=ExitCode.PROOF)
    assert "not confirmed yet" in message
    assert f"ops alarms confirm {environment}" in message
    here.ops("--local", "alarms", "confirm", environment)
    assert "not confirmed yet" not in here.ops("--local", "alarms", "status", environment)


def test_traps_11_18_29_43_and_55_each_alarm_goes_off_and_comes_back(aws: LocalAws) -> None:
    """Before the proofs, which set some of them off."""
    drive_all(aws, "prod", "alarms", ["spec-wizard-prod-unhealthy"])


@every_environment
def test_the_promises_hold(here: Checkout, environment: str) -> None:
    results = json.loads(here.ops("--local", "smoke", environment, "--json"))
    assert [result for result in results if not result["held"]] == []
    assert [result["promise"] for result in results] == [promise.text for promise in PROMISES]


def test_trap_08_items_expire_by_epoch_seconds(aws: LocalAws) -> None:
    ttl = aws.client("dynamodb").describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}


def test_trap_09_a_change_is_read_from_the_stream(aws: LocalAws) -> None:
    dynamodb, streams = aws.client("dynamodb"), aws.client("dynamodbstreams")
    key = {"PK": {"S": "SESSION#stream"}, "SK": {"S": "META"}}
    stream = dynamodb.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    dynamodb.put_item(TableName=TABLE, Item={**key, "status": {"S": "open"}})
    dynamodb.put_item(TableName=TABLE, Item={**key, "status": {"S": "submitted"}})
    (shard, *_) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    changes = [
        (record["eventName"], record["dynamodb"].get("OldImage", {}).get("status"))
        for record in streams.get_records(ShardIterator=iterator)["Records"]
        if record["dynamodb"]["Keys"] == key
    ]
    dynamodb.delete_item(TableName=TABLE, Key=key)
    assert changes == [("INSERT", None), ("MODIFY", {"S": "open"})]


def test_trap_10_staging_scales_table_and_index(aws: LocalAws) -> None:
    targets = aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="dynamodb")
    assert {
        (target["ResourceId"], target["ScalableDimension"].split(":")[2]): (
            target["MinCapacity"],
            target["MaxCapacity"],
        )
        for target in targets["ScalableTargets"]
    } == {
        ("table/spec-wizard-sessions-staging", "ReadCapacityUnits"): (2, 20),
        ("table/spec-wizard-sessions-staging", "WriteCapacityUnits"): (1, 10),
        ("table/spec-wizard-sessions-staging/index/GSI1", "ReadCapacityUnits"): (2, 20),
        ("table/spec-wizard-sessions-staging/index/GSI1", "WriteCapacityUnits"): (1, 10),
    }


def test_trap_10_what_auto_scaling_moved_is_not_moved_back(here: Checkout, aws: LocalAws) -> None:
    aws.client("dynamodb").update_table(
        TableName="spec-wizard-sessions-staging",
        ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 1},
        GlobalSecondaryIndexUpdates=[
            {
                "Update": {
                    "IndexName": "GSI1",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 1},
                }
            }
        ],
    )
    plan = here.terraform("staging", "plan", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout


def test_trap_12_prod_can_be_restored_to_any_second(aws: LocalAws) -> None:
    backups = aws.client("dynamodb").describe_continuous_backups(TableName=TABLE)
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_trap_16_access_is_logged_to_the_log_bucket(aws: LocalAws) -> None:
    logging = aws.client("s3").get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert logging["TargetBucket"] == "spec-wizard-logs-prod-123456789012"
    assert logging["TargetPrefix"] == "exports/"


def test_trap_16_only_the_logging_service_writes_the_logs(aws: LocalAws) -> None:
    """The log bucket takes what has no customer key, and its policy names the service and the source."""
    policy = json.loads(
        aws.client("s3").get_bucket_policy(Bucket="spec-wizard-logs-prod-123456789012")["Policy"]
    )
    (allowed,) = [s for s in policy["Statement"] if s["Sid"] == "S3ServerAccessLogs"]
    assert allowed["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert allowed["Condition"]["ArnEquals"]["aws:SourceArn"] == f"arn:aws:s3:::{BUCKET}"


def test_trap_18_request_metrics_are_on(aws: LocalAws) -> None:
    metrics = aws.client("s3").list_bucket_metrics_configurations(Bucket=BUCKET)
    assert [m["Id"] for m in metrics["MetricsConfigurationList"]] == ["EntireBucket"]


def _preflight(aws: LocalAws, origin: str) -> tuple[int, str | None]:
    """The browser's question before an upload; status and the origin that is allowed."""
    import ssl
    import urllib.error
    import urllib.request

    environ = aws.environment()
    request = urllib.request.Request(
        f"{environ['AWS_ENDPOINT_URL']}/{BUCKET}/upload.pdf",
        method="OPTIONS",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type,x-amz-date",
        },
    )
    context = ssl.create_default_context(cafile=environ["AWS_CA_BUNDLE"])
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return answer.status, answer.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Access-Control-Allow-Origin")


def test_trap_20_a_page_of_ours_may_upload_and_a_foreign_one_may_not(aws: LocalAws) -> None:
    assert _preflight(aws, "https://prod.wizard.example.com") == (200, "https://prod.wizard.example.com")
    assert _preflight(aws, "https://evil.example.com") == (403, None)


@cache
def _application(aws: LocalAws) -> dict[str, str]:
    role = "arn:aws:iam::123456789012:role/spec-wizard-prod-application"
    answer = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    credentials: dict[str, str] = answer["Credentials"]
    return credentials


def _as_application(aws: LocalAws, service: str) -> Any:
    import boto3

    credentials, environ = _application(aws), aws.environment()
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        verify=environ["AWS_CA_BUNDLE"],
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def _use_table(aws: LocalAws, action: str) -> None:
    table = _as_application(aws, "dynamodb")
    key = {"PK": {"S": "SESSION#need"}, "SK": {"S": "META"}}
    if action == "read":
        table.get_item(TableName=TABLE, Key=key)
    elif action == "write":
        table.put_item(TableName=TABLE, Item=key)
    else:
        table.query(
            TableName=TABLE,
            IndexName="GSI1",
            KeyConditionExpression="GSI1PK = :k",
            ExpressionAttributeValues={":k": {"S": "MAGIC#need"}},
        )


def _use_bucket(aws: LocalAws, action: str) -> None:
    s3 = _as_application(aws, "s3")
    if action == "list":
        s3.list_objects_v2(Bucket=BUCKET, Prefix="need")
    else:
        s3.put_object(Bucket=BUCKET, Key="need", Body=b"x")


def _read_secret(aws: LocalAws, name: str) -> None:
    secrets = _as_application(aws, "secretsmanager")
    # Empty (trap 47): AWS says so with this error, and only to whom it lets look.
    with contextlib.suppress(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=f"spec-wizard/prod/{name}")


def _write_log(aws: LocalAws, stream: str) -> None:
    group = "/spec-wizard/prod/application"
    logs = _as_application(aws, "logs")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    logs.put_log_events(
        logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": 0, "message": "need"}]
    )


def _send_mail(aws: LocalAws) -> None:
    _as_application(aws, "sesv2").send_email(
        FromEmailAddress="noreply@example.com",
        Destination={"ToAddresses": ["success@simulator.amazonses.com"]},
        ConfigurationSetName="spec-wizard-prod",
        Content={"Template": {"TemplateName": "spec-wizard-prod-export", "TemplateData": "{}"}},
    )


def _read_outputs(aws: LocalAws) -> None:
    _as_application(aws, "ssm").get_parameters_by_path(Path="/spec-wizard/prod/")


STATEMENTS = [
    ("read-outputs", "ReadOutputs", _read_outputs),
    ("send-email", "SendAsTheSender", _send_mail),
    ("send-email", "UseConfigurationSetAndTemplates", _send_mail),
    ("table-read-write", "ReadItems", lambda aws: _use_table(aws, "read")),
    ("table-read-write", "WriteItems", lambda aws: _use_table(aws, "write")),
    ("table-read-write", "QueryIndex", lambda aws: _use_table(aws, "query")),
    ("table-read-write", "UseTableKey", lambda aws: _use_table(aws, "read")),
    ("exports-read-write", "ReadWriteObjects", lambda aws: _use_bucket(aws, "write")),
    ("exports-read-write", "ListObjects", lambda aws: _use_bucket(aws, "list")),
    ("exports-read-write", "UseObjectsKey", lambda aws: _use_bucket(aws, "write")),
    ("read-openai-api-key", "ReadSecret", lambda aws: _read_secret(aws, "openai-api-key")),
    ("read-cloudfront-signing-key", "ReadSecret", lambda aws: _read_secret(aws, "cloudfront-signing-key")),
    ("read-anthropic-api-key", "ReadSecret", lambda aws: _read_secret(aws, "anthropic-api-key")),
    ("application-log-write", "WriteLog", lambda aws: _write_log(aws, "needed")),
]


@pytest.mark.parametrize(("policy", "sid", "use"), STATEMENTS, ids=[f"{p}-{s}" for p, s, _ in STATEMENTS])
def test_trap_04_and_46_every_statement_is_needed_and_enough(
    aws: LocalAws, policy: str, sid: str, use: Any
) -> None:
    """With the statement the application may, without it the same call is refused."""
    from botocore.exceptions import ClientError

    iam, role = aws.client("iam"), "spec-wizard-prod-application"
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    without = [s for s in document["Statement"] if s["Sid"] != sid]
    assert len(without) == len(document["Statement"]) - 1
    if without:
        iam.put_role_policy(
            RoleName=role,
            PolicyName=policy,
            PolicyDocument=json.dumps({**document, "Statement": without}),
        )
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        with pytest.raises(ClientError) as caught:
            use(aws)
        assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    use(aws)


NEEDED = [
    ("key objects", "CloudFront", cdn.a_signed_url_shows_the_pdf),
    ("bucket", "CloudFrontReadsObjects", cdn.a_signed_url_shows_the_pdf),
    ("topic bounces", "SesPublishes", email.bounce_is_kept),
    ("topic complaints", "SesPublishes", email.complaint_is_kept),
    ("queue", "SnsDelivers", email.bounce_is_kept),
    ("key messages", "SesPublishes", email.bounce_is_kept),
    ("key messages", "SnsDelivers", email.bounce_is_kept),
]


@pytest.mark.parametrize(("resource", "sid", "prove"), NEEDED, ids=[f"{r}-{s}" for r, s, _ in NEEDED])
def test_trap_01_06_and_32_every_statement_for_a_service_is_needed(
    prod: Deployment, aws: LocalAws, monkeypatch: pytest.MonkeyPatch, resource: str, sid: str, prove: Any
) -> None:
    """Without the statement in the resource's own policy the promise is broken, with it the promise holds."""
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    with Policies(aws, "prod", "123456789012").without(resource, sid), monkeypatch.context() as impatient:
        impatient.setattr(cdn, "PATIENCE_S", 1)
        impatient.setattr(email, "PATIENCE_S", 3)
        with pytest.raises(Broken):
            prove(prod)
    prove(prod)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"ServerSideEncryption": "aws:kms"}, True),
        ({"ServerSideEncryption": "AES256"}, False),
    ],
)
def test_uploads_cannot_choose_another_encryption(
    aws: LocalAws, headers: dict[str, str], allowed: bool
) -> None:
    from botocore.exceptions import ClientError

    s3 = _as_application(aws, "s3")
    if headers.get("ServerSideEncryption") == "aws:kms":
        key = aws.client("kms").describe_key(KeyId="alias/spec-wizard-prod-objects")["KeyMetadata"]["Arn"]
        headers = {**headers, "SSEKMSKeyId": key}
    if allowed:
        s3.put_object(Bucket=BUCKET, Key="chosen", Body=b"x", **headers)
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=BUCKET, Key="chosen", Body=b"x", **headers)


def test_trap_47_no_secret_reaches_the_state(here: Checkout, aws: LocalAws) -> None:
    """A value set the way an operator does is not in the state after the next refresh."""
    seeded = "sk-seeded-0123456789"
    aws.client("secretsmanager").put_secret_value(
        SecretId="spec-wizard/prod/openai-api-key", SecretString=seeded
    )
    plan = here.terraform("prod", "apply", "-refresh-only", "-auto-approve")
    assert plan.returncode == 0, plan.stderr
    state = here.terraform("prod", "state", "pull").stdout
    assert "openai-api-key" in state
    assert seeded not in state + plan.stdout


def test_trap_56_prod_refuses_to_be_destroyed(here: Checkout, aws: LocalAws) -> None:
    before = left_over(aws, "prod")
    here.cdktf("destroy", "prod", "--auto-approve", code=1)
    refused = here.ops("--local", "destroy", "prod", "--confirm", "prod", code=ExitCode.PROTECTED)
    assert "set DELETION_PROTECTION=false in .env.prod" in refused
    assert left_over(aws, "prod") == before
    # The reason from Terraform itself: cdktf does not always show the last of its output.
    refusal = here.terraform("prod", "plan", "-destroy")
    assert refusal.returncode == 1
    assert "prevent_destroy" in "".join(refusal.stderr.split())


def test_trap_56_the_table_refuses_even_without_terraform(aws: LocalAws) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="protect"):
        aws.client("dynamodb").delete_table(TableName=TABLE)


def test_without_cloudfront_nothing_of_it_is_left(here: Checkout, aws: LocalAws) -> None:
    """ENABLE_CLOUDFRONT=false takes it away cleanly, the statements of its bucket and key with it."""
    here.cdktf("deploy", "staging", "--auto-approve", ENABLE_CLOUDFRONT="false")
    plan = here.terraform("staging", "plan", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout
    kinds = ("distribution", "origin access", "cache policy", "response headers", "public key", "key group")
    assert [name for name in left_over(aws, "staging") if name.startswith(kinds)] == []
    policy = aws.client("s3").get_bucket_policy(Bucket=BUCKET.replace("prod", "staging"))["Policy"]
    key = aws.client("kms").get_key_policy(KeyId=_objects_key(aws, "staging"))["Policy"]
    assert "cloudfront.amazonaws.com" not in policy + key
    outputs = json.loads(here.ops("--local", "outputs", "prod", "--json"))
    assert "cloudfront_domain" in outputs


def _objects_key(aws: LocalAws, environment: str) -> str:
    alias = f"alias/spec-wizard-{environment}-objects"
    return str(aws.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])


def test_trap_56_unprotected_by_configuration_all_goes_and_nothing_is_left(
    here: Checkout, aws: LocalAws
) -> None:
    """The documented way: set DELETION_PROTECTION=false, deploy, destroy. Objects and versions go too."""
    here.cdktf("deploy", "account", "prod", "--auto-approve", **UNPROTECTED)
    said = here.ops("--local", "destroy", "prod", "--confirm", "prod", **UNPROTECTED)
    assert "Nothing of prod is left." in said
    # prod once more, of which nothing is there: cdktf wants to know of all that depend on the account.
    here.cdktf("destroy", "account", "dev", *ENVIRONMENTS, "--auto-approve", **UNPROTECTED)
    # A secret stays for its recovery window, unusable and out of every list (trap 48).
    assert project(aws) == []


def test_trap_48_staging_can_be_made_again(aws: LocalAws) -> None:
    secrets = aws.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [s["Name"] for s in secrets if "/staging/" in s["Name"]] == []
    assert sorted(s["Name"] for s in secrets if "/prod/" in s["Name"]) == [
        "spec-wizard/prod/anthropic-api-key",
        "spec-wizard/prod/cloudfront-signing-key",
        "spec-wizard/prod/openai-api-key",
    ]

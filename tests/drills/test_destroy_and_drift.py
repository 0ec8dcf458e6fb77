"""What was done to dev by hand is found, concern by concern; then dev and its account go with all their data.

The tests are the steps of one story and run in this order.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from ops.exit_codes import ExitCode
from ops.local_aws.example import ACCOUNT_ID
from ops.local_aws.instance import LocalAws
from tests.drills import elsewhere
from tests.drills.ledger import Drill
from tests.local import checkout
from tests.local.checkout import Checkout, wait_for
from tests.local.inventory import left_over, project

TABLE = "spec-wizard-sessions-dev"
BUCKET = f"spec-wizard-exports-dev-{ACCOUNT_ID}"
ROLE = "spec-wizard-dev-application"
DASHBOARD = "spec-wizard-dev-overview"
OBJECTS = 2_500
DELETED = 100
"""Objects that are deleted again: each leaves its version and a marker."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with checkout.running(tmp_path_factory.mktemp("destroy")) as made:
        made.ops("up")
        yield made


@pytest.fixture(scope="module")
def aws(here: Checkout) -> LocalAws:
    return here.local_aws


def _drift(here: Checkout, code: int, stack: str = "dev", **changes: str) -> dict[str, dict[str, Any]]:
    """What `ops drift` finds: construct path -> attribute -> (before, after)."""
    output = here.ops("--local", "drift", stack, "--json", code=code, **changes)
    return {
        finding["construct"]: {
            one["attribute"]: (one["before"], one["after"]) for one in finding["attributes"]
        }
        for finding in json.loads(output[output.index("{\n") :])["drift"]
    }


def test_what_was_just_deployed_has_not_drifted(here: Checkout) -> None:
    assert _drift(here, ExitCode.OK) == {}
    assert "Nothing of account was changed outside Terraform." in here.ops("--local", "drift", "account")


@dataclass(frozen=True)
class Hand:
    """A change by hand. change(aws) makes it and returns what undoes it; found: what `ops drift` must say."""

    construct: str
    attribute: str
    before: Any
    after: Any
    change: Callable[[LocalAws], Callable[[], Any]]


def _ttl_off(aws: LocalAws) -> Callable[[], Any]:
    def switch(on: bool) -> None:
        setting = {"Enabled": on, "AttributeName": "expiresAt"}
        aws.client("dynamodb").update_time_to_live(TableName=TABLE, TimeToLiveSpecification=setting)

    switch(False)
    return lambda: switch(True)


def _versioning_off(aws: LocalAws) -> Callable[[], Any]:
    def put(status: str) -> None:
        aws.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    put("Suspended")
    return lambda: put("Enabled")


def _frames_allowed(aws: LocalAws) -> Callable[[], Any]:
    cloudfront = aws.client("cloudfront")
    (policy,) = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]["Items"]
    id_ = policy["ResponseHeadersPolicy"]["Id"]

    def put(option: str) -> None:
        current = cloudfront.get_response_headers_policy_config(Id=id_)
        config = current["ResponseHeadersPolicyConfig"]
        config["SecurityHeadersConfig"]["FrameOptions"]["FrameOption"] = option
        cloudfront.update_response_headers_policy(
            Id=id_, IfMatch=current["ETag"], ResponseHeadersPolicyConfig=config
        )

    put("SAMEORIGIN")
    return lambda: put("DENY")


def _bounces_dropped(aws: LocalAws) -> Callable[[], Any]:
    ses, name = aws.client("sesv2"), "spec-wizard-dev"
    destinations = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
    (bounces,) = [one for one in destinations["EventDestinations"] if one["Name"] == "bounces"]

    def put(enabled: bool) -> None:
        settings = {key: value for key, value in bounces.items() if key != "Name"}
        ses.update_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="bounces",
            EventDestination={**settings, "Enabled": enabled},
        )

    put(False)
    return lambda: put(True)


def _role_widened(aws: LocalAws) -> Callable[[], Any]:
    iam, policy = aws.client("iam"), "table-read-write"
    document = iam.get_role_policy(RoleName=ROLE, PolicyName=policy)["PolicyDocument"]

    def put(extra: list[str]) -> None:
        first, *others = document["Statement"]
        statements = [{**first, "Action": [*first["Action"], *extra]}, *others]
        text = json.dumps({**document, "Statement": statements})
        iam.put_role_policy(RoleName=ROLE, PolicyName=policy, PolicyDocument=text)

    put(["dynamodb:Scan"])
    return lambda: put([])


def _chat_throttled(aws: LocalAws) -> Callable[[], Any]:
    gateway = aws.client("apigatewayv2")
    (api,) = [one["ApiId"] for one in gateway.get_apis()["Items"] if one["Name"] == "spec-wizard-dev-chat"]
    settings = gateway.get_stage(ApiId=api, StageName="dev")["DefaultRouteSettings"]

    def put(rate: float) -> None:
        gateway.update_stage(
            ApiId=api, StageName="dev", DefaultRouteSettings={**settings, "ThrottlingRateLimit": rate}
        )

    put(1.0)
    return lambda: put(settings["ThrottlingRateLimit"])


def _alarm_deafened(aws: LocalAws) -> Callable[[], Any]:
    cloudwatch, name = aws.client("cloudwatch"), "spec-wizard-dev-api-errors"
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    settable = set(cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members)

    def put(threshold: float) -> None:
        settings = {key: value for key, value in alarm.items() if key in settable and value not in ([], "")}
        cloudwatch.put_metric_alarm(**{**settings, "Threshold": threshold})

    put(1_000.0)
    return lambda: put(alarm["Threshold"])


READ = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]

HANDS = {
    "database": Hand("dev/database/table", "ttl[0].enabled", True, False, _ttl_off),
    "storage": Hand(
        "dev/storage/exports/versioning",
        "versioning_configuration[0].status",
        "Enabled",
        "Suspended",
        _versioning_off,
    ),
    "cdn": Hand(
        "dev/cdn/headers/policy",
        "security_headers_config[0].frame_options[0].frame_option",
        "DENY",
        "SAMEORIGIN",
        _frames_allowed,
    ),
    "email": Hand(
        "dev/email/events/bounces-destination", "event_destination[0].enabled", True, False, _bounces_dropped
    ),
    "security": Hand(
        "dev/security/application/table-read-write",
        "policy.Statement.ReadItems.Action",
        READ,
        [*READ, "dynamodb:Scan"],
        _role_widened,
    ),
    "websocket": Hand(
        "dev/chat/stage/stage", "default_route_settings[0].throttling_rate_limit", 100, 1, _chat_throttled
    ),
    "monitoring": Hand("dev/monitoring/alarms/api-errors", "threshold", 10, 1000, _alarm_deafened),
}


@pytest.mark.parametrize("concern", HANDS)
def test_a_change_by_hand_is_found_and_nothing_else(
    here: Checkout, aws: LocalAws, concern: str, drill: Drill
) -> None:
    """Each is undone by hand again, which the next test sees: it finds its own alone."""
    hand = HANDS[concern]
    drill.loses(f"{hand.attribute} of {hand.construct}, changed by hand")
    undo = hand.change(aws)
    try:
        found = _drift(here, ExitCode.DRIFT)
    finally:
        undo()
    assert found == {hand.construct: {hand.attribute: (hand.before, hand.after)}}
    drill.gets_back(f"found by `ops drift`, which finds {len(found)} thing; undone")


def test_what_waits_in_the_code_is_told_apart(here: Checkout, aws: LocalAws) -> None:
    """Undone changes are no drift any more; then both at once."""
    waiting = {"LOG_RETENTION_DAYS": "7"}
    output = here.ops("--local", "drift", "dev", code=ExitCode.CHANGES, **waiting)
    assert "Nothing of dev was changed outside Terraform." in output
    assert "dev/log-groups/application  update" in output
    undo = HANDS["monitoring"].change(aws)
    try:
        output = here.ops("--local", "drift", "dev", "--json", code=ExitCode.DRIFT, **waiting)
    finally:
        undo()
    told = json.loads(output[output.index("{\n") :])
    assert [one["construct"] for one in told["drift"]] == ["dev/monitoring/alarms/api-errors"]
    constructs = {one["construct"] for one in told["waiting_in_code"]}
    assert "dev/log-groups/application" in constructs
    assert "dev/monitoring/alarms/api-errors" not in constructs
    for one in told["waiting_in_code"]:
        assert [(a["attribute"], a["after"]) for a in one["attributes"]] == [("retention_in_days", 7)]


def test_what_was_deleted_by_hand_is_found_and_comes_back_with_a_deploy(
    here: Checkout, aws: LocalAws, drill: Drill
) -> None:
    cloudwatch, iam = aws.client("cloudwatch"), aws.client("iam")
    drill.loses(f"the dashboard {DASHBOARD}, deleted by hand")
    cloudwatch.delete_dashboards(DashboardNames=[DASHBOARD])
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=document)
    output = here.ops("--local", "drift", "dev", "--revert", code=ExitCode.DRIFT)
    assert "dev/monitoring/dashboard  deleted" in output
    assert "inline_policy.more: none → " in output
    assert "cdktf deploy dev   does it; what was deleted is made again, empty" in output
    assert "the code does not set inline_policy, so a deploy leaves it" in output
    here.cdktf("deploy", "dev", "--auto-approve")
    dashboards = [d["DashboardName"] for d in cloudwatch.list_dashboards()["DashboardEntries"]]
    assert dashboards == [DASHBOARD]
    drill.gets_back(f"found by `ops drift`; {', '.join(dashboards)} is there again after a deploy")


def test_a_policy_that_was_added_to_a_role_stays_drift_after_the_deploy(
    here: Checkout, aws: LocalAws
) -> None:
    """Terraform itself is content with it by now: its state has it."""
    assert here.terraform("dev", "plan", "-detailed-exitcode").returncode == 0
    output = here.ops("--local", "drift", "dev", "--accept", code=ExitCode.DRIFT)
    assert "dev/security/application/role: inline_policy is not set in the code" in output
    aws.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="more")
    assert _drift(here, ExitCode.OK) == {}


def test_a_key_that_somebody_put_beside_the_settings_is_found_and_not_shown(
    here: Checkout, aws: LocalAws
) -> None:
    lambda_, name = aws.client("lambda"), "spec-wizard-dev-chat-worker"
    settings = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    seeded = "sk-seeded0123456789"
    lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**settings, "MODEL_KEY": seeded}}
    )
    try:
        output = here.ops("--local", "drift", "dev", code=ExitCode.DRIFT)
        assert seeded not in output + here.ops("--local", "drift", "dev", "--json", code=ExitCode.DRIFT)
    finally:
        lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": settings})
    assert "variables.MODEL_KEY: none → (looks like a secret)" in output


def test_protected_by_its_configuration_it_is_not_destroyed(here: Checkout, aws: LocalAws) -> None:
    """The way back is the documented one: the variable, a deploy, then the destroy."""
    here.cdktf("deploy", "dev", "--auto-approve", DELETION_PROTECTION="true")
    before = left_over(aws, "dev")
    command = ("--local", "destroy", "dev", "--confirm", "dev")
    output = here.ops(*command, code=ExitCode.PROTECTED, DELETION_PROTECTION="true")
    assert "Protected: dev/" in output
    assert "dev/database/table" in output
    assert "set DELETION_PROTECTION=false in .env.dev, deploy that (cdktf deploy dev)" in output
    output = here.ops(*command, code=ExitCode.PROTECTED)
    assert f"AWS still protects table {TABLE} from deletion" in output
    assert left_over(aws, "dev") == before
    here.cdktf("deploy", "dev", "--auto-approve")


def test_the_account_is_not_destroyed_before_its_environments(here: Checkout) -> None:
    command = ("--local", "destroy", "account", "--confirm", "account")
    assert "DELETION_PROTECTION is true for prod" in here.ops(*command, code=ExitCode.PROTECTED)
    output = here.ops(*command, code=ExitCode.PROTECTED, DELETION_PROTECTION="false")
    assert "dev (" in output
    assert "ops destroy dev" in output


def _fill(aws: LocalAws) -> None:
    s3, dynamodb = aws.client("s3"), aws.client("dynamodb")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: s3.put_object(Bucket=BUCKET, Key=f"{n}.pdf", Body=b"x"), range(OBJECTS)))
        list(pool.map(lambda n: s3.delete_object(Bucket=BUCKET, Key=f"{n}.pdf"), range(DELETED)))
    s3.create_multipart_upload(Bucket=BUCKET, Key="never-finished.pdf")
    for number in range(10):
        key = {"PK": {"S": f"SESSION#{number}"}, "SK": {"S": "META"}}
        dynamodb.put_item(TableName=TABLE, Item=key)
    aws.client("secretsmanager").put_secret_value(
        SecretId="spec-wizard/dev/openai-api-key", SecretString="sk-seeded0123456789"
    )


def _held(here: Checkout) -> dict[str, dict[str, Any]]:
    """What a dry run says is held, by kind and name."""
    output = here.ops("--local", "destroy", "dev", "--dry-run", "--json")
    return {f"{one['kind']} {one['name']}": one for one in json.loads(output[output.index("{\n") :])["data"]}


def test_a_dry_run_counts_what_would_be_lost_and_loses_nothing(here: Checkout, aws: LocalAws) -> None:
    scanned = aws.client("dynamodb").scan(TableName=TABLE, Select="COUNT")["Count"]
    before = _held(here)[f"bucket {BUCKET}"]["figures"]
    _fill(aws)
    held = _held(here)
    bucket, table = held[f"bucket {BUCKET}"], held[f"table {TABLE}"]
    assert bucket["exact"]
    assert {name: count - before[name] for name, count in bucket["figures"].items()} == {
        "objects": OBJECTS - DELETED,
        "versions": OBJECTS,
        "markers": DELETED,
        "bytes": OBJECTS,
        "uploads": 1,
    }
    assert (table["figures"], table["exact"]) == ({"items": scanned + 10}, True)
    assert held["secret spec-wizard/dev/openai-api-key"]["figures"] == {"values": 1}
    output = here.ops("--local", "destroy", "dev", "--dry-run")
    assert f"table {TABLE}: {scanned + 10} items" in output
    assert "Nothing was changed" in output
    assert len(left_over(aws, "dev")) > 100


def test_a_table_that_a_restore_left_is_counted_too(here: Checkout, aws: LocalAws) -> None:
    """As `ops restore table` leaves it: it is in no state, so Terraform would not destroy it."""
    dynamodb = aws.client("dynamodb")
    keys = {"PK": "HASH", "SK": "RANGE"}
    dynamodb.create_table(
        TableName=f"{TABLE}-r2",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=f"{TABLE}-r2")
    dynamodb.put_item(TableName=f"{TABLE}-r2", Item={name: {"S": "kept"} for name in keys})
    held = _held(here)[f"table {TABLE}-r2"]
    assert held["figures"] == {"items": 1}
    assert held["note"] == "of a restore, in no state"


@pytest.mark.parametrize("options", [["--yes"], ["--confirm", "staging"], []], ids=str)
def test_without_its_name_nothing_is_destroyed(here: Checkout, aws: LocalAws, options: list[str]) -> None:
    before = left_over(aws, "dev")
    here.ops("--local", "destroy", "dev", *options, code=ExitCode.USAGE)
    assert left_over(aws, "dev") == before


def _versions(aws: LocalAws) -> int:
    pages = aws.client("s3").get_paginator("list_object_versions").paginate(Bucket=BUCKET)
    return sum(len(page.get(kind, ())) for page in pages for kind in ("Versions", "DeleteMarkers"))


def test_killed_while_it_empties_the_bucket(here: Checkout, aws: LocalAws) -> None:
    """Part of the objects is gone, everything else is there, and the state is not locked."""
    total, before = _versions(aws), left_over(aws, "dev")
    with elsewhere.EMPTYING.survived() as struck:
        with here.started("--local", "destroy", "dev", "--confirm", "dev") as process:
            wait_for(process, f"{BUCKET}: 1,000 of ")
            os.killpg(process.pid, signal.SIGKILL)
        struck("1,000 versions are gone")
        assert 0 < _versions(aws) < total
        assert left_over(aws, "dev") == before
        assert "not locked" in here.ops("--local", "state", "lock", "dev")


def test_run_again_it_goes_on_and_tells_what_is_left(here: Checkout, aws: LocalAws, drill: Drill) -> None:
    """What a service wrote late is removed; what nobody knows the origin of is named, and stays."""
    items = aws.client("dynamodb").scan(TableName=TABLE, Select="COUNT")["Count"]
    drill.loses(
        f"on purpose: {len(left_over(aws, 'dev'))} things of dev, with {items} items, and {_versions(aws):,} "
        "versions that a killed run had left"
    )
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/spec-wizard-dev-connect")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    aws.client("iam").create_role(
        RoleName="spec-wizard-dev-lost",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    output = here.ops("--local", "destroy", "dev", "--confirm", "dev", code=ExitCode.INCOMPLETE)
    assert f"{BUCKET} is empty" in output
    assert "removed  log group: /aws/lambda/spec-wizard-dev-connect" in output
    assert "LEFT     role: spec-wizard-dev-lost" in output
    assert "Items of the DynamoDB table of the Specification Wizard (dev): AWS deletes it on " in output
    left = left_over(aws, "dev")
    assert left == ["role: spec-wizard-dev-lost"]
    drill.gets_back(f"nothing; left is only what somebody else made: {', '.join(left)}")


def test_once_nothing_is_left_it_says_so(here: Checkout, aws: LocalAws) -> None:
    """With nothing in the state it needs no name, because it takes nothing."""
    here.ops("--local", "destroy", "dev", code=ExitCode.INCOMPLETE)
    aws.client("iam").delete_role(RoleName="spec-wizard-dev-lost")
    output = here.ops("--local", "destroy", "dev")
    assert "Nothing of dev is in its state." in output
    assert "Nothing of dev is left." in output


def test_what_is_not_deployed_cannot_drift(here: Checkout) -> None:
    assert "dev is not deployed" in here.ops("--local", "drift", "dev", code=ExitCode.STATE)


def test_then_the_account_goes_and_every_service_is_empty(
    here: Checkout, aws: LocalAws, drill: Drill
) -> None:
    drill.loses(f"on purpose: {len(project(aws))} things of the account")
    unprotected = {"DELETION_PROTECTION": "false"}
    here.cdktf("deploy", "account", "--auto-approve", **unprotected)
    output = here.ops("--local", "destroy", "account", "--confirm", "account", **unprotected)
    assert "Nothing of account is left." in output
    left = project(aws)
    assert left == []
    drill.gets_back(f"nothing: {len(left)} things are left")

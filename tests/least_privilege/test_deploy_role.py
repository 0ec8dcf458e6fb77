"""Pipelines' roles are enough to plan, deploy, prove, look at and destroy dev, and for nothing else.

A workflow's token is exchanged for the role that the account's stack made, and `ops` and real Terraform run
with these credentials alone. The tests are the steps of one story and run in this order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from constructs_lib.ci.permissions import Place
from constructs_lib.ci.policies import plan_services
from constructs_lib.ci.smoke import smoke
from ops import adoption
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws.example import REGION
from ops.mail.sending import SIMULATOR, send
from ops.smoke import Promise, database, email, monitoring, prove
from ops.smoke.deployment import Deployment
from ops.smoke.promises import promises_of
from ops.terraform import Change
from tests.local import checkout
from tests.local.checkout import Checkout
from tests.local.inventory import left_over
from tests.local.managed_policies import without
from tests.local.workflow import Workflow, refused

REPOSITORY = "repo:example/spec-wizard-infra"
ACCOUNT = "123456789012"
STATE = f"spec-wizard-tfstate-{ACCOUNT}-us-east-1"
CHANGED = {"CLOUDFRONT_CACHE_DAYS": "3", "LOG_RETENTION_DAYS": "14"}
BUNDLE = "dev.bundle"
SMOKE_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/spec-wizard-account-deploy-dev-smoke"

PROOFS = {
    "BecomeTheApplication": database.found_again_through_the_index,
    "MailEvents": email.bounce_is_kept,
    "KeyOfMailEvents": email.bounce_is_kept,
    "Errors": monitoring.errors_are_kept,
    "Metrics": monitoring.sessions_are_counted,
}
"""Statement of the deploy role's policy `smoke` -> the proof that fails without it."""

NEEDED = [
    (statement["Sid"], action)
    for statement in smoke(Place(ACCOUNT, REGION, "dev"))
    for action in statement["Action"]
]
"""Every permission of that policy, with its statement."""

LISTING = ("FindBuckets", "ListKeys", "FindDistributions", "ListsOfTheAccount")
OF_TERRAFORM = "kms:ListAliases"
LISTS = [
    (group, statement["Sid"], action)
    for group, statements in plan_services(Place(ACCOUNT, REGION, "*")).items()
    for statement in statements
    for action in statement["Action"]
    if (statement["Sid"] in LISTING and action != OF_TERRAFORM) or action == "iam:ListPolicyTags"
]
"""The permissions that the plan role has for finding alone, with their policies and statements.

Those of AWS Backup are not tried: MiniStack knows no resources of its requests.
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The remote state and the account's stack, as people deploy it."""
    with checkout.running(tmp_path_factory.mktemp("deploy-role")) as made:
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        made.cdktf("deploy", "account", "--auto-approve")
        yield made


@pytest.fixture(scope="module")
def dev(here: Checkout) -> Workflow:
    return Workflow(here, "spec-wizard-account-deploy-dev", f"{REPOSITORY}:environment:dev")


@pytest.fixture(scope="module")
def plan(here: Checkout) -> Workflow:
    return Workflow(here, "spec-wizard-account-plan", f"{REPOSITORY}:pull_request")


@pytest.fixture(scope="module")
def outputs(dev: Workflow) -> dict[str, str]:
    """Of dev, once it is deployed."""
    found: dict[str, str] = json.loads(dev.ops("outputs", "dev", "--json", **CHANGED))
    return found


@pytest.fixture(scope="module")
def made(here: Checkout) -> dict[str, list[Change]]:
    """What a plan without a state would want to create, of all that can be looked for; by stack."""
    found = {}
    for stack in ("account", "dev"):
        state = json.loads(here.terraform(stack, "show", "-json").stdout)
        found[stack] = [
            Change(one["address"], one["type"], ("create",), one["values"], False)
            for one in state["values"]["root_module"]["resources"]
            if one["type"] in adoption.FINDERS
        ]
        assert len(found[stack]) > 10
    return found


def test_a_role_is_given_to_its_own_workflows_only(here: Checkout) -> None:
    for role, subject in (
        ("spec-wizard-account-deploy-dev", f"{REPOSITORY}:environment:staging"),
        ("spec-wizard-account-deploy-dev", f"{REPOSITORY}:pull_request"),
        ("spec-wizard-account-deploy-dev", "repo:example/another:environment:dev"),
        ("spec-wizard-account-plan", f"{REPOSITORY}:ref:refs/heads/feature"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            Workflow(here, role, subject)


def test_the_plan_role_is_enough_to_plan_what_is_not_there_yet(plan: Workflow) -> None:
    """Everything is to create, so everything is looked for: an apply that was cut off may have made it."""
    assert f"Saved: {BUNDLE}" in plan.ops("plan", "dev", "--out", BUNDLE)


def test_the_deploy_role_is_enough_to_apply_what_was_planned(dev: Workflow) -> None:
    dev.ops("deploy", "dev", "--plan", BUNDLE, "--confirm", "dev", "--no-smoke")


def test_and_its_second_plan_is_empty(dev: Workflow) -> None:
    dev.succeed("dev", "plan", "-detailed-exitcode")


def test_the_plan_role_is_enough_to_plan_every_stack(plan: Workflow) -> None:
    plan.synth()
    for stack, expected in (("dev", 0), ("account", 0), ("staging", 2)):
        plan.succeed(stack, "init")
        result = plan.terraform(stack, "plan", "-detailed-exitcode")
        assert result.returncode == expected, stack + result.stdout + result.stderr


def test_the_plan_role_changes_nothing_and_reads_no_data(plan: Workflow) -> None:
    key = {"PK": {"S": "SESSION#1"}, "SK": {"S": "META"}}
    assert refused(plan.client("dynamodb").get_item, TableName="spec-wizard-sessions-dev", Key=key)
    assert refused(plan.client("secretsmanager").get_secret_value, SecretId="spec-wizard/dev/openai-api-key")
    assert refused(plan.client("s3").put_object, Bucket=STATE, Key="dev/terraform.tfstate", Body=b"{}")
    assert refused(plan.client("ssm").delete_parameter, Name="/spec-wizard/dev/aws_region")


def test_the_deploy_role_is_enough_to_change(here: Checkout, dev: Workflow) -> None:
    here.ops("--local", "signing-key", "create", "dev")  # by people, whose secret it is
    dev.synth(**CHANGED)
    assert "0 destroyed" in dev.succeed("dev", "apply", "-auto-approve")
    dev.succeed("dev", "plan", "-detailed-exitcode")


def test_the_plan_role_is_enough_to_look_for_drift(plan: Workflow) -> None:
    for stack in ("dev", "account"):
        assert f"Nothing of {stack} was changed outside Terraform." in plan.ops("drift", stack, **CHANGED)


def test_the_plan_role_is_enough_to_plan_the_account_as_pull_requests_do(plan: Workflow) -> None:
    output = plan.ops(
        "plan", "account", "--out", BUNDLE, "--lock-timeout", "10m", ENVIRONMENT="dev,staging,prod"
    )
    assert "account: no changes" in output


def test_the_deploy_role_is_enough_to_prove_what_it_deployed(here: Checkout, dev: Workflow) -> None:
    here.ops("--local", "alarms", "confirm", "dev")  # by whom the alarms go to
    output = dev.ops("deploy", "dev", "--yes", **CHANGED)
    assert "Nothing to apply" in output
    assert output.count("  pass ") == len(promises_of({"cloudfront_domain": "there is a distribution"}))


@pytest.mark.parametrize(("sid", "action"), NEEDED)
def test_without_any_permission_of_the_smoke_a_proof_fails(
    here: Checkout, dev: Workflow, outputs: dict[str, str], sid: str, action: str
) -> None:
    """The rest of it passes with what Terraform needs."""
    promise = Promise("", sid, PROOFS[sid])
    with dev.in_this_process():
        deployment = Deployment("dev", outputs)
        # Somebody else's event, which a proof of mail has to put back.
        send(deployment.application("sesv2"), outputs, "export", f"success@{SIMULATOR}")
        with without(here.local_aws.client("iam"), SMOKE_POLICY, sid, action):
            (result,) = prove(Deployment("dev", outputs), [promise])
    assert not result.held
    assert "AccessDenied" in result.seen
    assert action.partition(":")[2].removesuffix("Message") in result.seen


@pytest.mark.parametrize("stack", ["account", "dev"])
def test_what_an_apply_that_was_cut_off_made_is_found_by_the_roles(
    stack: str, plan: Workflow, dev: Workflow, made: dict[str, list[Change]]
) -> None:
    """Were it missing in the state: `ops plan` and `ops deploy` import it."""
    for role in (plan, dev) if stack == "dev" else (plan,):
        with role.in_this_process():
            found = adoption.find(made[stack], stack, REGION)
        assert sorted(found) == sorted(change.address for change in made[stack])


@pytest.mark.parametrize(("group", "sid", "action"), LISTS)
def test_without_any_list_something_is_not_found(
    here: Checkout, plan: Workflow, made: dict[str, list[Change]], group: str, sid: str, action: str
) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/spec-wizard-account-plan-{group}"
    of_service = f"aws_{action.partition(':')[0]}_"
    asked = [change for changes in made.values() for change in changes if change.type.startswith(of_service)]
    with (
        plan.in_this_process(),
        without(here.local_aws.client("iam"), arn, sid, action),
        pytest.raises(OpsError) as caught,
    ):
        adoption.find(asked, "dev", REGION)
    assert caught.value.code is ExitCode.AUTHENTICATION
    assert action.partition(":")[2].removesuffix("AllMyBuckets") in caught.value.message


def test_it_reaches_nothing_of_another_environment(dev: Workflow) -> None:
    dynamodb, s3, kms = dev.client("dynamodb"), dev.client("s3"), dev.client("kms")
    lock = {"LockID": {"S": f"{STATE}/staging/terraform.tfstate"}}
    assert refused(dynamodb.get_item, TableName="spec-wizard-tflock", Key=lock)
    assert refused(dynamodb.put_item, TableName="spec-wizard-tflock", Item=lock)
    assert refused(s3.get_object, Bucket=STATE, Key="staging/terraform.tfstate")
    assert refused(s3.put_object, Bucket=STATE, Key="account/terraform.tfstate", Body=b"{}")
    assert refused(dynamodb.describe_table, TableName="spec-wizard-sessions-staging")
    assert refused(dynamodb.delete_table, TableName="spec-wizard-sessions-staging")
    tags = {"Project": "spec-wizard", "Environment": "staging"}
    assert refused(kms.create_key, Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])
    assert "Forbidden" in dev.terraform("staging", "init").stderr


def test_it_reaches_nothing_of_the_account(here: Checkout, dev: Workflow) -> None:
    (audit,) = [
        alias["TargetKeyId"]
        for alias in here.local_aws.client("kms").list_aliases()["Aliases"]
        if alias["AliasName"] == "alias/spec-wizard-account-audit"
    ]
    kms = dev.client("kms")
    assert refused(kms.schedule_key_deletion, KeyId=audit)
    assert refused(
        kms.tag_resource,
        KeyId=audit,
        Tags=[
            {"TagKey": "Project", "TagValue": "spec-wizard"},
            {"TagKey": "Environment", "TagValue": "dev"},
        ],
    )
    assert refused(dev.client("cloudtrail").stop_logging, Name="spec-wizard-audit")
    assert refused(dev.client("s3").put_object, Bucket=f"spec-wizard-audit-{ACCOUNT}", Key="AWSLogs/x")


def test_it_cannot_widen_itself(dev: Workflow) -> None:
    iam = dev.client("iam")
    everything = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )
    own = {"RoleName": "spec-wizard-account-deploy-dev"}
    assert refused(iam.put_role_policy, **own, PolicyName="more", PolicyDocument=everything)
    new = {"RoleName": "spec-wizard-dev-more", "AssumeRolePolicyDocument": trust}
    assert refused(iam.create_role, **new)
    assert refused(
        iam.create_role,
        **new,
        PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/spec-wizard-account-plan-state",
    )
    application = {"RoleName": "spec-wizard-dev-application"}
    assert refused(iam.delete_role_permissions_boundary, **application)
    # What it may write is worth no more than the boundary.
    iam.put_role_policy(**application, PolicyName="more", PolicyDocument=everything)
    iam.delete_role_policy(**application, PolicyName="more")


def test_the_deploy_role_is_enough_to_destroy(here: Checkout, dev: Workflow) -> None:
    assert "Destroy complete!" in dev.succeed("dev", "destroy", "-auto-approve")
    # The pipeline's own role has dev in its name, too.
    assert [name for name in left_over(here.local_aws, "dev") if "-account-" not in name] == []

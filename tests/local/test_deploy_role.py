"""Pipelines' roles are enough to plan, deploy, prove, look at and destroy dev, and for nothing else.

A workflow's token is exchanged for the role that the account's stack made, and `ops` and real Terraform run
with these credentials alone. The tests are the steps of one story and run in this order.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.ci.permissions import Place
from constructs_lib.ci.smoke import smoke
from ops import adoption, paths
from ops.local_aws import deployer
from ops.local_aws.example import EXAMPLE_VALUES, REGION
from ops.mail.sending import SIMULATOR, send
from ops.paths import ROOT
from ops.smoke import Promise, database, email, monitoring, prove
from ops.smoke.deployment import Deployment
from ops.terraform import Change, binary
from tests.local import checkout
from tests.local.checkout import Checkout
from tests.local.inventory import left_over
from tests.local.managed_policies import without

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


def _token(subject: str) -> str:
    """A workflow's token with GitHub's claims."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": subject,
        "iat": now,
        "exp": now + 600,
    }
    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


class Workflow:
    """A run of a workflow: what Terraform and clients do with the credentials of its role."""

    def __init__(self, here: Checkout, role: str, subject: str) -> None:
        self._here = here
        answer = here.local_aws.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            RoleSessionName="workflow",
            WebIdentityToken=_token(subject),
        )
        self._credentials = answer["Credentials"]

    def environ(self, **changes: str) -> dict[str, str]:
        credentials = {
            "AWS_ACCESS_KEY_ID": self._credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._credentials["SessionToken"],
        }
        return {
            **self._here.local_aws.client_environment(self._here.environ()),
            **EXAMPLE_VALUES,
            **credentials,
            **changes,
        }

    def ops(self, *arguments: str, code: int = 0, **changes: str) -> str:
        """The output of a command of `ops`, as the workflows call it."""
        command = str(self._here.root / ".venv/bin/ops")
        return self._here.run(command, *arguments, code=code, environ=self.environ(**changes))

    def synth(self, **changes: str) -> None:
        """Every stack, with these changes of the configuration."""
        python = str(self._here.root / ".venv/bin/python")
        self._here.run(python, "main.py", environ=self.environ(**changes))

    def terraform(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [binary(), *arguments, "-no-color", "-input=false"],
            cwd=self._here.root / paths.stack_directory(stack).relative_to(ROOT),
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, stack: str, *arguments: str) -> str:
        """The output of a Terraform command that ends well."""
        result = self.terraform(stack, *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def client(self, service: str) -> Any:
        key = deployer.AccessKey(self._credentials["AccessKeyId"], self._credentials["SecretAccessKey"])
        environ = self.environ()
        return deployer.client(
            service,
            key,
            environ["AWS_ENDPOINT_URL"],
            Path(environ["AWS_CA_BUNDLE"]),
            token=self._credentials["SessionToken"],
        )

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        """boto3 here, too, has its credentials and nothing else."""
        with pytest.MonkeyPatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                patched.delenv(name)
            for name, value in self.environ().items():
                patched.setenv(name, value)
            yield


def _refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether the call is refused for a missing permission, and for no other reason."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "403")
    return False


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
    assert _refused(plan.client("dynamodb").get_item, TableName="spec-wizard-sessions-dev", Key=key)
    assert _refused(plan.client("secretsmanager").get_secret_value, SecretId="spec-wizard/dev/openai-api-key")
    assert _refused(plan.client("s3").put_object, Bucket=STATE, Key="dev/terraform.tfstate", Body=b"{}")
    assert _refused(plan.client("ssm").delete_parameter, Name="/spec-wizard/dev/aws_region")


def test_the_deploy_role_is_enough_to_change(here: Checkout, dev: Workflow) -> None:
    here.ops("--local", "signing-key", "create", "dev")  # by people, whose secret it is
    dev.synth(**CHANGED)
    assert "0 destroyed" in dev.succeed("dev", "apply", "-auto-approve")
    dev.succeed("dev", "plan", "-detailed-exitcode")


def test_the_plan_role_is_enough_to_look_for_drift(plan: Workflow) -> None:
    assert "Nothing of dev was changed outside Terraform." in plan.ops("drift", "dev", **CHANGED)


def test_the_deploy_role_is_enough_to_prove_what_it_deployed(here: Checkout, dev: Workflow) -> None:
    here.ops("--local", "alarms", "confirm", "dev")  # by whom the alarms go to
    output = dev.ops("deploy", "dev", "--yes", **CHANGED)
    assert "Nothing to apply" in output
    assert output.count("  pass ") > 20
    assert "FAIL" not in output


@pytest.mark.parametrize(("sid", "action"), NEEDED)
def test_without_any_permission_of_the_smoke_a_proof_fails(
    here: Checkout, dev: Workflow, sid: str, action: str
) -> None:
    """The rest of it passes with what Terraform needs."""
    outputs = json.loads(dev.ops("outputs", "dev", "--json", **CHANGED))
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
    here: Checkout, stack: str, plan: Workflow, dev: Workflow
) -> None:
    """Were it missing in the state: `ops plan` and `ops deploy` import it."""
    resources = json.loads(here.terraform(stack, "show", "-json").stdout)["values"]["root_module"]
    changes = [
        Change(one["address"], one["type"], ("create",), one["values"], False)
        for one in resources["resources"]
        if one["type"] in adoption.FINDERS
    ]
    assert len(changes) > 10
    for role in (plan, dev) if stack == "dev" else (plan,):
        with role.in_this_process():
            found = adoption.find(changes, stack, REGION)
        assert sorted(found) == sorted(change.address for change in changes)


def test_it_reaches_nothing_of_another_environment(dev: Workflow) -> None:
    dynamodb, s3, kms = dev.client("dynamodb"), dev.client("s3"), dev.client("kms")
    lock = {"LockID": {"S": f"{STATE}/staging/terraform.tfstate"}}
    assert _refused(dynamodb.get_item, TableName="spec-wizard-tflock", Key=lock)
    assert _refused(dynamodb.put_item, TableName="spec-wizard-tflock", Item=lock)
    assert _refused(s3.get_object, Bucket=STATE, Key="staging/terraform.tfstate")
    assert _refused(s3.put_object, Bucket=STATE, Key="account/terraform.tfstate", Body=b"{}")
    assert _refused(dynamodb.describe_table, TableName="spec-wizard-sessions-staging")
    assert _refused(dynamodb.delete_table, TableName="spec-wizard-sessions-staging")
    tags = {"Project": "spec-wizard", "Environment": "staging"}
    assert _refused(kms.create_key, Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])
    assert "Forbidden" in dev.terraform("staging", "init").stderr


def test_it_reaches_nothing_of_the_account(here: Checkout, dev: Workflow) -> None:
    (audit,) = [
        alias["TargetKeyId"]
        for alias in here.local_aws.client("kms").list_aliases()["Aliases"]
        if alias["AliasName"] == "alias/spec-wizard-account-audit"
    ]
    kms = dev.client("kms")
    assert _refused(kms.schedule_key_deletion, KeyId=audit)
    assert _refused(
        kms.tag_resource,
        KeyId=audit,
        Tags=[
            {"TagKey": "Project", "TagValue": "spec-wizard"},
            {"TagKey": "Environment", "TagValue": "dev"},
        ],
    )
    assert _refused(dev.client("cloudtrail").stop_logging, Name="spec-wizard-audit")
    assert _refused(dev.client("s3").put_object, Bucket=f"spec-wizard-audit-{ACCOUNT}", Key="AWSLogs/x")


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
    assert _refused(iam.put_role_policy, **own, PolicyName="more", PolicyDocument=everything)
    new = {"RoleName": "spec-wizard-dev-more", "AssumeRolePolicyDocument": trust}
    assert _refused(iam.create_role, **new)
    assert _refused(
        iam.create_role,
        **new,
        PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/spec-wizard-account-plan-state",
    )
    application = {"RoleName": "spec-wizard-dev-application"}
    assert _refused(iam.delete_role_permissions_boundary, **application)
    # What it may write is worth no more than the boundary.
    iam.put_role_policy(**application, PolicyName="more", PolicyDocument=everything)
    iam.delete_role_policy(**application, PolicyName="more")


def test_the_deploy_role_is_enough_to_destroy(here: Checkout, dev: Workflow) -> None:
    assert "Destroy complete!" in dev.succeed("dev", "destroy", "-auto-approve")
    # The pipeline's own role has dev in its name, too.
    assert [name for name in left_over(here.local_aws, "dev") if "-account-" not in name] == []

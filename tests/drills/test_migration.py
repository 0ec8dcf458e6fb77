"""From the CDK stacks to this project, with all data; then from CDK for Terraform to plain Terraform.

The tests are the steps of one story, those of docs/MIGRATION.md and docs/exit-path.md, and run in this order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.exit_codes import ExitCode
from ops.local_aws import deployer
from ops.local_aws.deployer import AccessKey
from ops.terraform import binary
from tests.drills import elsewhere
from tests.drills.ledger import Drill
from tests.local import cdk_stacks, checkout
from tests.local.checkout import Checkout

TABLE, BUCKET = "spec-wizard-sessions-dev", "spec-wizard-exports-dev-123456789012"
OPENAI, ANTHROPIC = "spec-wizard/dev/openai-api-key", "spec-wizard-dev-anthropic"
VALUE = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"
ITEMS = [
    {
        "PK": {"S": f"SESSION#{number}"},
        "SK": {"S": "META"},
        "GSI1PK": {"S": f"MAGIC#{number}"},
        "GSI1SK": {"S": f"SESSION#{number}"},
        "expiresAt": {"N": "4102444800"},
    }
    for number in range(40)
]
STACKS: list[str] = []
KEYS: dict[str, str] = {}
TO_RETAIN: dict[str, list[str]] = {}
IMPORTS: list[str] = []
"""What the story has made and found so far."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with checkout.running(tmp_path_factory.mktemp("migration")) as made:
        (made.root / ".env.dev").write_text("DYNAMODB_POINT_IN_TIME_RECOVERY=true\n")
        yield made


def look(here: Checkout, environment: str = "dev", code: int = 0, **changes: str) -> dict[str, Any]:
    output = here.ops("--local", "migrate", environment, "--from-cdk", "--json", code=code, **changes)
    found, _ = json.JSONDecoder().raw_decode(output[output.index("{") :])
    return dict(found)


def fates(found: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(row["kind"].rpartition("::")[2], row["name"]): row["fate"] for row in found["resources"]}


def as_application(here: Checkout, service: str) -> Any:
    """A client under the application's role."""
    answer = here.local_aws.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/spec-wizard-dev-application", RoleSessionName="test"
    )["Credentials"]
    environ = here.local_aws.environment()
    return deployer.client(
        service,
        AccessKey(answer["AccessKeyId"], answer["SecretAccessKey"]),
        environ["AWS_ENDPOINT_URL"],
        Path(environ["AWS_CA_BUNDLE"]),
        token=answer["SessionToken"],
    )


def assert_data_was_not_touched(here: Checkout) -> None:
    """As the old application left it, whoever may read it by now."""
    assert here.local_aws.client("dynamodb").scan(TableName=TABLE)["Count"] == len(ITEMS)
    assert_old_data_is_whole(here)


def assert_old_data_is_whole(here: Checkout) -> None:
    """Whatever was written beside it."""
    client = here.local_aws.client
    for item in ITEMS:
        key = {"PK": item["PK"], "SK": item["SK"]}
        assert client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"] == item
    assert client("s3").get_object(Bucket=BUCKET, Key="old/one.pdf")["Body"].read() == b"second"
    assert len(client("s3").list_object_versions(Bucket=BUCKET, Prefix="old/")["Versions"]) == 2
    assert client("secretsmanager").get_secret_value(SecretId=OPENAI)["SecretString"] == VALUE


def assert_data_is_there(here: Checkout) -> None:
    """Everything that the old application wrote, read by the new one's role."""
    table, s3 = as_application(here, "dynamodb"), as_application(here, "s3")
    for item in ITEMS:
        assert table.get_item(TableName=TABLE, Key={"PK": item["PK"], "SK": item["SK"]})["Item"] == item
    found = table.query(
        TableName=TABLE,
        IndexName="GSI1",
        KeyConditionExpression="GSI1PK = :token",
        ExpressionAttributeValues={":token": {"S": "MAGIC#7"}},
    )
    assert found["Items"] == [ITEMS[7]]
    assert s3.get_object(Bucket=BUCKET, Key="old/one.pdf")["Body"].read() == b"second"
    versions = here.local_aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix="old/")["Versions"]
    read = {
        here.local_aws.client("s3")
        .get_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])["Body"]
        .read()
        for version in versions
    }
    assert read == {b"first", b"second"}
    secret = as_application(here, "secretsmanager").get_secret_value(SecretId=OPENAI)
    assert secret["SecretString"] == VALUE


def plan_is_empty(directory: Path, here: Checkout) -> None:
    plan = subprocess.run(
        [binary(), "plan", "-input=false", "-detailed-exitcode", "-no-color"],
        cwd=directory,
        env=here.local_aws.client_environment(here.environ()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert plan.returncode == 0, plan.stdout + plan.stderr


def test_the_old_application_runs_and_holds_data(here: Checkout) -> None:
    here.ops("local", "start")
    STACKS.extend(cdk_stacks.create(here.local_aws, "dev"))
    table, s3 = here.local_aws.client("dynamodb"), here.local_aws.client("s3")
    secrets = here.local_aws.client("secretsmanager")
    for item in ITEMS:
        table.put_item(TableName=TABLE, Item=item)
    for body in (b"first", b"second"):
        s3.put_object(Bucket=BUCKET, Key="old/one.pdf", Body=body)
    for name in (OPENAI, ANTHROPIC):
        secrets.put_secret_value(SecretId=name, SecretString=VALUE)
    KEYS["table"] = table.describe_table(TableName=TABLE)["Table"]["SSEDescription"]["KMSMasterKeyArn"]
    KEYS["objects"] = s3.head_object(Bucket=BUCKET, Key="old/one.pdf")["SSEKMSKeyId"]
    logs = here.local_aws.client("logs")
    logs.create_log_stream(logGroupName="/spec-wizard/dev/application", logStreamName="old")
    here.ops("--local", "bootstrap", "dev")


def test_each_old_resource_is_found_and_nothing_is_changed(here: Checkout) -> None:
    found = look(here, DYNAMODB_POINT_IN_TIME_RECOVERY="false")
    TO_RETAIN.update(found["not_retained"])
    IMPORTS.extend(found["imports"])
    known = fates(found)
    table_key, objects_key = (KEYS[name].rpartition("/")[2] for name in ("table", "objects"))
    imported = {name for name, fate in known.items() if fate == "import"}
    assert imported == {
        ("Table", TABLE),
        ("Bucket", BUCKET),
        ("Key", table_key),
        ("Key", objects_key),
        ("Secret", OPENAI),
        ("LogGroup", "/spec-wizard/dev/application"),
        ("ConfigurationSet", "spec-wizard-dev"),
        ("Template", "spec-wizard-dev-export"),
        ("Topic", "arn:aws:sns:us-east-1:123456789012:spec-wizard-dev-alarms"),
    }
    assert known["Secret", ANTHROPIC] == "leave"
    assert known["LogGroup", "/aws/spec-wizard/dev/error"] == "leave"
    anew = {kind for (kind, _), fate in known.items() if fate == "make anew"}
    assert {"Distribution", "CloudFrontOriginAccessIdentity", "Api", "Alarm", "Role", "Alias"} <= anew
    assert len(known) == len(found["resources"]) == 23
    assert found["refused"] == []
    assert [line for line in found["weakened"] if "point-in-time recovery" in line] == found["weakened"]
    assert len(found["weakened"]) == 1
    assert " to replace" not in found["plan"]
    assert " to delete" not in found["plan"]
    assert VALUE not in json.dumps(found)
    assert here.local_aws.client("iam").list_roles()["Roles"][0]["RoleName"].startswith("SpecWizard-")


def test_a_table_with_another_key_is_refused(here: Checkout) -> None:
    """Of another environment; a second table beside it is the way out."""
    cdk_stacks.create(here.local_aws, "staging", key=("pk", "sk"))
    message = here.ops("--local", "migrate", "staging", "--from-cdk", code=ExitCode.PROTECTED)
    assert "pk (S) + sk (S)" in message
    assert "DYNAMODB_TABLE_GENERATION=2" in message
    told = re.search(r"aws dynamodb create-table --cli-input-json '(.+)'", message)
    assert told, message
    here.local_aws.client("dynamodb").create_table(**json.loads(told[1]))
    found = look(here, "staging", DYNAMODB_TABLE_GENERATION="2")
    assert found["refused"] == []
    assert fates(found)["Table", "spec-wizard-sessions-staging"] == "leave"
    assert " to replace" not in found["plan"]


def test_the_old_stacks_leave_behind_what_stays(here: Checkout) -> None:
    output = here.ops("--local", "migrate", "dev", "--from-cdk", "--retain", "--yes")
    assert "SpecWizard-SecurityStack-dev leaves behind" in output
    again = here.ops("--local", "migrate", "dev", "--from-cdk", "--retain", "--yes")
    assert "take nothing along" in again
    assert TO_RETAIN["SpecWizard-DatabaseStack-dev"] == ["SessionsTable"]
    assert TO_RETAIN["SpecWizard-StorageStack-dev"] == [
        "ExportsBucket",
        "ExportsBucketAutoDelete",
        "ExportsBucketPolicy",
    ]


def test_the_account_comes_first(here: Checkout) -> None:
    refused = here.ops("--local", "migrate", "dev", "--from-cdk", "--apply", "--yes", code=ExitCode.STATE)
    assert "cdktf deploy account" in refused
    account = ("--local", "migrate", "account", "--from-cdk", "--apply")
    assert "its name has to be given" in here.ops(*account, "--yes", code=ExitCode.PROTECTED)
    output = here.ops(*account, "--confirm", "account")
    assert "a verification     AWS::SES::EmailIdentity example.com  aws_sesv2_email_identity." in output


def test_a_killed_apply_goes_on(here: Checkout) -> None:
    """Each run takes over what the one before has made; the last one, in the next test, ends it."""
    command = ("--local", "migrate", "dev", "--from-cdk", "--apply", "--yes")
    with elsewhere.MIGRATION.survived() as struck:
        for share in elsewhere.drawn(elsewhere.MIGRATION):
            struck(elsewhere.killed_in_apply(here, share, *command))
            elsewhere.make_good(here, "dev")
            assert_data_was_not_touched(here)


def test_the_plan_that_was_judged_is_applied(here: Checkout) -> None:
    output = here.ops("--local", "migrate", "dev", "--from-cdk", "--plan", "--apply", "--yes")
    assert "Nothing that holds data would be destroyed or replaced." in output
    assert VALUE not in output
    assert_data_is_there(here)
    assert (here.root / "cdktf.out/stacks/dev/dev_imports.tf.json").exists() is False


def test_what_is_deployed_beside_the_old_stacks_keeps_its_promises(here: Checkout) -> None:
    here.ops("--local", "signing-key", "create", "dev")
    here.cdktf("deploy", "dev", "--auto-approve")
    here.ops("--local", "alarms", "confirm", "dev")
    here.ops("--local", "smoke", "dev")
    here.ops("--local", "chat", "dev", "-m", "Hello")
    assert_data_is_there(here)


def test_the_keys_are_those_that_encrypted_the_data(here: Checkout) -> None:
    kms = here.local_aws.client("kms")
    for purpose, arn in KEYS.items():
        facts = kms.describe_key(KeyId=f"alias/spec-wizard-dev-{purpose}")["KeyMetadata"]
        assert (facts["Arn"], facts["KeyState"]) == (arn, "Enabled")


def test_without_the_old_stacks_the_data_is_still_there(here: Checkout, drill: Drill) -> None:
    """Theirs was a bucket policy, and a function that empties the bucket."""
    found = look(here)
    assert (found["changed"], found["plan"], found["not_retained"]) == ([], "no changes", {})
    assert fates(found)["Table", TABLE] == fates(found)["Secret", OPENAI] == "imported"
    policy = here.local_aws.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
    drill.loses(f"{len(STACKS)} CDK stacks, deleted on purpose")
    cdk_stacks.delete(here.local_aws, STACKS)
    assert here.local_aws.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"] == policy
    assert_data_is_there(here)
    secrets = here.local_aws.client("secretsmanager")
    assert secrets.get_secret_value(SecretId=ANTHROPIC)["SecretString"] == VALUE
    assert here.local_aws.client("sesv2").get_email_identity(EmailIdentity="example.com")
    items = here.local_aws.client("dynamodb").scan(TableName=TABLE, Select="COUNT")["Count"]
    versions = here.local_aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix="old/")["Versions"]
    drill.gets_back(
        f"{items} of {len(ITEMS)} items, {len(versions)} versions of an object and the API key, all read by "
        "the new application's role"
    )


def test_afterwards_there_is_nothing_to_do(here: Checkout) -> None:
    found = look(here)
    assert (found["plan"], found["imports"], found["refused"]) == ("no changes", {}, [])
    assert "No changes." in here.cdktf("diff", "dev")
    here.ops("--local", "smoke", "dev")


def test_a_state_that_was_lost_is_written_to_a_file_and_imported_by_cdktf(
    here: Checkout, drill: Drill
) -> None:
    """--write is for `cdktf deploy`: the blocks lie beside the stack, and are read once."""
    directory = here.root / "cdktf.out/stacks/dev"
    lost = _addresses(here, "aws_dynamodb_table")
    drill.loses(f"{', '.join(lost)}, removed from the state")
    removed = here.terraform("dev", "state", "rm", *lost)
    assert removed.returncode == 0, removed.stderr
    output = here.ops("--local", "migrate", "dev", "--from-cdk", "--write", "cdktf.out/stacks/dev")
    assert "dev_imports.tf.json" in output
    difference = here.cdktf("diff", "dev")
    assert "1 to import, 0 to add" in difference, difference
    here.cdktf("deploy", "dev", "--auto-approve")
    (directory / "dev_imports.tf.json").unlink()
    plan_is_empty(directory, here)
    assert_data_is_there(here)
    back = _addresses(here, "aws_dynamodb_table")
    assert back == lost
    drill.gets_back(f"{', '.join(back)}, imported by a deploy, with its data; an empty plan")


def _addresses(here: Checkout, type_: str) -> list[str]:
    listed = here.terraform("dev", "state", "list").stdout.splitlines()
    return [address for address in listed if address.startswith(f"{type_}.")]


def test_plain_terraform_has_nothing_to_change_in_the_hcl(here: Checkout, drill: Drill) -> None:
    """Of docs/exit-path.md, in a folder of its own, with the same backend."""
    steps = _commands("docs/exit-path.md")
    environ = here.environ()
    environ["PATH"] = f"{here.root / '.venv/bin'}:{Path(binary()).parent}:{os.environ['PATH']}"
    assert steps[0] == "cdktf synth --hcl -o exit"
    script = "\n".join(["set -e", 'eval "$(ops local env)"', *steps])
    drill.loses("CDK for Terraform, given up")
    output = here.run("bash", "-c", script, environ=environ)
    unchanged = output.count("No changes. Your infrastructure matches the configuration.")
    assert unchanged == 2
    assert "Success! The configuration is valid." in output
    folders = len(list((here.root / "exit/stacks").glob("*/cdk.tf")))
    assert folders
    drill.gets_back(f"{folders} stacks as HCL; {unchanged} plans of plain Terraform, with no changes")


def test_the_way_back_leaves_what_the_old_application_has(here: Checkout) -> None:
    """Of step 4, even now that the old stacks are gone; and the step can be taken again."""
    s3 = here.local_aws.client("s3")
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    listed = here.terraform("dev", "state", "list").stdout.splitlines()
    settings = [address for address in listed if address.startswith("aws_s3_bucket_")]
    removed = here.terraform("dev", "state", "rm", *IMPORTS, *settings)
    assert removed.returncode == 0, removed.stderr
    here.cdktf("destroy", "dev", "--auto-approve")
    assert here.terraform("dev", "state", "list").stdout == ""
    assert_old_data_is_whole(here)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3.get_bucket_policy(Bucket=BUCKET)["Policy"] == policy
    here.ops("--local", "migrate", "dev", "--from-cdk", "--apply", "--yes")
    assert_old_data_is_whole(here)
    assert {*IMPORTS, *settings} <= set(here.terraform("dev", "state", "list").stdout.splitlines())


def _commands(page: str) -> list[str]:
    """The lines of a page's shell blocks."""
    from ops.paths import ROOT

    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in text.split("```sh\n")[1:]]
    return [line for block in blocks for line in block.splitlines() if line.strip()]

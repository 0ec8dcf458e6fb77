"""`make up` from nothing to an applied, answering dev, through everything that may cut it off.

The tests are the steps of one story and run in this order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.exit_codes import ExitCode
from ops.smoke.promises import promises_of
from tests.local import checkout
from tests.local.checkout import Checkout, rest_of, wait_for
from tests.local.inventory import left_over, project

PROMISES = promises_of({"cloudfront_domain": "there is a distribution"})


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with checkout.running(tmp_path_factory.mktemp("up")) as made:
        yield made


def _converge(here: Checkout) -> str:
    """`ops up` until it is done; a lock that was left is cleared with the command that the message names."""
    with here.started("up") as process:
        output = rest_of(process, timeout_s=300)
    if process.returncode == ExitCode.LOCKED:
        assert "ops --local state unlock dev" in output
        here.ops("--local", "state", "unlock", "dev", "--force", "--yes")
        with here.started("up") as process:
            output = rest_of(process, timeout_s=300)
    assert process.returncode == 0, output
    return output


def test_a_killed_apply_leaves_a_lock_that_is_explained(here: Checkout) -> None:
    with here.started("up") as process:
        wait_for(process, "done aws_dynamodb_table.")
        os.killpg(process.pid, signal.SIGKILL)
        here.kill_terraform()
    message = here.ops("up", code=ExitCode.LOCKED)
    assert "ops --local state unlock dev" in message
    assert "OperationTypeApply" in message
    here.ops("--local", "state", "unlock", "dev", "--yes", code=ExitCode.LOCKED)  # young: its holder may live
    here.ops("--local", "state", "unlock", "dev", "--yes", "--force")


def test_ctrl_c_during_the_apply_ends_in_order(here: Checkout) -> None:
    with here.started("up") as process:
        wait_for(process, "done aws_s3_bucket_public_access_block.")
        process.send_signal(signal.SIGINT)
        output = rest_of(process)
    assert process.returncode == ExitCode.INTERRUPTED, output
    assert "Interrupted." in output
    assert "Traceback" not in output
    assert "not locked" in here.ops("--local", "state", "lock", "dev")


def test_the_local_aws_is_killed_during_the_apply(here: Checkout) -> None:
    with here.started("up") as process:
        wait_for(process, "Terraform apply")
        pid = here.local_aws.status().pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        output = rest_of(process)
    assert process.returncode in (ExitCode.NETWORK, ExitCode.TERRAFORM), output
    assert "Traceback" not in output
    assert "ops local status" in output or "run the command again" in output


def test_up_converges_and_proves_what_it_deployed(here: Checkout) -> None:
    output = _converge(here)
    assert output.count("  pass ") == len(PROMISES)
    assert "  FAIL " not in output
    said = output.partition("Chat, through the WebSocket API")[2].partition("Outputs")[0]
    assert "This is the built-in model speaking" in said
    assert "AWS_ACCOUNT_ID=123456789012" in output
    assert "DYNAMODB_TABLE_NAME=spec-wizard-sessions-dev\n" in output
    assert "S3_BUCKET_NAME=spec-wizard-exports-dev-123456789012\n" in output


def test_the_outputs_are_in_a_private_file(here: Checkout) -> None:
    file = here.root / "outputs/dev.env"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "DYNAMODB_TABLE_NAME=spec-wizard-sessions-dev\n" in file.read_text()
    assert file.read_text() == here.ops("--local", "outputs", "dev")


def test_again_there_is_nothing_to_do(here: Checkout) -> None:
    output = here.ops("up")
    assert output.count("No changes: what is deployed is what is configured.") == 2  # account and dev
    assert "0 of 27 settings" in output
    assert output.count("  pass ") == len(PROMISES)


def test_nothing_of_an_apply_that_was_cut_off_is_left_twice(here: Checkout) -> None:
    kms = here.local_aws.client("kms")
    descriptions = [
        metadata["Description"]
        for key in kms.list_keys()["Keys"]
        if (metadata := kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"])["KeyState"] == "Enabled"
    ]
    assert sorted(descriptions) == sorted(set(descriptions))


def test_cdktf_lists_and_synthesizes_from_any_folder(here: Checkout) -> None:
    listed = here.cdktf("list", folder="constructs_lib")
    stacks = ["account", "dev", "staging", "prod"]
    assert [name for name in stacks if f"cdktf.out/stacks/{name}" in listed] == stacks
    here.cdktf("synth", folder="tests/unit")


def test_cdktf_and_ops_work_on_the_same_state(here: Checkout) -> None:
    difference = here.cdktf("diff", "dev")
    assert "No changes." in difference, difference
    for stack in ("account", "dev"):
        plan = here.terraform(stack, "plan", "-detailed-exitcode")
        assert plan.returncode == 0, plan.stdout


def test_a_changed_setting_is_an_update_of_what_it_is_about(here: Checkout) -> None:
    """The application's log group, that of the function which copies errors, and both of the chat's API."""
    difference = here.cdktf("diff", "dev", LOG_RETENTION_DAYS="7")
    assert "Plan: 0 to add, 4 to change, 0 to destroy." in difference


def test_wrong_configuration_is_told_by_cdktf_too(here: Checkout) -> None:
    message = here.cdktf("diff", "dev", S3_LIFECYCLE_DAYS="20", code=1)
    assert "S3_LIFECYCLE_DAYS" in message
    assert "more than 30 and less than 365" in message


def test_credentials_of_another_account_change_nothing(here: Checkout) -> None:
    other = {"AWS_ACCOUNT_ID": "210987654321", "DOMAIN_NAME": "", "CERTIFICATE_ARN": ""}
    script = 'eval "$(.venv/bin/ops local env)" && export {} && .venv/bin/ops bootstrap dev'
    exports = " ".join(f"{name}={value}" for name, value in other.items())
    message = here.run("sh", "-c", script.format(exports), code=ExitCode.AUTHENTICATION)
    assert "123456789012" in message
    assert "210987654321" in message


def test_smoke_for_programs(here: Checkout) -> None:
    results = json.loads(here.ops("--local", "smoke", "dev", "--json"))
    assert [result["promise"] for result in results] == [promise.text for promise in PROMISES]
    assert [result for result in results if not result["held"]] == []
    concerns = {"database", "security", "storage", "cdn", "email", "websocket", "monitoring"}
    assert {result["concern"] for result in results} == concerns  # all seven


def test_trap_05_and_46_smoke_fails_when_a_promise_is_broken(here: Checkout) -> None:
    """The proof can fail: without its policy the bucket answers plain HTTP, and CloudFront cannot read it."""
    s3, bucket = here.local_aws.client("s3"), "spec-wizard-exports-dev-123456789012"
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    try:
        output = here.ops("--local", "smoke", "dev", code=ExitCode.PROOF)
    finally:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    told = [line for line in output.splitlines() if line.startswith("  FAIL ")]
    assert ["Plain HTTP is refused" in line or "A signed URL shows" in line for line in told] == [True, True]


def test_a_full_disk_leaves_the_old_outputs(here: Checkout) -> None:
    """`outputs` on a file system of 4 KiB that is full."""
    folder = here.root / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting needs root: " + mounted.stderr.decode().strip())
    try:
        target = folder / "dev.env"
        target.write_text("OLD=1\n")
        (folder / "filler").write_bytes(b"x" * 4096)
        message = here.ops("--local", "outputs", "dev", "--write", str(target), code=ExitCode.OUTPUT)
        assert "No space left on device" in message
        assert target.read_text() == "OLD=1\n"
        assert sorted(path.name for path in folder.iterdir()) == ["dev.env", "filler"]
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_cdktf_destroy_leaves_nothing(here: Checkout) -> None:
    """dev alone, its account untouched. (All together, with the account: test_environments.py.)"""
    assert len(left_over(here.local_aws, "dev")) > 30
    others = sorted({*project(here.local_aws)} - {*left_over(here.local_aws, "dev")})
    here.cdktf("destroy", "dev", "--auto-approve")
    assert project(here.local_aws) == others
    message = here.cdktf("destroy", "account", "--auto-approve", code=1)
    assert "dependant stacks are not included" in " ".join(message.split())
    assert project(here.local_aws) == others


def test_down_stops_what_up_started_and_nothing_else(here: Checkout) -> None:
    assert "stopped" in here.ops("down")
    assert not here.local_aws.status().running
    assert "was not running" in here.ops("down")


def test_a_port_in_use_is_named(here: Checkout, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", here.port)):
        message = here.ops("up", code=ExitCode.LOCAL_AWS)
    assert str(here.port) in message
    assert "LOCAL_AWS_PORT" in message

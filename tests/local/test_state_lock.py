"""Real Terraform on the bootstrapped backend, and the lock that a killed run leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from environments import load, naming
from ops import aws, remote_state
from ops.commands import state
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES, REGION
from ops.local_aws.instance import LocalAws
from ops.remote_state import locks
from tests.support.led import lead

BUCKET = naming.state_bucket(ACCOUNT_ID, REGION)
KEY = naming.state_key("dev")
TERRAFORM = os.environ.get("TERRAFORM_BINARY_NAME", "terraform")


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    running = LocalAws(tmp_path_factory.mktemp("state-lock"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def _bootstrapped(instance: LocalAws) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        lead(patch, instance, **EXAMPLE_VALUES)
        list(remote_state.apply(ACCOUNT_ID, REGION))
        yield


@pytest.fixture
def module(tmp_path: Path, instance: LocalAws) -> Callable[[str], Path]:
    """Writes a configuration with the product's backend and one resource that needs no provider."""

    def write(command: str) -> Path:
        endpoint = instance.environment()["AWS_ENDPOINT_URL"]
        backend = {
            "bucket": BUCKET,
            "key": KEY,
            "region": REGION,
            "encrypt": True,
            "kms_key_id": naming.state_kms_key_arn(ACCOUNT_ID, REGION),
            "dynamodb_table": naming.LOCK_TABLE,
            "use_lockfile": True,
            "use_path_style": True,
            "endpoints": dict.fromkeys(("s3", "dynamodb", "sts", "iam"), endpoint),
            "skip_requesting_account_id": True,
            "skip_metadata_api_check": True,
        }
        provisioner = [{"local-exec": {"command": command}}]
        resource = {"terraform_data": {"probe": {"triggers_replace": [command], "provisioner": provisioner}}}
        content = {"terraform": {"backend": {"s3": backend}}, "resource": resource}
        (tmp_path / "main.tf.json").write_text(json.dumps(content))
        return tmp_path

    return write


def terraform(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TERRAFORM, *arguments, "-no-color"], cwd=directory, capture_output=True, text=True, timeout=60
    )


def init(directory: Path) -> None:
    done = terraform(directory, "init", "-input=false")
    assert done.returncode == 0, done.stderr


def kill_an_apply_in_the_middle(directory: Path) -> None:
    run = subprocess.Popen(
        [TERRAFORM, "apply", "-auto-approve", "-no-color"],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while len(locks.read_locks(load("dev"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def digest() -> dict[str, object] | None:
    table = aws.client("dynamodb", REGION)
    found: dict[str, object] | None = table.get_item(
        TableName=naming.LOCK_TABLE, Key={"LockID": {"S": f"{BUCKET}/{KEY}-md5"}}
    ).get("Item")
    return found


def test_terraform_keeps_its_state_on_this_backend_encrypted_with_our_key(
    module: Callable[[str], Path],
) -> None:
    directory = module("true")
    init(directory)
    done = terraform(directory, "apply", "-auto-approve")
    assert done.returncode == 0, done.stderr
    s3, kms = aws.client("s3", REGION), aws.client("kms", REGION)
    head = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert head["ServerSideEncryption"] == "aws:kms"
    found = kms.describe_key(KeyId=head["SSEKMSKeyId"])["KeyMetadata"]["KeyId"]
    assert found == kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["KeyId"]
    lock_files = s3.list_object_versions(Bucket=BUCKET, Prefix=f"{KEY}.tflock")["Versions"]
    sample = s3.head_object(
        Bucket=BUCKET, Key=f"{KEY}.tflock", VersionId=lock_files[0]["VersionId"]
    )  # lock files pass the bucket's policy only with the header
    assert sample["ServerSideEncryption"] == "aws:kms"
    assert locks.read_locks(load("dev")) == []
    assert digest()


def test_the_lock_of_a_killed_apply_is_shown_refused_and_cleared(
    module: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    directory = module("true")
    init(directory)
    assert terraform(directory, "apply", "-auto-approve").returncode == 0
    kill_an_apply_in_the_middle(module("sleep 60"))
    before = digest()

    with pytest.raises(typer.Exit) as shown:
        state.lock("dev")
    assert shown.value.exit_code == ExitCode.LOCKED
    text = capsys.readouterr().out
    assert text.count(", apply, since ") == 2
    assert "in the lock table" in text
    assert "in the lock file" in text

    second = terraform(module("true"), "apply", "-auto-approve")
    assert second.returncode == 1
    assert "Error acquiring the state lock" in second.stderr
    with pytest.raises(OpsError, match="younger than 10 minutes") as refused:
        state.unlock("dev", yes=True)
    assert refused.value.code is ExitCode.LOCKED
    assert len(locks.read_locks(load("dev"))) == 2

    state.unlock("dev", force=True, yes=True)
    assert "dev is not locked any more." in capsys.readouterr().out
    assert digest() == before
    done = terraform(directory, "apply", "-auto-approve")
    assert done.returncode == 0, done.stderr
    state.lock("dev")
    assert "dev is not locked." in capsys.readouterr().out


@pytest.mark.parametrize("place", list(locks.Place))
def test_a_lock_in_one_place_only_is_cleared_too(place: locks.Place) -> None:
    take(place, "11111111-1111-1111-1111-111111111111")
    assert [lock.place for lock in locks.read_locks(load("dev"))] == [place]
    state.unlock("dev", force=True, yes=True)
    assert locks.read_locks(load("dev")) == []


@pytest.mark.parametrize("place", list(locks.Place))
def test_a_lock_taken_meanwhile_is_not_removed(place: locks.Place) -> None:
    take(place, "11111111-1111-1111-1111-111111111111")
    (stale,) = locks.read_locks(load("dev"))
    take(place, "22222222-2222-2222-2222-222222222222")
    assert not locks.clear(stale)
    (fresh,) = locks.read_locks(load("dev"))
    assert fresh.id == "22222222-2222-2222-2222-222222222222"
    assert locks.clear(fresh)
    assert not locks.clear(fresh)


def take(place: locks.Place, lock_id: str) -> None:
    """Put a lock as Terraform does, whatever is there."""
    info = json.dumps({"ID": lock_id, "Operation": "OperationTypePlan", "Who": "somebody@somewhere"})
    if place is locks.Place.TABLE:
        item = {"LockID": {"S": f"{BUCKET}/{KEY}"}, "Info": {"S": info}}
        aws.client("dynamodb", REGION).put_item(TableName=naming.LOCK_TABLE, Item=item)
    else:
        aws.client("s3", REGION).put_object(
            Bucket=BUCKET,
            Key=f"{KEY}.tflock",
            Body=info.encode(),
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=naming.state_kms_key_arn(ACCOUNT_ID, REGION),
        )

"""One quick fault each, by which the retries and messages of the fault drill are guarded in every run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from environments import load, naming
from ops import aws, remote_state
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES, REGION
from ops.local_aws.instance import LocalAws
from ops.local_aws.layout import Layout
from ops.remote_state import locks
from ops.terraform import UNSTORED, Terraform
from tests.drills.outages import locks_table, stores
from tests.support.fault_proxy import FaultProxy
from tests.support.fault_schedule import EVERY_TRY, Fault, Rule, Schedule
from tests.support.led import lead

BUCKET, KEY = naming.state_bucket(ACCOUNT_ID, REGION), naming.state_key("dev")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    """All of this process's requests go through it; the remote state is there."""
    instance = LocalAws(tmp_path_factory.mktemp("state-faults"))
    status = instance.start()
    port, plain = (int(str(url).rpartition(":")[2]) for url in (status.endpoint, status.plain_endpoint))
    with (
        pytest.MonkeyPatch.context() as patch,
        FaultProxy(port, plain, Layout(instance.directory).tls) as made,
    ):
        lead(patch, instance, **EXAMPLE_VALUES, AWS_ENDPOINT_URL=made.endpoint)
        list(remote_state.apply(ACCOUNT_ID, REGION))
        yield made
    instance.stop()


@pytest.fixture(scope="module")
def terraform(proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A configuration on the product's backend whose one resource needs no provider."""
    directory = tmp_path_factory.mktemp("stack") / "dev"
    directory.mkdir()
    backend = {
        "bucket": BUCKET,
        "key": KEY,
        "region": REGION,
        "encrypt": True,
        "kms_key_id": naming.state_kms_key_arn(ACCOUNT_ID, REGION),
        "dynamodb_table": naming.LOCK_TABLE,
        "use_lockfile": True,
        "use_path_style": True,
        "max_retries": 2,
        "endpoints": dict.fromkeys(("s3", "dynamodb", "sts", "iam"), proxy.endpoint),
        "skip_metadata_api_check": True,
    }
    content = {"terraform": {"backend": {"s3": backend}}, "variable": {"input": {}}}
    resource = {"resource": {"terraform_data": {"probe": {"input": "${var.input}"}}}}
    (directory / "main.tf.json").write_text(json.dumps(content | resource))
    proxy.schedule = Schedule()
    made = Terraform(directory)
    made.init()
    return made


@pytest.fixture(autouse=True)
def _calm(proxy: FaultProxy) -> None:
    proxy.schedule = Schedule()


def apply(terraform: Terraform, value: str) -> None:
    terraform.environ["TF_VAR_input"] = value
    terraform.apply(terraform.plan())


def kept() -> tuple[int, str]:
    """Serial, and what the stored state says that the resource's input is."""
    body = aws.client("s3", REGION).get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    state = json.loads(body)
    (resource,) = state["resources"]
    return state["serial"], resource["instances"][0]["attributes"]["input"]["value"]


def test_bootstrap_gets_through_a_bad_line_with_one_key(proxy: FaultProxy) -> None:
    region = "eu-west-1"
    proxy.schedule = Schedule(
        (
            Rule(Fault.DROPPED_AFTER, lambda request: request.what == "kms CreateKey"),
            Rule(Fault.THROTTLED, share=0.1),
        )
    )
    list(remote_state.apply(ACCOUNT_ID, region))
    assert {fault for fault, _ in proxy.schedule.hits} == {Fault.DROPPED_AFTER, Fault.THROTTLED}
    proxy.schedule = Schedule()
    assert remote_state.check(ACCOUNT_ID, region) == []
    kms = aws.client("kms", region)
    states = [
        kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in kms.list_keys()["Keys"]
    ]
    assert sorted(states) == ["Enabled", "PendingDeletion"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault.THROTTLED, "throttled"),
        (Fault.FAILED, "failed by itself"),
        (Fault.DROPPED_BEFORE, "could not be reached"),
    ],
)
def test_what_does_not_pass_is_one_message(proxy: FaultProxy, fault: Fault, says: str) -> None:
    proxy.schedule = Schedule((Rule(fault, lambda request: request.service == "sts", EVERY_TRY),))
    with pytest.raises(OpsError, match=says) as told:
        aws.verify_caller(ACCOUNT_ID, REGION)
    assert told.value.code is ExitCode.NETWORK


def test_a_state_that_could_not_be_stored_is_stored_by_the_next_run(
    proxy: FaultProxy, terraform: Terraform
) -> None:
    apply(terraform, "one")
    before = kept()
    proxy.schedule = Schedule((Rule(Fault.CUT, stores, EVERY_TRY),))
    with pytest.raises(OpsError, match="errored") as told:
        apply(terraform, "two")
    assert told.value.code is ExitCode.STATE
    assert "state push errored.tfstate" in told.value.hint
    proxy.schedule = Schedule()
    assert kept() == before == (before[0], "one")
    assert locks.read_locks(load("dev")) == []
    assert terraform.store_unstored()
    serial, value = kept()
    assert serial > before[0]
    assert value == "two"
    assert not (terraform.directory / UNSTORED).exists()
    assert terraform.plan().empty


def test_a_lock_that_is_throttled_is_not_taken_for_somebody_elses(
    proxy: FaultProxy, terraform: Terraform
) -> None:
    apply(terraform, "three")
    proxy.schedule = Schedule((Rule(Fault.THROTTLED, locks_table, EVERY_TRY),))
    with pytest.raises(OpsError, match="Error acquiring the state lock") as told:
        apply(terraform, "four")
    assert told.value.code is ExitCode.NETWORK
    proxy.schedule = Schedule()
    assert locks.read_locks(load("dev")) == []
    assert kept()[1] == "three"

"""The proxy of the fault drill speaks each protocol's errors as AWS does, and lets nothing half through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from ops.local_aws.instance import LocalAws
from ops.local_aws.layout import Layout
from tests.support.fault_proxy import FaultProxy, Moment, Trap
from tests.support.fault_schedule import EVERY_TRY, Fault, Rule, Schedule
from tests.support.led import lead

CALLS: dict[str, tuple[Callable[[Any], object], str, str]] = {
    "dynamodb": (lambda c: c.list_tables(), "ThrottlingException", "InternalServerError"),
    "cloudwatch": (lambda c: c.describe_alarms(), "ThrottlingException", "InternalServerError"),
    "iam": (lambda c: c.list_roles(), "Throttling", "InternalError"),
    "s3": (lambda c: c.list_buckets(), "SlowDown", "InternalError"),
    "lambda": (lambda c: c.list_functions(), "TooManyRequestsException", "InternalServerError"),
    "cloudfront": (lambda c: c.list_distributions(), "Throttling", "InternalError"),
}
"""A service of each protocol: a call, and the codes of throttling and of a failure of AWS's own."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    instance = LocalAws(tmp_path_factory.mktemp("proxy"))
    instance.start()
    port = int(instance.environment()["AWS_ENDPOINT_URL"].rpartition(":")[2])
    plain = int(instance.environment()["LOCAL_AWS_PLAIN_ENDPOINT_URL"].rpartition(":")[2])
    with (
        pytest.MonkeyPatch.context() as patch,
        FaultProxy(port, plain, Layout(instance.directory).tls) as made,
    ):
        lead(patch, instance, AWS_ENDPOINT_URL=made.endpoint)
        yield made
    instance.stop()


@pytest.fixture(autouse=True)
def _without_faults(proxy: FaultProxy) -> None:
    proxy.schedule, proxy.trap = Schedule(), None


def client(service: str) -> Any:
    """Two tries, so that a fault at the first one is survived."""
    retries = {"mode": "standard", "total_max_attempts": 2}
    return boto3.client(service, config=Config(retries=retries))  # type: ignore[call-overload]


@pytest.mark.parametrize("service", CALLS)
def test_each_protocol_names_its_errors_as_aws_does(proxy: FaultProxy, service: str) -> None:
    call, throttling, failure = CALLS[service]
    for fault, code in ((Fault.THROTTLED, throttling), (Fault.FAILED, failure)):
        proxy.schedule = Schedule((Rule(fault, tries=EVERY_TRY),))
        with pytest.raises(ClientError) as refused:
            call(client(service))
        assert refused.value.response["Error"]["Code"] == code
        # botocore took it for what may be tried again
        assert len(proxy.schedule.hits) == 2


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.FAILED, Fault.DROPPED_BEFORE, Fault.DROPPED_AFTER])
def test_what_fails_once_is_tried_again(proxy: FaultProxy, fault: Fault) -> None:
    proxy.schedule = Schedule((Rule(fault),))
    for number, (service, (call, _, _)) in enumerate(CALLS.items(), 1):
        call(client(service))
        assert len(proxy.schedule.hits) == number, service


def test_a_dropped_connection_is_no_answer(proxy: FaultProxy) -> None:
    proxy.schedule = Schedule((Rule(Fault.DROPPED_BEFORE, tries=EVERY_TRY),))
    with pytest.raises(HTTPClientError):
        client("dynamodb").list_tables()


def test_a_slow_answer_is_an_answer(proxy: FaultProxy) -> None:
    proxy.schedule, proxy.slow_s = Schedule((Rule(Fault.SLOW, tries=EVERY_TRY),)), 0.8
    retries = {"total_max_attempts": 1}
    impatient: Any = boto3.client("dynamodb", config=Config(read_timeout=0.2, retries=retries))
    with pytest.raises(HTTPClientError):
        impatient.list_tables()
    assert client("dynamodb").list_tables()["TableNames"] == []


def test_a_request_of_which_half_arrived_changes_nothing(proxy: FaultProxy) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="halves")
    s3.put_object(Bucket="halves", Key="a", Body=b"old" * 1000)
    for fault in (Fault.CUT, Fault.DROPPED_BEFORE):
        proxy.schedule = Schedule((Rule(fault, lambda request: request.method == "PUT", EVERY_TRY),))
        with pytest.raises(HTTPClientError):
            s3.put_object(Bucket="halves", Key="a", Body=b"new" * 1000)
    assert s3.get_object(Bucket="halves", Key="a")["Body"].read() == b"old" * 1000
    proxy.schedule = Schedule((Rule(Fault.CUT, lambda request: request.method == "PUT"),))
    s3.put_object(Bucket="halves", Key="a", Body=b"new" * 1000)
    assert s3.get_object(Bucket="halves", Key="a")["Body"].read() == b"new" * 1000


@pytest.mark.parametrize(("moment", "done"), [(Moment.BEFORE, 0), (Moment.MIDST, 0), (Moment.AFTER, 1)])
def test_a_trap_springs_once_at_its_request_and_moment(proxy: FaultProxy, moment: Moment, done: int) -> None:
    sprung: list[str] = []
    name = f"trap-{moment.name.lower()}"
    once: Any = boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
    once.create_queue(QueueName=f"{name}-1")
    proxy.trap = Trap(lambda request: request.writes, 2, moment, lambda: sprung.append(name))
    once.create_queue(QueueName=f"{name}-2")
    assert len(once.list_queues(QueueNamePrefix=name)["QueueUrls"]) == 2
    with pytest.raises(HTTPClientError):
        once.create_queue(QueueName=f"{name}-3")
    once.create_queue(QueueName=f"{name}-4")
    assert sprung == [name]
    assert proxy.trap.sprung_at == "sqs CreateQueue"
    assert len(once.list_queues(QueueNamePrefix=name)["QueueUrls"]) == 3 + done

"""The local AWS, and the functions' boto3 pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from functions.shared import clients
from functions.shared.table import Session, Table
from ops.local_aws.instance import LocalAws
from tests.functions.support import Clock
from tests.local_aws.cloud import Cloud, unique
from tests.support.led import lead


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running instance."""
    instance = LocalAws(tmp_path_factory.mktemp("functions"))
    instance.start()
    yield Cloud(instance)
    instance.stop()


@pytest.fixture
def aws(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The same, with this process's environment as a function has it: `boto3.client(…)` leads there."""
    lead(monkeypatch, cloud.instance)
    # boto3's own session keeps the first credentials that it finds.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.forget()
    yield cloud
    clients.forget()


@pytest.fixture
def table_name(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new table; the functions' variables name it."""
    name = aws.table()
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("TABLE_NAME", name)
    return name


@pytest.fixture
def queue_url(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new queue of jobs; the functions' variables name it."""
    url: str = aws.client("sqs").create_queue(QueueName=unique("jobs"))["QueueUrl"]
    monkeypatch.setenv("JOBS_QUEUE_URL", url)
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(table_name: str, clock: Clock) -> Table:
    """The new table, by a clock that stands still."""
    return Table(table_name, clock=clock)


@pytest.fixture
def session(table_name: str) -> Session:
    """A session in the new table, live by today's clock."""
    return Table(table_name).create_session("the token")

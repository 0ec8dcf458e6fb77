"""Reading, telling and refusing locks, without AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
import typer
from botocore.exceptions import ClientError

from ops import aws
from ops.commands import state
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import locks
from ops.remote_state.locks import Place, StateLock

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
CONFIG: Any = SimpleNamespace(environment="dev", aws_account_id="123456789012", aws_region="eu-west-1")
INFO = {
    "ID": "0f3c1a52-0000-0000-0000-000000000000",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ana@laptop",
    "Version": "1.11.4",
    "Created": "2030-01-01T11:20:30.123456789Z",
    "Path": "bucket/dev/terraform.tfstate",
}


def held(age: timedelta = timedelta(minutes=39), **info: Any) -> StateLock:
    text = json.dumps({**INFO, "Created": (datetime.now(UTC) - age).isoformat(), **info})
    return locks.lock_of(CONFIG, Place.TABLE, text, fingerprint=text)


def fakes(item: str | None, file: str | None) -> Any:
    def client(service: str) -> Any:
        fake = MagicMock()
        fake.exceptions = boto3.client(
            service, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
        ).exceptions
        return fake

    s3, dynamodb = client("s3"), client("dynamodb")
    dynamodb.get_item.return_value = {} if item is None else {"Item": {"Info": {"S": item}}}
    if file is None:
        s3.get_object.side_effect = ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
    else:
        s3.get_object.return_value = {"Body": MagicMock(read=lambda: file.encode()), "ETag": '"e"'}
    return SimpleNamespace(s3=s3, dynamodb=dynamodb, kms=None)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[StateLock]:
    """What the commands find; clearing takes one out."""
    here: list[StateLock] = []

    def clear(lock: StateLock) -> bool:
        here.remove(lock)
        return True

    monkeypatch.setattr("environments.load", lambda name: CONFIG, raising=False)
    monkeypatch.setattr(aws, "verify_caller", lambda account_id, region: None)
    monkeypatch.setattr(locks, "read_locks", lambda config: list(here))
    monkeypatch.setattr(locks, "clear", clear)
    return here


def test_both_places_are_read_the_table_first() -> None:
    read = locks.read_locks(CONFIG, with_=fakes(json.dumps(INFO), json.dumps(INFO)))
    assert [lock.place for lock in read] == [Place.TABLE, Place.FILE]
    assert {lock.id for lock in read} == {INFO["ID"]}
    assert read[0].created == datetime(2030, 1, 1, 11, 20, 30, 123456, tzinfo=UTC)


def test_nobody_holds_it() -> None:
    assert locks.read_locks(CONFIG, with_=fakes(None, None)) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Created": "yesterday"}'])
def test_a_lock_that_cannot_be_read_is_still_a_lock_and_counts_as_young(text: str) -> None:
    (lock,) = locks.read_locks(CONFIG, with_=fakes(text, None))
    assert lock.created is None
    assert lock.is_young()
    assert "unknown" in locks.describe(lock)


def test_the_digest_item_is_never_touched() -> None:
    use = fakes(json.dumps(INFO), json.dumps(INFO))
    for lock in locks.read_locks(CONFIG, with_=use):
        locks.clear(lock, with_=use)
    keys = [call.kwargs["Key"]["LockID"]["S"] for call in use.dynamodb.method_calls]
    assert keys == ["spec-wizard-tfstate-123456789012-eu-west-1/dev/terraform.tfstate"] * 2


def test_a_lock_is_told_in_one_line() -> None:
    lock = locks.lock_of(CONFIG, Place.FILE, json.dumps(INFO), fingerprint='"e"')
    assert locks.describe(lock, NOW) == (
        "ana@laptop, apply, since 2030-01-01 11:20:30 UTC (39 min ago), in the lock file, "
        "lock 0f3c1a52-0000-0000-0000-000000000000"
    )


@pytest.mark.parametrize(
    ("age", "young"),
    [(timedelta(minutes=-5), True), (timedelta(minutes=9), True), (timedelta(minutes=11), False)],
    ids=["holder's clock is ahead", "9 minutes", "11 minutes"],
)
def test_a_young_lock_is_not_removed_without_force(
    found: list[StateLock], age: timedelta, young: bool
) -> None:
    found.append(held(age))
    if young:
        with pytest.raises(OpsError, match="ana@laptop may still be at work") as refused:
            state.unlock("dev", yes=True)
        assert refused.value.code is ExitCode.LOCKED
        assert len(found) == 1
        state.unlock("dev", yes=True, force=True)
    else:
        state.unlock("dev", yes=True)
    assert found == []


@pytest.mark.parametrize(("reply", "left"), [(False, 1), (True, 0)])
def test_it_asks_before_removing(
    found: list[StateLock], monkeypatch: pytest.MonkeyPatch, reply: bool, left: int
) -> None:
    found.append(held())
    monkeypatch.setattr(typer, "confirm", lambda text, **_: reply)
    if reply:
        state.unlock("dev")
    else:
        with pytest.raises(OpsError, match="The lock is still there") as refused:
            state.unlock("dev")
        assert refused.value.code is ExitCode.USAGE
    assert len(found) == left


def test_prods_lock_is_removed_by_its_name_only(
    found: list[StateLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    found.append(held())
    monkeypatch.setattr(typer, "prompt", lambda text, **_: "staging")
    for answer, code in (
        ({"yes": True}, ExitCode.PROTECTED),
        ({"confirm": "staging"}, ExitCode.USAGE),
        ({}, ExitCode.USAGE),
    ):
        with pytest.raises(OpsError) as refused:
            state.unlock("prod", **answer)
        assert refused.value.code is code
        assert len(found) == 1
    state.unlock("prod", confirm="prod")
    assert found == []


def test_lock_as_json_has_its_exit_code(found: list[StateLock], capsys: pytest.CaptureFixture[str]) -> None:
    state.lock("dev", json_=True)
    assert json.loads(capsys.readouterr().out) == {"environment": "dev", "locked": False, "locks": []}
    found.append(held())
    with pytest.raises(typer.Exit) as ended:
        state.lock("dev", json_=True)
    assert ended.value.exit_code == ExitCode.LOCKED
    shown = json.loads(capsys.readouterr().out)
    assert shown["locked"]
    assert shown["locks"][0]["who"] == "ana@laptop"
    assert shown["locks"][0]["age_seconds"] in range(39 * 60, 39 * 60 + 60)


def test_unlocking_what_is_not_locked_is_no_failure(
    found: list[StateLock], capsys: pytest.CaptureFixture[str]
) -> None:
    state.unlock("dev")
    assert "dev is not locked." in capsys.readouterr().out

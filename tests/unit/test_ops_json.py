"""`--json`: the result for programs alone on standard output, the sentences for people on standard error."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import typer

from ops import account, aws, stacks
from ops.chat import sessions
from ops.commands import account as account_commands
from ops.commands import alarms, outputs, restore, session, state, state_target, state_versions
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.recovery import counting, generations, switching, tables
from ops.recovery.tables import Table
from ops.remote_state import locks, taking
from ops.remote_state.locks import Place
from ops.terraform import Terraform
from tests.support import configuration
from tests.support.states import entries, resource, text

TOPIC = "arn:aws:sns:eu-west-1:123456789012:spec-wizard-dev-alarms"
LINK = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
AT = datetime(2026, 3, 31, 9, 15, tzinfo=UTC)
FIRST = "spec-wizard-sessions-dev"

DEV = configuration.config("dev", DYNAMODB_POINT_IN_TIME_RECOVERY="true")

Printed = Callable[[], tuple[Any, str]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """What standard output has, read as JSON, and what standard error has, since the last time."""

    def read() -> tuple[Any, str]:
        found = capsys.readouterr()
        return json.loads(found.out), found.err

    return read


@pytest.fixture(autouse=True)
def _dev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("environments.load", lambda name: DEV)
    monkeypatch.setattr(aws, "verify_caller", lambda *_: None)
    monkeypatch.setattr(aws, "client", lambda *_, **__: Mock())


def _lock(place: Place, id_: str) -> locks.StateLock:
    info = {"ID": id_, "Who": "ana@laptop", "Operation": "OperationTypeApply"}
    written = json.dumps({**info, "Created": "2020-01-01T00:00:00Z"})
    return locks.lock_of(DEV, place, written, fingerprint=written)


def test_unlock_tells_what_was_removed_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    here = [_lock(Place.TABLE, "1"), _lock(Place.FILE, "2")]
    monkeypatch.setattr(locks, "read_locks", lambda _: list(here))
    monkeypatch.setattr(locks, "clear", lambda lock: lock.place is Place.TABLE and not here.remove(lock))
    with pytest.raises(typer.Exit) as ended:
        state.unlock("dev", yes=True, json_=True)
    assert ended.value.exit_code == ExitCode.LOCKED
    result, said = printed()
    assert (result["environment"], result["locked"]) == ("dev", True)
    assert [one["id"] for one in result["removed"]] == ["1"]
    assert [(one["id"], one["who"]) for one in result["locks"]] == [("2", "ana@laptop")]
    assert "Gone or taken anew, so not removed: lock file, lock 2" in said
    here.clear()
    state.unlock("dev", yes=True, json_=True)
    nothing = {"environment": "dev", "locked": False, "removed": [], "locks": []}
    assert printed() == (nothing, "dev is not locked.\n")


class States:
    """A store of these versions, newest first, in memory."""

    def __init__(self, *bodies: bytes, digest: str = "") -> None:
        self.owner, self.use = stacks.Stack("dev", "dev", "123456789012", "eu-west-1"), None
        self.kept, self.digest_ = entries(*bodies), digest

    def versions(self) -> list[Any]:
        return [one.version for one in self.kept]

    def read(self, version: Any) -> bytes:
        return next(one.body for one in self.kept if one.version.id == version.id)

    def read_head(self, version: Any) -> bytes:
        return self.read(version)

    def digest(self) -> str:
        return self.digest_

    def write(self, body: bytes) -> str:
        assert body
        return "new"

    def write_digest(self, digest: str) -> None:
        self.digest_ = digest


def test_a_restored_state_and_the_way_back(monkeypatch: pytest.MonkeyPatch, printed: Printed) -> None:
    one, two = resource("a", "x", {"id": "1"}), resource("a", "y", {"id": "2"})
    store = States(text(one, two, serial=2), text(one, serial=1), digest="of something else")
    monkeypatch.setattr(state_target, "store_of", lambda _: store)
    monkeypatch.setattr(taking, "refuse_locked", lambda *_, **__: None)
    held = Mock(__enter__=lambda _: None, __exit__=lambda *_: None)
    monkeypatch.setattr(taking, "held", lambda *_, **__: held)
    state_versions.restore("dev", "1", yes=True, json_=True)
    result, said = printed()
    assert result == {
        "environment": "dev",
        "restored": "v1",
        "digest_mended": True,
        "serial": 3,
        "version_id": "new",
        "way_back": "v2",
    }
    assert "- a.y" in said
    assert "The way back: ops state restore dev v2" in said
    store.digest_ = ""
    state_versions.restore("dev", "2", yes=True, json_=True)
    result, said = printed()
    assert (result["restored"], result["version_id"], result["way_back"]) == (None, "v2", None)
    assert "Nothing to do" in said


def _table(generation: int, **changes: Any) -> Table:
    name = FIRST + (f"-r{generation}" if generation > 1 else "")
    known: dict[str, Any] = {
        "generation": generation,
        "name": name,
        "arn": f"arn:{name}",
        "status": "ACTIVE",
        "restoring": False,
        "items": 5,
        "size_bytes": 1000,
        "protected": False,
        "key_arn": None,
        "source": None,
        "restored_to": None,
        "ours": True,
        "created": AT,
    }
    fields = Table.__dataclass_fields__
    return Table(**{name: value for name, value in (known | changes).items() if name in fields})


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> list[Table]:
    """The tables of dev; the first is live. Restores, switches and deletions succeed at once."""
    there, live = [_table(1)], [FIRST]

    def remove(_: Any, table: Table) -> None:
        there.remove(table)

    def wait(_: Any, name: str, *__: Any) -> Table:
        there.append(_table(2, source=FIRST, restored_to=AT, protected=DEV.protected))
        return there[-1]

    def apply(*_: Any) -> None:
        live[0] = there[-1].name

    terraform = Mock(spec=Terraform, outputs=lambda: {"dynamodb_table_name": live[0]})
    plan = Mock(empty=False, operations=3, summary=lambda: "3 to change", kinds=lambda: {})
    monkeypatch.setattr(switching, "prepare", lambda _: terraform)
    monkeypatch.setattr(switching, "plan", lambda *_: plan)
    monkeypatch.setattr(switching, "apply", apply)
    monkeypatch.setattr(generations, "write", lambda *_: None)
    monkeypatch.setattr(generations, "is_local", lambda: True)
    monkeypatch.setattr(tables, "of_environment", lambda *_: list(there))
    monkeypatch.setattr(tables, "read", lambda _, name, __: next(one for one in there if one.name == name))
    monkeypatch.setattr(tables, "window", lambda *_: SimpleNamespace(earliest=AT, latest=AT))
    monkeypatch.setattr(tables, "start", lambda *_: None)
    monkeypatch.setattr(tables, "wait", wait)
    monkeypatch.setattr(tables, "remove", remove)
    monkeypatch.setattr(counting, "count", lambda _, name: {"session": 2 if name == FIRST else 3})
    return there


def test_a_restored_table(dynamodb: list[Table], printed: Printed) -> None:
    restore.table("dev", to="latest", yes=True, json_=True)
    result, said = printed()
    assert result.pop("seconds") >= 0
    counts = {FIRST: 2, f"{FIRST}-r2": 3}
    assert result == {
        "environment": "dev",
        "dry_run": False,
        "live": f"{FIRST}-r2",
        "tables": [FIRST],
        "source": FIRST,
        "restored_to": "2026-03-31T09:15:00Z",
        "target": f"{FIRST}-r2",
        "items": {"session": counts, "all": counts},
        "plan": "3 to change",
    }
    assert f"{FIRST}-r2 is live." in said


def test_a_dry_run_of_a_restored_table(dynamodb: list[Table], printed: Printed) -> None:
    restore.table("dev", to="latest", dry_run=True, json_=True)
    result, said = printed()
    assert (result["dry_run"], result["live"], result["target"]) == (True, FIRST, f"{FIRST}-r2")
    assert "Nothing was changed." in said


def test_old_tables_that_were_removed(dynamodb: list[Table], printed: Printed) -> None:
    dynamodb.append(_table(2, source=FIRST, restored_to=AT, ours=False))
    restore.table("dev", remove_old=True, dry_run=True, json_=True)
    result, _ = printed()
    assert result["old"] == [f"{FIRST}-r2"]
    assert "removed" not in result
    restore.table("dev", remove_old=True, yes=True, json_=True)
    result, said = printed()
    assert result["removed"] == [f"{FIRST}-r2"]
    assert f"Deletion of {FIRST}-r2" in said
    restore.table("dev", remove_old=True, yes=True, json_=True)
    assert printed()[0]["tables"] == [FIRST]


def test_a_confirmed_subscription(monkeypatch: pytest.MonkeyPatch, printed: Printed) -> None:
    monkeypatch.setattr(outputs, "deployed", lambda _: {})
    monkeypatch.setattr("ops.alarms.subscriptions.topics", lambda _: [TOPIC])
    monkeypatch.setattr(alarms, "confirm_from_the_mailbox", lambda _: 2)
    alarms.confirm("dev", LINK, json_=True)
    assert printed() == ({"environment": "dev", "confirmed": 1}, "The subscription is confirmed.\n")
    alarms.confirm("dev", json_=True)
    assert printed() == ({"environment": "dev", "confirmed": 2}, "2 subscriptions confirmed.\n")


def test_a_revoked_session(monkeypatch: pytest.MonkeyPatch, printed: Printed) -> None:
    monkeypatch.setattr(outputs, "deployed", lambda _: {})
    monkeypatch.setattr(sessions, "table", lambda _: Mock())
    session.revoke("dev", "s1", json_=True)
    assert printed() == ({"session_id": "s1", "revoked": True}, "Session s1 is revoked.\n")


def test_every_account_is_told_also_where_one_is_not_deployed(
    monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    numbers = {"dev": "111111111111", "prod": "222222222222"}

    def require(stack: stacks.Stack, _: str) -> None:
        if stack.aws_account_id == numbers["dev"]:
            raise OpsError("is not deployed", code=ExitCode.STATE)

    monkeypatch.setattr(account, "require", require)
    monkeypatch.setattr(
        stacks,
        "account_of",
        lambda name: stacks.Stack(f"account-{numbers[name]}", "account", numbers[name], ""),
    )
    with pytest.raises(OpsError, match="is not deployed"):
        account_commands.check(["dev", "prod"], json_=True)
    result, said = printed()
    assert {row["account_id"]: row["deployed"] for row in result} == {
        numbers["dev"]: False,
        numbers["prod"]: True,
    }
    assert said == f"The stack of AWS account {numbers['prod']} is deployed.\n"

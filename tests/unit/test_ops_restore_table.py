"""Restoring the table: times, kinds of items, where a restore stands, and what a switch must not do."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import environments
from environments import loading
from ops import adoption
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.recovery import counting, generations, restore_table, switching, tables, times
from ops.recovery.situation import Situation
from ops.recovery.table_run import Choices
from ops.recovery.tables import Table, generation_of
from ops.recovery.times import Window
from ops.terraform import Change, Plan
from tests.support import configuration

NOW = datetime(2026, 3, 31, 12, 0, 30, 500_000, tzinfo=UTC)
AT = datetime(2026, 3, 31, 9, 15, tzinfo=UTC)
FIRST = "spec-wizard-sessions-prod"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31T09:15:00Z", AT),
        ("2026-03-31T11:15:00+02:00", AT),
        ("2026-03-31T09:15:00.900Z", AT),
        ("-15m", datetime(2026, 3, 31, 11, 45, 30, tzinfo=UTC)),
        ("-90s", datetime(2026, 3, 31, 11, 59, 0, tzinfo=UTC)),
        ("-3d", datetime(2026, 3, 28, 12, 0, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_people_type_them(text: str, expected: datetime) -> None:
    assert times.parse(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yesterday", "is not a time"),
        ("15m", "is not a time"),
        ("-0m", "is not a time"),
        ("2026-02-30T00:00:00Z", "is not a time"),
        ("2026-03-31T09:15:00", "does not say in which time zone"),
        ("2026-03-31", "does not say in which time zone"),
        ("2026-03-31T12:00:31Z", "is in the future"),
    ],
)
def test_other_times_are_refused(text: str, said: str) -> None:
    with pytest.raises(OpsError, match=said) as caught:
        times.parse(text, NOW)
    assert caught.value.code is ExitCode.USAGE


def test_what_is_shown_can_be_typed() -> None:
    assert times.parse(times.shown(AT), NOW) == AT


@pytest.mark.parametrize(("minutes", "side"), [(-1, "before the earliest"), (61, "after the latest")])
def test_a_time_outside_of_the_window_is_refused_with_both_ends(minutes: int, side: str) -> None:
    window = Window(AT, AT + timedelta(hours=1))
    with pytest.raises(OpsError, match=side) as caught:
        times.require_within(AT + timedelta(minutes=minutes), window, FIRST, "hint")
    assert "from 2026-03-31T09:15:00Z to 2026-03-31T10:15:00Z" in caught.value.message
    for inside in (AT, AT + timedelta(hours=1)):
        times.require_within(inside, window, FIRST, "hint")


@pytest.mark.parametrize(
    ("seconds", "text"), [(41.4, "41 s"), (75, "1 min 15 s"), (7500, "2 h 5 min"), (90_000, "1 d 1 h")]
)
def test_spans_are_for_people(seconds: float, text: str) -> None:
    assert times.span(seconds) == text


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (("SESSION#1", "META"), "session"),
        (("SESSION#1", "MSG#01H"), "message"),
        (("SESSION#1", "MSG#01H#ANSWER"), "answer"),
        (("SESSION#1", "SPEC#3"), "specification"),
        (("SESSION#1", "SUBMISSION"), "submission"),
        (("CONN#1", "META"), "connection"),
        (("IDEMPOTENCY#SESSION#1", "ask#f00"), "idempotency"),
        (("SESSION#1", "NEW#1"), "other"),
        (("WHATEVER", "META"), "other"),
    ],
)
def test_items_are_counted_by_what_they_are(keys: tuple[str, str], kind: str) -> None:
    assert counting.kind(*keys) == kind


def test_counts_are_compared_with_the_sum_last() -> None:
    assert counting.compared({"session": 1, "message": 4}, {"session": 3, "answer": 2}) == [
        ("answer", 0, 2),
        ("message", 4, 0),
        ("session", 1, 3),
        ("all", 5, 5),
    ]


@pytest.mark.parametrize(
    ("name", "generation"),
    [(FIRST, 1), (f"{FIRST}-r2", 2), (f"{FIRST}-r12", 12), (f"{FIRST}-r0", None), (f"{FIRST}-old", None)],
)
def test_the_generation_is_in_the_name(name: str, generation: int | None) -> None:
    assert generation_of(name, "prod") == generation


def _table(generation: int, **changes: Any) -> Table:
    name = FIRST + (f"-r{generation}" if generation > 1 else "")
    plain = Table(
        generation, name, f"arn:{name}", "ACTIVE", False, 5, 1000, True, "key", None, None, True, NOW
    )
    return replace(plain, **changes)


def _restored(generation: int, *, ours: bool, of: str = FIRST, at: datetime = AT) -> Table:
    return _table(generation, source=of, restored_to=at, ours=ours)


def _situation(*tables: Table, live: int = 1, configured: int = 1) -> Situation:
    return Situation("prod", live, configured, tables)


def test_the_first_restore_makes_the_second_generation() -> None:
    assert _situation(_table(1)).target(_table(1), AT) == (2, False)


def test_a_restore_that_was_begun_is_gone_on_with() -> None:
    assert _situation(_table(1), _restored(2, ours=False)).target(_table(1), AT) == (2, True)


def test_a_restore_to_another_time_is_not_forgotten_silently() -> None:
    situation = _situation(_table(1), _restored(2, ours=False))
    with pytest.raises(OpsError, match="was begun and not switched to") as caught:
        situation.target(_table(1), AT + timedelta(minutes=1))
    assert "--to 2026-03-31T09:15:00Z" in caught.value.hint
    assert "--remove-old" in caught.value.hint


def test_a_table_that_was_live_once_is_not_taken_for_an_unfinished_restore() -> None:
    assert _situation(_table(1), _restored(2, ours=True)).target(_table(1), AT) == (3, False)


def test_a_switch_that_was_decided_is_finished() -> None:
    situation = _situation(_table(1), _restored(2, ours=False), configured=2)
    assert situation.target(_table(1), AT) == (2, True)
    with pytest.raises(OpsError, match="was decided and not finished"):
        situation.target(_table(1), AT + timedelta(minutes=1))


def test_a_configuration_that_is_behind_is_refused() -> None:
    situation = _situation(_table(1), _restored(2, ours=True), live=2, configured=1)
    with pytest.raises(OpsError, match="says generation 1 of the table, but generation 2") as caught:
        situation.target(_restored(2, ours=True), AT)
    assert caught.value.code is ExitCode.CONFIGURATION


def test_the_way_back_leads_to_where_the_live_table_came_from() -> None:
    tables = (_table(1), _restored(2, ours=True), _restored(3, ours=True))
    assert _situation(*tables, live=3, configured=3).way_back(None).generation == 1
    assert _situation(*tables, live=3, configured=3).way_back(2).generation == 2


def test_a_way_back_that_was_cut_off_is_gone_on_with() -> None:
    tables = (_table(1), _restored(2, ours=True))
    assert _situation(*tables, live=2, configured=1).way_back(None).generation == 1


def test_a_switch_that_was_cut_off_can_be_called_off() -> None:
    tables = (_table(1), _restored(2, ours=True))
    assert _situation(*tables, live=1, configured=2).way_back(None).generation == 1


def test_there_is_no_way_back_from_the_first_table_or_to_one_that_is_gone() -> None:
    with pytest.raises(OpsError, match="nothing to go back to"):
        _situation(_table(1)).way_back(None)
    with pytest.raises(OpsError, match="does not exist any more") as caught:
        _situation(_restored(2, ours=True), live=2, configured=2).way_back(None)
    assert caught.value.code is ExitCode.STATE


def test_only_tables_that_nothing_uses_are_old() -> None:
    tables = (_table(1), _restored(2, ours=True), _restored(3, ours=False))
    assert [t.generation for t in _situation(*tables, live=2, configured=2).old()] == [1, 3]
    assert [t.generation for t in _situation(*tables, live=1, configured=3).old()] == [2]


class Again:
    """The same command again, after the restored table went live. switches: whether something was left."""

    environment, dynamodb = "prod", None

    def __init__(self, situation: Situation, *, switches: bool, dry_run: bool = False) -> None:
        self._situation, self._switches = situation, switches
        self.choices, self.began = Choices(dry_run=dry_run), time.monotonic()
        self.said: list[str] = []
        self.compared: list[tuple[str, str]] = []

    def situation(self) -> Situation:
        return self._situation

    def say(self, text: str) -> None:
        self.said.append(text)

    def compare(self, before: Table, after: Table) -> None:
        self.compared.append((before.name, after.name))

    def switch(self, *_: Any) -> bool:
        return self._switches


def _again(monkeypatch: pytest.MonkeyPatch, *, source: bool = True, **how: bool) -> tuple[Again, str]:
    """What it says of a restore to two hours ago that was begun 90 s ago; and that time."""
    now = datetime.now(UTC).replace(microsecond=0)
    at, created = now - timedelta(hours=2), now - timedelta(seconds=90)
    live = replace(_restored(2, ours=True, at=at), created=created)
    run = Again(_situation(*([_table(1)] if source else []), live, live=2, configured=2), **how)
    monkeypatch.setattr(tables, "window", lambda *_: Window(at, now))
    restore_table.restore(run, times.shown(at), None)  # type: ignore[arg-type]
    return run, times.shown(created)


def test_a_switch_that_was_cut_off_late_tells_rto_rpo_and_the_way_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The RTO counts from the restore that an earlier run began, not from this command."""
    run, created = _again(monkeypatch, switches=True)
    said = "\n".join(run.said)
    assert run.compared == [(FIRST, f"{FIRST}-r2")]
    assert re.search(rf"RTO 1 min 3\d s, counted from {created}, when DynamoDB began to restore", said)
    assert "this run took 0 s of it" in said
    assert "RPO 2 h 0 min: what was written after" in said
    assert f"is in {FIRST} only." in said
    assert "The way back:  ops restore table prod --back" in said


def test_a_switch_that_was_done_long_ago_claims_no_rto(monkeypatch: pytest.MonkeyPatch) -> None:
    run, created = _again(monkeypatch, switches=False)
    said = "\n".join(run.said)
    assert "Nothing to do." in said
    assert f"The restore was begun at {created}." in said
    assert "so there is no RTO" in said
    assert "RPO at most 2 h 0 min" in said
    assert "The way back:  ops restore table prod --back" in said


def test_where_the_old_table_is_gone_no_way_back_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = _again(monkeypatch, switches=True, source=False)
    assert run.compared == []
    assert f"{FIRST} is gone" in run.said[-1]
    assert "--back" not in "\n".join(run.said)


def test_a_dry_run_does_not_claim_that_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = _again(monkeypatch, switches=True, dry_run=True)
    assert "Nothing was changed." in run.said[-1]
    assert "Nothing to do" not in run.said[-1]


def _change(type_: str, *actions: str, importing: bool = False) -> Change:
    return Change(f"{type_}.x", type_, actions, {}, importing)


def test_a_switch_changes_what_depends_on_the_table() -> None:
    switching.refuse_loss(
        [
            _change("aws_dynamodb_table", "update", importing=True),
            _change("aws_dynamodb_table", "forget"),
            _change("aws_lambda_event_source_mapping", "delete", "create"),
            _change("aws_appautoscaling_target", "delete", "create"),
        ]
    )


@pytest.mark.parametrize(
    "change",
    [
        _change("aws_dynamodb_table", "create"),
        _change("aws_dynamodb_table", "delete"),
        _change("aws_dynamodb_table", "delete", "create"),
        _change("aws_s3_bucket", "delete"),
        _change("aws_kms_key", "create", "delete"),
    ],
)
def test_a_switch_that_would_lose_data_is_refused(change: Change) -> None:
    with pytest.raises(OpsError, match="The switch would") as caught:
        switching.refuse_loss([change])
    assert caught.value.code is ExitCode.PROTECTED


class Planning:
    """Terraform, whose state knows a mapping that is gone: until that is forgotten it would make another."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.forgotten: list[str] = []

    def forget(self, addresses: list[str]) -> None:
        self.forgotten += addresses

    def plan(self) -> Plan:
        imports = (self.directory / adoption.FILE).exists() and bool(self.forgotten)
        change = Change("aws_x.mapping", "aws_x", ("update",) if imports else ("create",), {}, imports)
        return Plan(self.directory / "plan", (change,), ())


def test_what_a_killed_switch_has_replaced_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform imports nothing to an address of its state, whose resource may be gone."""

    def find(changes: Any, environment: str, region: str) -> dict[str, str]:
        return {one.address: "the new one" for one in changes if one.actions == ("create",)}

    monkeypatch.setattr(adoption, "find", find)
    terraform = Planning(tmp_path)
    (change,) = switching.plan(terraform, "dev", "us-east-1").changes  # type: ignore[arg-type]
    assert (change.actions, change.importing) == (("update",), True)
    assert terraform.forgotten == ["aws_x.mapping"]
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of the local AWS in a folder of its own, as this process's."""
    for name, value in {**configuration.variables(), "SPEC_WIZARD_ENV_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_the_generation_is_written_down_and_read(folder: Path) -> None:
    file = generations.write("dev", 2)
    assert file == folder / ".local-aws/table_generations.json"
    assert json.loads(file.read_text()) == {"dev": 2}
    assert environments.load("dev").database.generation == 2
    assert environments.load("staging").database.generation == 1
    generations.write("dev", 1)
    assert not file.exists()
    assert environments.load("dev").database.generation == 1


def test_on_aws_it_is_a_file_of_the_configuration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert loading.generations_file() == folder / "table_generations.json"
    monkeypatch.delenv("SPEC_WIZARD_ENV_DIR")
    root = Path(environments.__file__).parent
    assert loading.generations_file() == root / "table_generations.json"


def test_a_setting_that_stands_above_the_file_is_named(folder: Path) -> None:
    (folder / ".env.dev").write_text("DYNAMODB_TABLE_GENERATION=1\n")
    with pytest.raises(OpsError, match="DYNAMODB_TABLE_GENERATION is set to 1 for dev") as caught:
        generations.write("dev", 2)
    assert caught.value.code is ExitCode.INCOMPLETE


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "table_generations.json"), ("[]", "is not a JSON object"), ('{"dev": 0}', "less than 1")],
)
def test_a_broken_file_is_a_problem_of_the_configuration(folder: Path, content: str, said: str) -> None:
    file = loading.generations_file()
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(environments.ConfigurationError, match=said):
        environments.load("dev")

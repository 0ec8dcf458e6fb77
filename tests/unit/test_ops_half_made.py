"""What an apply that was cut off left half made is kept, where replacing it would fail or lose data."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from unittest.mock import Mock, call

import pytest
from rich.console import Console

from ops import adoption
from ops.deployment import half_made, steps
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.terraform import Plan

FIRST, LAST = ["create", "delete"], ["delete", "create"]
TAINTED = "replace_because_tainted"


def change(address: str, actions: list[str], reason: str = TAINTED) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.partition(".")[0],
        "action_reason": reason,
        "change": {"actions": actions, "before": {}, "after": {}},
    }


def plan(*changes: dict[str, Any]) -> Plan:
    return Plan.of(Path("plan"), {"resource_changes": list(changes)})


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (change("aws_sqs_queue.q", FIRST), True),
        (change("aws_dynamodb_table.t", FIRST), True),
        (change("aws_dynamodb_table.t", LAST), True),
        (change("aws_kms_key.k", LAST), True),
        (change("aws_lambda_function.f", LAST), False),
        (change("aws_sqs_queue.q", FIRST, "replace_because_cannot_update"), False),
        (change("aws_sqs_queue.q", FIRST, "replace_by_request"), False),
    ],
    ids=["made first", "table made first", "table", "key", "destroyed first", "no mark", "asked for"],
)
def test_what_is_kept(one: dict[str, Any], kept: bool) -> None:
    assert half_made.to_keep(plan(one)) == ([one["address"]] if kept else [])


def planned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *plans: Plan, to_apply: bool
) -> tuple[Mock, str]:
    monkeypatch.setattr(adoption, "find", lambda *_: {})
    terraform = Mock(directory=tmp_path)
    terraform.plan.side_effect = plans
    said = io.StringIO()
    console = Console(file=said, soft_wrap=True)
    assert steps.plan(terraform, "dev", "us-east-1", console, to_apply=to_apply) is plans[-1]
    return terraform, said.getvalue()


def test_before_an_apply_the_mark_is_taken_off_and_it_is_planned_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    marked = plan(change("aws_dynamodb_table.t", FIRST), change("aws_lambda_function.f", LAST))
    terraform, said = planned(monkeypatch, tmp_path, marked, plan(), to_apply=True)
    assert terraform.mock_calls == [call.plan(), call.untaint(["aws_dynamodb_table.t"]), call.plan()]
    assert "cut off, kept and completed in place: aws_dynamodb_table.t" in said


def test_who_only_plans_is_told_and_writes_no_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    marked = plan(change("aws_dynamodb_table.t", FIRST))
    terraform, said = planned(monkeypatch, tmp_path, marked, to_apply=False)
    assert terraform.mock_calls == [call.plan()]
    assert "cut off, `ops deploy dev` keeps it: aws_dynamodb_table.t" in said


def test_a_saved_plan_that_would_replace_it_is_refused() -> None:
    half_made.refuse("dev", plan(change("aws_lambda_function.f", LAST)))
    with pytest.raises(OpsError, match=r"half made in dev:\n  - aws_sqs_queue.q$") as refused:
        half_made.refuse("dev", plan(change("aws_sqs_queue.q", FIRST)))
    assert refused.value.code is ExitCode.STATE
    assert "`ops deploy dev` without --plan" in refused.value.hint

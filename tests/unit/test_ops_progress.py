"""What a person sees of a long step, piped into a file and on a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from ops import progress
from ops.progress import ApplyProgress, step


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """clock(seconds): let time go by."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])

    def pass_(seconds: float) -> None:
        now[0] += seconds

    return pass_


def piped() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, highlight=False, soft_wrap=True, emoji=False), stream


def event(kind: str, address: str, seconds: int = 0, action: str = "create") -> dict[str, Any]:
    hook = {"resource": {"addr": address}, "action": action, "elapsed_seconds": seconds}
    return {"type": kind, "hook": hook}


def test_a_step_is_two_lines(clock: Callable[[float], None]) -> None:
    console, stream = piped()
    with step(console, "Synth of [dev]"):
        assert stream.getvalue() == "Synth of [dev] …\n"
        clock(1.26)
    assert stream.getvalue() == "Synth of [dev] …\n✓ Synth of [dev] 1.3 s\n"


def test_a_failed_step_does_not_claim_to_be_done() -> None:
    console, stream = piped()
    with pytest.raises(ValueError, match="no"), step(console, "Synth"):
        raise ValueError("no")
    assert "✓" not in stream.getvalue()


def test_an_apply_is_a_line_per_resource(clock: Callable[[float], None]) -> None:
    console, stream = piped()
    with ApplyProgress(console, 2) as shown:
        shown.on_event({"type": "version"})
        shown.on_event(event("apply_start", "aws_s3_bucket.a[0]"))
        shown.on_event(event("apply_start", "aws_s3_bucket.b"))
        shown.on_event(event("apply_complete", "aws_s3_bucket.a[0]", 3))
        shown.on_event({"type": "diagnostic", "diagnostic": {"severity": "error"}})
        shown.on_event(event("apply_errored", "aws_s3_bucket.b", 4))
    assert stream.getvalue() == "  1/2 done aws_s3_bucket.a[0] (3 s)\n  2/2 FAILED aws_s3_bucket.b (4 s)\n"


def test_a_data_source_that_is_read_is_none_of_the_operations() -> None:
    console, stream = piped()
    with ApplyProgress(console, 1) as shown:
        for kind in ("apply_start", "apply_complete"):
            shown.on_event(event(kind, "data.aws_iam_policy_document.a", action="read"))
        shown.on_event(event("apply_complete", "aws_s3_bucket.a"))
    assert stream.getvalue() == "  1/1 done aws_s3_bucket.a (0 s)\n"


def test_a_slow_resource_is_named_now_and_then(clock: Callable[[float], None]) -> None:
    console, stream = piped()
    with ApplyProgress(console, 2) as shown:
        shown.on_event(event("apply_start", "slow"))
        clock(5)
        shown.on_event(event("apply_start", "quick"))
        shown.on_event(event("apply_progress", "slow"))
        assert stream.getvalue() == ""
        clock(11)
        shown.on_event(event("apply_progress", "slow"))
        shown.on_event(event("apply_progress", "quick"))
    assert stream.getvalue() == "  0/2 waiting for slow since 16 s\n"


def test_on_a_terminal_both_displays_live_together() -> None:
    """`ops up` shows the bar inside of a step; older versions of Rich refused that."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100)
    with step(console, "Terraform apply"), ApplyProgress(console, 1) as shown:
        shown.on_event(event("apply_start", "a"))
        shown.on_event(event("apply_complete", "a"))
    assert "Terraform apply" in stream.getvalue()
    assert "1/1 done" not in stream.getvalue()

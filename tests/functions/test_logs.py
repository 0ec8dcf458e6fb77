"""functions/shared/logs.py: the forms that alarms and dashboard rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.shared import logs
from tests.functions.support import logged


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_errors_have_the_level_that_the_filter_looks_for_trap_54(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logs.logger("test_logs")
    log = logged(logger, monkeypatch)
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed", message_id="m1")
    [line] = log.lines
    assert (line["level"], line["service"], line["message"]) == ("ERROR", "test_logs", "it failed")
    assert line["message_id"] == "m1"
    assert "ValueError: broken" in line["exception"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, ["Environment"]), ({"Secret": "openai-api-key"}, ["Environment", "Secret"])],
)
def test_metrics_have_these_dimensions_alone_trap_52(
    more: dict[str, str],
    expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "other")
    metrics = logs.metrics("dev", **more)
    for value in (1, 2):  # the second flush has them still
        metrics.add_metric("ChatAnswers", "Count", value)
        metrics.flush_metrics()
        line = printed(capsys)
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "SpecWizard"
        assert directive["Dimensions"] == [expected]
        assert directive["Metrics"] == [{"Name": "ChatAnswers", "Unit": "Count"}]
        assert {name: line[name] for name in expected} == {"Environment": "dev", **more}
        assert line["ChatAnswers"] == [float(value)]


def test_metrics_of_two_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = logs.metrics("dev", Secret="one"), logs.metrics("dev", Secret="two")
    one.add_metric("SecretAgeDays", "Count", 1)
    two.add_metric("SecretAgeDays", "Count", 2)
    one.flush_metrics()
    assert printed(capsys)["Secret"] == "one"

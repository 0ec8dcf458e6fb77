"""Prints the table of what was drilled."""

from __future__ import annotations

from typing import Any

from tests.drills import report
from tests.support.fault_schedule import SEED_VARIABLE, seed


def pytest_report_header() -> str:
    return f"{SEED_VARIABLE}={seed()} repeats the drawn faults"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("drilled")
    for line in report.lines(report.ROWS):
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"{report.tried(report.ROWS)} faults tried and survived; {SEED_VARIABLE}={seed()}"
    )

"""The tables of `docs/monitoring.md`, made from the alarms themselves; a test holds the page to them."""

from __future__ import annotations

from collections.abc import Iterable

from constructs_lib.monitoring.alarm import Alarm


def alarm_table(alarms: Iterable[Alarm]) -> str:
    """Markdown: one row for each alarm, ends in a newline."""
    rows = ["| alarm | goes off at | what it means | what to do |", "|---|---|---|---|"]
    for alarm in alarms:
        mark = " ●" if alarm.affects_users else ""
        rows.append(f"| `{alarm.id}`{mark} | {alarm.condition} | {alarm.meaning} | {alarm.action} |")
    return "\n".join(rows) + "\n"

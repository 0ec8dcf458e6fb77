"""From a widget's lines to the queries of GetMetricData, which has its own form for the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode

DEFAULT_PERIOD_S = 300
SPAN = re.compile(r"-P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(frozen=True)
class Wanted:
    """A line that is shown: the id of its query, its label, its period."""

    id: str
    label: str
    period_s: int


def queries(properties: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Wanted]]:
    """Queries for all lines of a widget, and those of them that are shown, in their order.

    A line is namespace, name, dimensions and options; "." repeats what the line before has in that place.
    """
    asked, shown = [], []
    before: list[str] = []
    lines = properties.get("metrics", [])
    for number, line in enumerate(lines):
        *names, options = line if isinstance(line[-1], Mapping) else [*line, {}]
        id_ = str(options.get("id", f"line{number}"))
        period = int(options.get("period", properties.get("period", DEFAULT_PERIOD_S)))
        visible = bool(options.get("visible", True))
        query: dict[str, Any] = {"Id": id_, "ReturnData": visible}
        if "expression" in options:
            query |= {"Expression": options["expression"], "Period": period}
            label = str(options.get("label", options["expression"]))
        else:
            before = _repeated(names, before)
            query["MetricStat"] = _stat(
                before, period, options.get("stat", properties.get("stat", "Average"))
            )
            label = str(options.get("label", before[1]))
        asked.append(query | {"Label": label})
        if visible:
            shown.append(Wanted(id_, label, period))
    return asked, shown


def span(start: str) -> timedelta:
    """How far back a dashboard looks by its `start`, such as -PT24H or -P7D. Raises OpsError (STATE)."""
    found = SPAN.fullmatch(start)
    parts = [int(part or 0) for part in found.groups()] if found else []
    if not any(parts):
        raise OpsError(
            f"The dashboard begins at {start!r}, which is not understood.",
            hint="Say how far back to look: --hours 24",
            code=ExitCode.STATE,
        )
    return timedelta(days=parts[0], hours=parts[1], minutes=parts[2])


def _repeated(names: Sequence[str], before: Sequence[str]) -> list[str]:
    if names == ["..."] or names[:1] == ["..."]:
        return [*before[: len(before) - len(names) + 1], *names[1:]]
    return [before[place] if name == "." else name for place, name in enumerate(names)]


def _stat(names: Sequence[str], period: int, stat: str) -> dict[str, Any]:
    namespace, name, *pairs = names
    dimensions = [{"Name": key, "Value": value} for key, value in zip(pairs[::2], pairs[1::2], strict=True)]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    return {"Metric": metric, "Period": period, "Stat": stat}

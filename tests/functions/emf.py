"""Metrics as functions print them. Source: CloudWatch user guide, "Specification: Embedded metric format"."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

NAMESPACE = "SpecWizard"


class Metric(NamedTuple):
    """One metric of one line. dimensions: name -> value."""

    name: str
    unit: str
    values: tuple[float, ...]
    dimensions: tuple[tuple[str, str], ...]


def printed(output: str) -> list[Metric]:
    """The metrics in what a function printed, in order, each read as CloudWatch reads it."""
    return [metric for line in output.splitlines() for metric in _metrics(line)]


def of_environment(output: str) -> dict[str, tuple[float, ...]]:
    """Metric -> values, where no metric has another dimension than Environment=dev."""
    values: dict[str, tuple[float, ...]] = {}
    for metric in printed(output):
        assert metric.dimensions == (("Environment", "dev"),), metric
        values[metric.name] = values.get(metric.name, ()) + metric.values
    return values


def _metrics(line: str) -> list[Metric]:
    document: dict[str, Any] = json.loads(line)
    found = []
    for directive in document["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == NAMESPACE
        (dimensions,) = directive["Dimensions"]
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            values = tuple(value) if isinstance(value, list) else (value,)
            found.append(
                Metric(
                    metric["Name"],
                    metric["Unit"],
                    values,
                    tuple((name, document[name]) for name in sorted(dimensions)),
                )
            )
    return found

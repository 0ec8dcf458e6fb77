"""What one alarm is: data, from which the resource and the page of the documentation are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from constructs_lib.monitoring.metrics import Metric

FIVE_MINUTES, HOUR = 300, 3600

Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold"]
Missing = Literal["notBreaching", "ignore"]


@dataclass(frozen=True)
class Alarm:
    """Goes off where the sum of `metrics` exceeds `threshold` in one period.

    meaning, action: one sentence or two each, for who is woken by it. affects_users: it is a part of the
    composite `unhealthy`. missing: "ignore" keeps the state until there is a new measurement, for what is
    measured rarely. in_us_east_1: the metric is only there.
    """

    id: str
    meaning: str
    action: str
    metrics: tuple[Metric, ...]
    threshold: float
    comparison: Comparison = "GreaterThanThreshold"
    period_s: int = FIVE_MINUTES
    missing: Missing = "notBreaching"
    affects_users: bool = False
    in_us_east_1: bool = False

    @property
    def description(self) -> str:
        """What the notification says. CloudWatch takes 1,024 characters."""
        return f"{self.meaning} What to do: {self.action}"

    @property
    def expression(self) -> str | None:
        """Metric math over `ids`; None for a single metric.

        FILL, because a metric that is emitted only when something is wrong has no data otherwise, and
        CloudWatch leaves an alarm on DynamoDB in its state then, whatever it is told about missing data:
        it would stay in ALARM for ever (trap 11).
        """
        if len(self.metrics) == 1:
            return None
        return " + ".join(f"FILL({id_}, 0)" for id_ in self.ids)

    @property
    def ids(self) -> list[str]:
        """Of the metrics in `expression`, in their order."""
        return [f"m{number}" for number in range(len(self.metrics))]

    @property
    def condition(self) -> str:
        """In words, for the documentation."""
        sign = ">" if self.comparison == "GreaterThanThreshold" else "≥"
        names = " + ".join(dict.fromkeys(metric.name for metric in self.metrics))
        span = "1 hour" if self.period_s == HOUR else f"{self.period_s // 60} minutes"
        return f"{names} {sign} {self.threshold:g} in {span} ({self.metrics[0].stat})"


def unhealthy_rule(names: Sequence[str]) -> str:
    """Alarm rule that is true while any of these alarms is on. CloudWatch takes 100 of them."""
    return " OR ".join(f'ALARM("{name}")' for name in names)

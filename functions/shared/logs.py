"""Logs and metrics: JSON lines on standard output, which Lambda sends to the application's log group.

No message text, token or address goes into a log; ids may.
"""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

NAMESPACE = "SpecWizard"


def logger(function: str) -> Logger:
    """The logger of a function, by the name of its folder. An alarm looks at level ERROR (trap 54)."""
    return Logger(service=function)


def metrics(environment: str, **dimensions: str) -> EphemeralMetrics:
    """Metrics of their own, printed as EMF by `flush_metrics()`; they say nothing before that.

    They have the dimension Environment and these, and no `service`, which Powertools adds by itself where
    POWERTOOLS_SERVICE_NAME is set: with it each would be a metric of another name to dashboard and alarms.
    """
    made = EphemeralMetrics(namespace=NAMESPACE, service="")
    made.set_default_dimensions(Environment=environment, **dimensions)
    return made

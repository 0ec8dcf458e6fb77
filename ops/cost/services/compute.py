"""Lambda functions, and Lambda's polling of queues."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from environments.naming import resource as physical_name
from environments.ranges import exactly
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.resources import Resource

POLLERS = 5
"""With so many connections Lambda polls a queue that is empty (Lambda developer guide, Amazon SQS)."""
POLLS = POLLERS * 3 * 60 * 730
"""In a month: each waits 20 s for a message."""


def function(resource: Resource, month: Month) -> Iterator[Metered]:
    """Invocations, and GB-seconds by memory and architecture."""
    used, name = month.used(), str(resource.values.get("function_name", ""))
    folder = name.removeprefix(physical_name(month.environment, "")).replace("-", "_")
    invocations = used.invocations(folder)
    if invocations is None:
        raise NoAssumptionError(f"how often {name or 'it'} runs, and for how long, is not assumed")
    memory_gb = Decimal(int(resource.values.get("memory_size") or 128)) / 1024
    architecture = next(iter(resource.values.get("architectures") or ()), "x86_64")
    seconds = invocations * used.usage.function_ms[folder] / 1000
    yield Metered("lambda.requests", invocations, "invocations")
    yield Metered(f"lambda.{architecture}", seconds * memory_gb, "GB-seconds")
    if resource.block("tracing_config").get("mode") == "Active":
        yield Metered("xray.traces", invocations, "traces")


def event_source(resource: Resource, month: Month) -> Iterator[Metered]:
    """A queue is polled whether anything is in it or not; a stream for nothing."""
    if not resource.values.get("starting_position"):
        yield Metered("sqs.requests", exactly(POLLS), "Lambda's polling of the queue")

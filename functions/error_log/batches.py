"""Log events, cut into what one PutLogEvents takes. Source of the limits: its page in the API reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from functions.error_log.payload import LogEvent

MAXIMUM_EVENTS = 10_000
MAXIMUM_BYTES = 1_048_576
OVERHEAD_BYTES = 26
"""What CloudWatch Logs adds to the bytes of each message."""

OLDEST, NEWEST = timedelta(days=14), timedelta(hours=2)
"""How long before and after now an event may be."""

STREAM_NAME_LENGTH = 512


def acceptable(events: Iterable[LogEvent], now: datetime) -> list[LogEvent]:
    """Those that CloudWatch Logs takes at this time, the earliest first."""
    earliest, latest = (int(moment.timestamp() * 1000) for moment in (now - OLDEST, now + NEWEST))
    return sorted(event for event in events if earliest <= event.timestamp <= latest)


def by_day(events: Iterable[LogEvent]) -> dict[str, list[LogEvent]]:
    """Day in UTC, such as 2025/03/01 -> its events. So no batch spans more than 24 hours, either."""
    days: dict[str, list[LogEvent]] = {}
    for event in events:
        day = datetime.fromtimestamp(event.timestamp / 1000, UTC).strftime("%Y/%m/%d")
        days.setdefault(day, []).append(event)
    return days


def stream_name(day: str, source: str) -> str:
    """The log stream of a day's errors of one stream."""
    return f"{day}/{source}"[:STREAM_NAME_LENGTH]


def batches(events: Iterable[LogEvent]) -> Iterator[list[LogEvent]]:
    """In order, each within the limits."""
    batch: list[LogEvent] = []
    size = 0
    for event in events:
        event, bytes_ = _fitting(event)
        if batch and (len(batch) == MAXIMUM_EVENTS or size + bytes_ > MAXIMUM_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += bytes_
    if batch:
        yield batch


def _fitting(event: LogEvent) -> tuple[LogEvent, int]:
    """The event, cut off if it alone is larger than a batch, and its size."""
    text = event.message.encode()
    if len(text) + OVERHEAD_BYTES > MAXIMUM_BYTES:
        text = text[: MAXIMUM_BYTES - OVERHEAD_BYTES]
        message = text.decode(errors="ignore")
        return LogEvent(event.timestamp, message), len(message.encode()) + OVERHEAD_BYTES
    return event, len(text) + OVERHEAD_BYTES

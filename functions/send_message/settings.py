"""Settings of send_message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """jobs_queue_url: the queue of the worker, which gives the answers."""

    environment: str
    table_name: str
    jobs_queue_url: str

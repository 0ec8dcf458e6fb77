"""Settings of disconnect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where connections are kept."""

    environment: str
    table_name: str

"""What the function is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """environment: dev, staging or prod. error_log_group: the log group that errors are copied into."""

    environment: str
    error_log_group: str

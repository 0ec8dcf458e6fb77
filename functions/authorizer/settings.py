"""Settings of the authorizer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """allowed_origins: as a browser sends them, such as https://wizard.example.com."""

    environment: str
    table_name: str
    allowed_origins: tuple[str, ...]

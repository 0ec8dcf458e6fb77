"""What the function is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """environment: dev, staging or prod. secret_arns: `name=arn` of each secret to measure."""

    environment: str
    secret_arns: tuple[str, ...]

    def secrets(self) -> dict[str, str]:
        """Name -> ARN."""
        return dict(item.split("=", 1) for item in self.secret_arns)

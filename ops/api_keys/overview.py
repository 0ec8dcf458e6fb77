"""What is known of an environment's secrets without their values: since when, read when, due when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from environments import naming
from ops.api_keys.kinds import KINDS
from ops.api_keys.store import KeySecret

SIGNING_KEY = "cloudfront-signing-key"


@dataclass(frozen=True)
class Row:
    """One secret. set_at: of the value in use, None if it is empty. used: the day it was last read.

    due: when it is to be replaced, None where nothing asks for that. previous: whether there is a value to go
    back to.
    """

    name: str
    set_at: datetime | None
    used: datetime | None
    due: datetime | None
    previous: bool

    def age(self, now: datetime) -> timedelta | None:
        """How long the value has been in use."""
        return now - self.set_at if self.set_at else None

    def overdue(self, now: datetime) -> bool:
        """Whether it is to be replaced."""
        return self.due is not None and now >= self.due

    def as_json(self, now: datetime) -> dict[str, Any]:
        """For programs; times in ISO 8601, `last_used` as a date."""
        age = self.age(now)
        return {
            "name": self.name,
            "set": self.set_at is not None,
            "set_at": self.set_at.astimezone(UTC).isoformat() if self.set_at else None,
            "age_days": round(age.total_seconds() / 86_400, 3) if age is not None else None,
            "last_used": self.used.astimezone(UTC).date().isoformat() if self.used else None,
            "due": self.due.astimezone(UTC).date().isoformat() if self.due else None,
            "overdue": self.overdue(now),
            "previous": self.previous,
        }


def rows(client: Any, environment: str, max_age_days: int) -> list[Row]:
    """The API keys and the signing key. client: of Secrets Manager. OpsError STATE: not deployed."""
    longest = timedelta(days=max_age_days)
    found = [_row(client, environment, kind.name, longest) for kind in KINDS]
    return [*found, _row(client, environment, SIGNING_KEY, None)]


def _row(client: Any, environment: str, name: str, longest: timedelta | None) -> Row:
    secret = KeySecret(client, naming.secret(environment, name), environment)
    labels = secret.labels()
    if labels.current is None:
        return Row(name, None, None, None, previous=False)
    version = secret.versions()[labels.current]
    due = version.created + longest if longest else None
    return Row(name, version.created, version.used, due, labels.previous is not None)

"""Keys and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from environments.ranges import Range, exactly
from ops.cost.metering import Metered, Month
from ops.cost.resources import Resource

CHARGED_VERSIONS = 3
"""The key as it was made, and two rotations; later ones are not charged (AWS, April 2024; from memory)."""


def key(resource: Resource, month: Month) -> Iterator[Metered]:
    """Low: the key is new. High: it was rotated twice, after two years."""
    rotated = bool(resource.values.get("enable_key_rotation"))
    versions = Range(Decimal(1), Decimal(CHARGED_VERSIONS if rotated else 1))
    yield Metered("kms.key", versions, "key, and up to two rotations" if rotated else "key")
    if "messages-key" in resource.label and month.own:
        requests = month.own.sessions * month.own.usage.key_requests_per_session
        yield Metered("kms.requests", requests, "requests of all keys of the environment")
    if resource.label.startswith("audit-trail") and not month.own:
        requests = month.account.trail_files * month.account.key_requests_per_trail_file
        yield Metered("kms.requests", requests, "requests of all keys of the account")


def secret(resource: Resource, month: Month) -> Iterator[Metered]:
    """Reads are shared out between the secrets that there are."""
    yield Metered("secrets.secret", exactly(1), "secret")
    if month.own:
        reads = month.own.sessions * month.own.usage.secret_reads_per_session
        share = reads / len(month.all(resource.type))
        yield Metered("secrets.requests", share, "reads")

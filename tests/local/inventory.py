"""What a local AWS holds of the project: the inventory of `ops`, as tests compare it."""

from __future__ import annotations

from ops import inventory
from ops.inventory import Item
from ops.inventory.monitoring import API_LOGS
from ops.local_aws.example import REGION
from ops.local_aws.instance import LocalAws

ALWAYS = "identity", "identity provider"
"""Nobody else makes these in a test's own AWS, and their names are not ours."""


def left_over(local_aws: LocalAws, environment: str) -> list[str]:
    """What services still hold of an environment; keys on their way out do not count."""
    return sorted(
        str(item)
        for item in everything(local_aws)
        if inventory.belongs(item, environment)
        or (item.name.startswith(API_LOGS) and item.name.endswith(f"/{environment}"))
    )


def project(local_aws: LocalAws) -> list[str]:
    """Everything of the project but its remote state, each by a name with its kind before it."""
    return sorted(
        str(item)
        for item in everything(local_aws)
        if inventory.is_ours(item) or item.kind in ALWAYS or item.name.startswith(API_LOGS)
    )


def everything(local_aws: LocalAws) -> list[Item]:
    """All that there is, whoever it belongs to."""
    found = list(inventory.everything(local_aws.client, REGION))
    items = [item for item in found if isinstance(item, Item)]
    assert len(items) == len(found), "not every service could be asked"
    return items

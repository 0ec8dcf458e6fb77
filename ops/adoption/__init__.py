"""Taking back what an interrupted apply made and could not write down.

Terraform saves the state of a running apply every 20 seconds, and TF_STATE_PERSIST_INTERVAL cannot make that
less. What it made since then is lost from the state if it is killed, and the next apply would fail: "already
exists". Here the resources that a plan wants to create are looked for in AWS; those that carry this
environment's tags are imported.

Only resources with a name of their own matter: settings of a bucket, policies of a role or a key, topics,
subscriptions, scaling targets, rules, alarms, dashboards and filters are written again over themselves. What
cannot be tagged (an alias, a cache policy, a template) counts as ours by its name, which begins with the
project's and the environment's. What lies in something else (a route in an API) is looked for once a plan
knows that something's id: each plan that imports more may know more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from environments import naming
from ops.adoption import account, backup, chat, edge, foundation, functions, mail, queries
from ops.adoption.answers import Find
from ops.terraform import Change

FILE = "adopted.tf.json"

FINDERS: dict[str, tuple[str, Find]] = {
    **foundation.FINDERS,
    **edge.FINDERS,
    **mail.FINDERS,
    **account.FINDERS,
    **functions.FINDERS,
    **chat.FINDERS,
    **queries.FINDERS,
    **backup.FINDERS,
}
"""Type of resource -> service that is asked, and who asks it."""


def find(
    changes: Iterable[Change], environment: str, region: str, ours: dict[str, str] | None = None
) -> dict[str, str]:
    """Address -> import id of each resource that the plan would create and that is there already.

    ours: the tags by which it is known; when left out, those that Terraform gives the environment.
    """
    from ops import aws

    session = aws.session(region)
    clients: dict[str, Any] = {}
    if ours is None:
        ours = {"Project": naming.PROJECT, "Environment": environment, "ManagedBy": "terraform"}
    found: dict[str, str] = {}
    for change in changes:
        if change.actions != ("create",) or change.type not in FINDERS:
            continue
        service, finder = FINDERS[change.type]
        if service not in clients:
            clients[service] = aws.client(service, region, within=session)
        with aws.aws_errors(f"looking for {change.address}, which an interrupted apply may have made"):
            identifier = finder(clients[service], change.after, ours)
        if identifier:
            found[change.address] = identifier
    return found


def not_imported(changes: Iterable[Change], found: Collection[str]) -> list[str]:
    """Addresses that a plan with these import blocks creates all the same.

    What a killed apply has replaced: the state knows the old one, which is gone, by the same address, and to
    such an address Terraform imports nothing. It would make a second one.
    """
    return [one.address for one in changes if one.address in found and one.actions == ("create",)]


def write(directory: Path, found: dict[str, str]) -> None:
    """Import blocks beside the stack, for the next plan; `remove` them after it: a saved plan holds them."""
    from ops.files import write_private

    blocks = [{"to": address, "id": identifier} for address, identifier in sorted(found.items())]
    write_private(directory / FILE, json.dumps({"import": blocks}, indent=2) + "\n")


def remove(directory: Path) -> None:
    """A later plan must not try to import what may be gone by then."""
    (directory / FILE).unlink(missing_ok=True)

"""What an AWS account holds of the project, asked of every service that the stacks use.

By names and descriptions: what the project makes has its name and its environment's in them. Records in
Route 53 are not listed; they belong to zones that are somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from environments import naming
from ops.inventory import account, compute, data, delivery, messaging, monitoring
from ops.inventory.model import Clients, Item, Lister

__all__ = ["Clients", "Item", "Lister", "NotAsked", "belongs", "everything", "is_ours"]

LISTERS: tuple[Lister, ...] = (
    *data.LISTERS,
    *compute.LISTERS,
    *messaging.LISTERS,
    *monitoring.LISTERS,
    *delivery.LISTERS,
    *account.LISTERS,
)

REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


@dataclass(frozen=True)
class NotAsked:
    """A kind of thing that could not be listed, and what AWS said to that."""

    kind: str
    reason: str


def everything(clients: Clients, region: str, *, first: bool = True) -> Iterator[Item | NotAsked]:
    """All that the services of one region hold; first: also what every region would list alike.

    A permission that is missing is told and the rest goes on; other failures are botocore's exceptions.
    """
    from botocore.exceptions import ClientError

    for lister in LISTERS:
        if lister.everywhere and not first:
            continue
        try:
            for found in lister.names(clients(lister.service)):
                name, id_ = found if isinstance(found, tuple) else (found, found)
                yield Item(lister.kind, name, id_, region)
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSED:
                raise
            yield NotAsked(lister.kind, error.response["Error"].get("Message", ""))


def is_ours(item: Item) -> bool:
    """Whether it has the project's name; the remote state, which belongs to no stack, does not count."""
    if any(word in item.name for word in ("tfstate", "tflock", "Terraform state of")):
        return False
    return naming.PROJECT in item.name or "Specification Wizard" in item.name


def belongs(item: Item, environment: str) -> bool:
    """Whether it is of this environment, or of the account's stack, by its name."""
    name = item.name
    if not is_ours(item):
        return False
    if f"{naming.PROJECT}-{naming.ACCOUNT}-" in name:  # its roles for pipelines name an environment
        return environment == naming.ACCOUNT
    if name.startswith(naming.trail()):
        return environment == naming.ACCOUNT
    words = f"-{environment}-", f"/{environment}/", f"({environment})"
    return name.endswith((f"-{environment}", f"/{environment}")) or any(word in name for word in words)

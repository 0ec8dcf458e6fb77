"""What of a stack would be destroyed: its resources as they are in the state, and what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ops.destroy import holdings, protection
from ops.destroy.holdings import Client, Holding
from ops.plans.document import Resource
from ops.plans.synthesized import Synthesized
from ops.recovery import tables
from ops.recovery.tables import Table
from ops.stacks import Stack, is_account

GLOBAL_REGION = "us-east-1"
TABLE = "aws_dynamodb_table"


@dataclass(frozen=True)
class Doomed:
    """resources: of the state. holdings: what those hold that can hold data, and the other generations.

    generations: tables of restores that are in no state: earlier ones, and those that were never switched to.
    """

    resources: tuple[Resource, ...]
    holdings: tuple[Holding, ...]
    generations: tuple[Table, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many resources of each type, most first."""
        return dict(Counter(resource.type for resource in self.resources).most_common())

    @property
    def apis(self) -> list[str]:
        """Ids of the APIs."""
        return [str(r.values["id"]) for r in self.resources if r.type == "aws_apigatewayv2_api"]

    @property
    def buckets(self) -> list[Holding]:
        """The buckets that have to be emptied."""
        return [one for one in self.holdings if one.kind == "bucket" and one.present and not one.empty]


def find(resources: Iterable[Resource], stack: Stack, client: Client) -> Doomed:
    """Count what the resources hold. Raises OpsError."""
    found = tuple(resources)
    held = tuple(holdings.look(found, stack.aws_region, client))
    others = _other_generations(found, stack, client)
    of_restores = (Resource(one.name, TABLE, {"name": one.name, "arn": one.arn}, {}) for one in others)
    more = (
        replace(one, note=", ".join(filter(None, ("of a restore, in no state", one.note))))
        for one in holdings.look(of_restores, stack.aws_region, client)
    )
    return Doomed(found, (*held, *more), others)


def _other_generations(resources: Iterable[Resource], stack: Stack, client: Client) -> tuple[Table, ...]:
    """The environment's tables that Terraform will not destroy, because it was told to forget them."""
    if is_account(stack.name):
        return ()
    known = {str(one.values["name"]) for one in resources if one.type == TABLE}
    there = tables.of_environment(client("dynamodb", stack.aws_region), stack.environment)
    return tuple(one for one in there if one.name not in known)


def refuse_protected(stack: Stack, doomed: Doomed, code: Synthesized, client: Client) -> None:
    """Raise OpsError (PROTECTED) where configuration, AWS or an environment that needs it forbids it."""
    if protecting := protectors(stack):
        protection.refuse_protected(stack.name, protection.by_terraform(code), protecting)
    protection.refuse_undeployed(
        stack.name, protection.by_aws(doomed.resources, client("dynamodb", stack.aws_region))
    )
    if is_account(stack.name):
        protection.refuse_while_in_use(stack, client("s3", stack.aws_region))


def protectors(stack: Stack) -> list[str]:
    """The environments whose configuration protects a stack: itself, or those in an account."""
    import environments

    if not is_account(stack.name):
        return [stack.name] if environments.load(stack.name).protected else []
    account = environments.load_accounts(environments.selected())[stack.name]
    if not account.protected:
        return []
    return [name for name in account.environments if environments.load(name).protected]


def regions(stack: Stack) -> list[str]:
    """Where a stack may have something: its region, and us-east-1 for what CloudFront needs."""
    return list(dict.fromkeys([stack.aws_region, GLOBAL_REGION]))

"""What the commands about a state share: whose state it is, and what it holds now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ops.stacks import Stack
    from ops.state.document import State
    from ops.state.store import Store

Environment = Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)]
Say = Callable[[str], None]
"""Prints a line for people; on standard error where standard output is for programs."""


def verified(environment: str) -> Stack:
    """Where its state lies, once the credentials are known to belong to its account."""
    from ops import aws, stacks

    stack = stacks.find(environment)
    aws.verify_caller(stack.aws_account_id, stack.aws_region)
    return stack


def store_of(environment: str) -> Store:
    """The object of its state, once the credentials are known to belong to its account."""
    from ops.state.store import Store

    return Store.of(verified(environment))


def current_state(store: Store) -> State:
    """Raises OpsError STATE where nothing is deployed, and UNSOUND where the object cannot be read."""
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.state import history

    name = store.owner.environment
    if not (versions := store.versions()):
        raise OpsError(
            f"{name} has no state: nothing was ever deployed.",
            hint=f"cdktf deploy {name}",
            code=ExitCode.STATE,
        )
    entry = history.read(store, versions[:1])[0]
    if entry.state is None:
        raise OpsError(
            f"The state of {name} {entry.damage}.",
            hint=f"ops state doctor {name}  names the way back.",
            code=ExitCode.UNSOUND,
        )
    return entry.state

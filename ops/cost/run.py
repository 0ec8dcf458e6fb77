"""The estimates that were asked for: synthesizes what they need, and what shares the free tier with it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import environments
from environments import ENVIRONMENTS, naming, usage
from environments.accounts import Account
from ops import synth
from ops.cost import bill, prices, resources
from ops.cost.estimate import Estimate
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.plans.synthesized import FILE
from ops.stacks import is_account

ALL = "all"


@dataclass(frozen=True)
class Answer:
    """estimates: by stack, in the order asked for. notes: of the run as a whole."""

    estimates: dict[str, Estimate]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Wanted:
    """columns: stack names as asked for; of_environments: those whose accounts are meant by `account`."""

    columns: tuple[str, ...]
    of_environments: tuple[str, ...]


def estimates(names: Sequence[str], *, free_tier: bool = False) -> Answer:
    """The monthly cost of these stacks: environments, `account`, or `all`. Needs neither AWS nor a state.

    Raises OpsError (CONFIGURATION) for a name that is none, ConfigurationError for a wrong configuration.
    """
    wanted = _wanted(names)
    accounts = environments.load_accounts(wanted.of_environments)
    environments.load_all(wanted.of_environments)
    notes: list[str] = []
    others = _others(accounts.values(), wanted.of_environments, notes) if free_tier else []
    priced = [name for name in ENVIRONMENTS if name in (*wanted.of_environments, *others)]
    listed, usages, account_usage = prices.load(), *usage.load()
    found: dict[str, Estimate] = {}
    with tempfile.TemporaryDirectory(prefix="spec-wizard-cost-") as directory:
        made = synth.synthesize_all(priced, Path(directory))
        for stack_name, account in accounts.items():
            stacks = [
                _stack(name, account.aws_region, made / name)
                for name in account.environments
                if name in priced
            ]
            stacks.append(_stack(usage.ACCOUNT, account.aws_region, made / stack_name))
            estimated = bill.of_account(
                stacks, listed, usages, account_usage, members=account.environments, free_tier=free_tier
            )
            found |= {stack_name if name == usage.ACCOUNT else name: one for name, one in estimated.items()}
    columns = _expanded(wanted.columns, accounts)
    return Answer({name: found[name] for name in columns}, tuple(notes))


def _wanted(names: Sequence[str]) -> _Wanted:
    for name in names:
        if name not in ENVIRONMENTS and name != ALL and not is_account(name):
            raise OpsError(
                f"{name!r} is neither an environment nor an account's stack.",
                hint=f"Name one or more of: {', '.join([*ENVIRONMENTS, naming.ACCOUNT])}; or: {ALL}.",
                code=ExitCode.CONFIGURATION,
            )
    if ALL in names:
        return _Wanted((*ENVIRONMENTS, naming.ACCOUNT), ENVIRONMENTS)
    chosen = tuple(name for name in ENVIRONMENTS if name in names)
    return _Wanted(tuple(dict.fromkeys(names)), chosen or environments.selected())


def _expanded(columns: Iterable[str], accounts: dict[str, Account]) -> list[str]:
    """`account` means each account's stack, where there are several."""
    return [
        name
        for column in columns
        for name in (accounts if column == naming.ACCOUNT and column not in accounts else (column,))
    ]


def _others(accounts: Iterable[Account], asked: Iterable[str], notes: list[str]) -> list[str]:
    """The accounts' other environments, which take their part of what is free, asked for or not."""
    complete = []
    for name in (name for account in accounts for name in account.environments if name not in asked):
        try:
            environments.load(name)
        except environments.ConfigurationError:
            notes.append(f"{name} is not configured completely: it takes no part of the free tier here.")
        else:
            complete.append(name)
    if complete:
        notes.append(f"The free tier is shared with the account's other environments: {', '.join(complete)}.")
    return complete


def _stack(name: str, region: str, directory: Path) -> bill.Stack:
    document = json.loads((directory / FILE).read_text(encoding="utf-8"))
    return bill.Stack(name, region, resources.of_stack(document))

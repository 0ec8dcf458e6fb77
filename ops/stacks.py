"""The stacks that commands may be about: the environments, and the AWS accounts they live in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from environments import ENVIRONMENTS, naming


class StateOwner(Protocol):
    """Whoever has a Terraform state: an environment's configuration is one, a `Stack` another."""

    @property
    def environment(self) -> str:
        """Its name in the state's key."""

    @property
    def aws_account_id(self) -> str:
        """12 digits."""

    @property
    def aws_region(self) -> str:
        """Of the state bucket."""


@dataclass(frozen=True)
class Stack:
    """A stack and where its state lies. name: as cdktf knows it; environment: its name in the state's key."""

    name: str
    environment: str
    aws_account_id: str
    aws_region: str


def is_account(name: str) -> bool:
    """Whether it is an account's stack: `account`, or `account-<12 digits>` where a run is about several."""
    return name == naming.ACCOUNT or name.startswith(f"{naming.ACCOUNT}-")


def find(name: str) -> Stack:
    """The stack of this name. Raises ConfigurationError, or OpsError CONFIGURATION if there is none.

    An account's stack is one of those behind the environments that ENVIRONMENT names.
    """
    import environments
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    if not is_account(name):
        config = environments.load(name)
        return Stack(name, name, config.aws_account_id, config.aws_region)
    accounts = environments.load_accounts(environments.selected())
    if name not in accounts:
        raise OpsError(
            f"{name!r} is no stack of this run.",
            hint=f"Name one of: {', '.join([*accounts, *ENVIRONMENTS])}.",
            code=ExitCode.CONFIGURATION,
        )
    account = accounts[name]
    return Stack(name, naming.ACCOUNT, account.aws_account_id, account.aws_region)


def account_of(environment: str) -> Stack:
    """The account's stack behind one environment."""
    import environments

    ((name, account),) = environments.load_accounts((environment,)).items()
    return Stack(name, naming.ACCOUNT, account.aws_account_id, account.aws_region)

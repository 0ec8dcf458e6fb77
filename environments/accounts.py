"""The AWS accounts behind the environments: one stack each, of what AWS has once per account.

What an account's stack holds must not depend on which environments a run is about, or each run would undo
the other's. So every environment that says it lives in the account is looked at, whether it is complete or
not; those values of it that the stack needs must be right, and must agree where there can be only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from environments import ENVIRONMENTS, naming
from environments.account import AccountConfig
from environments.loading import Attempt, Sources
from environments.mail import EmailConfig, identity_name
from environments.problems import ConfigurationError, Problem

SHARED = ("aws_region", *(f"account.{field}" for field in AccountConfig.model_fields))
"""Fields in which environments of one account must agree."""

READ = (
    *SHARED,
    "aws_account_id",
    "ses_from_email",
    "alert_email",
    "protected",
    *(f"email.{field}" for field in EmailConfig.model_fields),
)
"""Fields that an account's stack is made of."""

EMAIL_SHARED = ("hosted_zone_id", "mail_from_subdomain", "dmarc_policy")


@dataclass(frozen=True)
class MailIdentity:
    """What SES verifies. name: the domain or the address; the rest is for a domain."""

    kind: Literal["domain", "address"]
    name: str
    hosted_zone_id: str | None
    mail_from_subdomain: str
    dmarc_policy: Literal["none", "quarantine", "reject"]


@dataclass(frozen=True)
class Account:
    """One AWS account. environments: those that live in it; protected: whether any of them is."""

    stack: str
    aws_account_id: str
    aws_region: str
    environments: tuple[str, ...]
    alert_emails: tuple[str, ...]
    identities: tuple[MailIdentity, ...]
    protected: bool
    settings: AccountConfig


def load_accounts(
    names: Iterable[str], *, root: Path | None = None, process_env: Mapping[str, str] | None = None
) -> dict[str, Account]:
    """The accounts of these environments by stack name: `account`, or `account-<id>` where there are several.

    Raises ConfigurationError with all that is wrong.
    """
    sources = Sources(root, process_env)
    attempts = {name: Attempt(name, sources) for name in ENVIRONMENTS}
    homes = {name: attempt.value("aws_account_id") for name, attempt in attempts.items()}
    selected = tuple(names)
    problems = [p for name in selected if not homes[name] for p in attempts[name].problems_of(READ)]
    wanted = dict.fromkeys(homes[name] for name in selected if homes[name])
    accounts = {}
    for account_id in wanted:
        members = [attempt for name, attempt in attempts.items() if homes[name] == account_id]
        stack = naming.ACCOUNT if len(wanted) == 1 else f"{naming.ACCOUNT}-{account_id}"
        wrong = [p for member in members for p in member.problems_of(READ)] or list(_disagreements(members))
        problems += wrong
        if not wrong:
            accounts[stack] = _account(stack, account_id, members)
    if problems:
        raise ConfigurationError(problems)
    return accounts


def _account(stack: str, account_id: str, members: list[Attempt]) -> Account:
    identities = dict.fromkeys(_identity(member) for member in members)
    return Account(
        stack=stack,
        aws_account_id=account_id,
        aws_region=members[0].value("aws_region"),
        environments=tuple(member.name for member in members),
        alert_emails=tuple(dict.fromkeys(member.value("alert_email") for member in members)),
        identities=tuple(identities),
        protected=any(member.value("protected") for member in members),
        settings=AccountConfig(
            **{field: members[0].value(f"account.{field}") for field in AccountConfig.model_fields}
        ),
    )


def _identity(member: Attempt) -> MailIdentity:
    sender, kind = member.value("ses_from_email"), member.value("email.identity")
    return MailIdentity(
        kind=kind,
        name=identity_name(sender, kind),
        **{field: member.value(f"email.{field}") for field in EMAIL_SHARED},
    )


def _disagreements(members: list[Attempt]) -> Iterable[Problem]:
    """One problem for each environment that says something else than the first of its account."""
    first = members[0]
    for other in members[1:]:
        for path in SHARED:
            yield from _differing(path, first, other)
    identities: dict[tuple[str, str], Attempt] = {}
    for member in members:
        identity = _identity(member)
        earlier = identities.setdefault((identity.kind, identity.name), member)
        for field in EMAIL_SHARED:
            yield from _differing(f"email.{field}", earlier, member)


def _differing(path: str, first: Attempt, other: Attempt) -> Iterable[Problem]:
    ours: Any = first.value(path)
    if other.value(path) != ours:
        yield other.refusal(
            path, f"differs from {first.name}'s ({ours}), which is in the same account; there is one for both"
        )

"""A new key for OpenAI by its Admin API, so that no moment of interruption loses, leaks or breaks one.

Each key has a service account of its own, whose id is a label of the secret's version. All accounts of one
secret have the same name, made of environment, AWS account and region. An account of that name on no version
in use is what an interrupted run left: nobody has its key, because a key is in memory until it is in the
secret. It is deleted by the next run, once it is too old to belong to a run that is still under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.api_keys.admin import Account, AdminApi
from ops.api_keys.kinds import Key
from ops.api_keys.store import PENDING, PREVIOUS, KeySecret, Labels
from ops.errors import OpsError
from ops.exit_codes import ExitCode

LABEL = "service-account:"
UNDER_WAY = timedelta(minutes=15)
"""So long a run may take, differences of clocks included."""


def account_name(environment: str, account_id: str, region: str) -> str:
    """Of the service accounts of one secret: two AWS accounts may share a project at OpenAI."""
    return f"spec-wizard-{environment} {account_id} {region}"


def account_of(labels: Labels, version: str | None) -> str | None:
    """The service account behind a version, where a rotation made it."""
    found = labels.versions.get(version or "", ())
    return next((label.removeprefix(LABEL) for label in found if label.startswith(LABEL)), None)


@dataclass
class Rotation:
    """accepted: the test call, which raises OpsError; say: told what is done, a sentence at a time."""

    secret: KeySecret
    admin: AdminApi
    name: str
    accepted: Callable[[Key], None]
    say: Callable[[str], None]

    def begin(self) -> None:
        """Make a key, try it, put it in use; the old one stays valid. OpsError: the old one is in use."""
        seen = self.secret.labels()
        self._remove_left(seen)
        account, key = self.admin.create(self.name)
        try:
            self.say(f"Created the service account {account.id} with a new key.")
            self.accepted(key)
            self.say("OpenAI takes the new key.")
            self.secret.set(key, seen, LABEL + account.id)
        except BaseException:
            self._undo(account)
            raise
        self.say("The new key is in use: workers read it when they start, or when the old one is refused.")

    def finish(self, *, unread: bool) -> None:
        """Delete the account of the previous key. unread: even if nobody has read the new key yet.

        OpsError STATE: the current key is none of a rotation; INCOMPLETE: nobody has read it.
        """
        seen = self.secret.labels()
        if seen.current is None or account_of(seen, seen.current) is None:
            raise OpsError(
                f"The key in use of {self.secret.name} was set by hand, so there is no rotation to finish.",
                hint="ops secrets rotate … without --finish makes one.",
                code=ExitCode.STATE,
            )
        if not unread and self.secret.versions()[seen.current].used is None:
            raise OpsError(
                f"Nobody has read the new value of {self.secret.name} yet: the workers that run still use"
                " the old key.",
                hint="Wait until they are started anew (hours), or add --unread: a worker whose key is"
                " refused reads the new one and asks again.",
                code=ExitCode.INCOMPLETE,
            )
        self._remove_previous(seen)
        self._remove_left(self.secret.labels())

    def _remove_previous(self, seen: Labels) -> None:
        if seen.previous is None:
            self.say("There is no previous key.")
        elif account := account_of(seen, seen.previous):
            self.secret.unlabel(seen.previous, PREVIOUS)  # first: nobody goes back to a key that ends
            self.admin.delete(account)
            self.secret.unlabel(seen.previous, LABEL + account)
            self.say(f"Deleted the service account {account} and with it the previous key.")
        else:
            self.say(
                "The previous key was made by hand and is still valid: delete it at"
                " https://platform.openai.com/api-keys"
            )

    def _remove_left(self, seen: Labels) -> None:
        """What interrupted runs left, at OpenAI and among the labels."""
        there = {account.id: account for account in self.admin.accounts() if account.name == self.name}
        kept = {account_of(seen, version) for version in (seen.current, seen.previous)}
        young = {one.id for one in there.values() if datetime.now(UTC) - one.created < UNDER_WAY}
        for account in there.keys() - kept:
            if account in young:
                self.say(
                    f"The service account {account} is of a run that is under way or was cut off just now;"
                    " a later run removes it."
                )
            else:
                self.admin.delete(account)
                self.say(f"Deleted the service account {account}, which an interrupted run had left.")
        for version, account in _labelled(seen):
            if account not in kept | young:
                self._forget(version, account)

    def _undo(self, account: Account) -> None:
        """Delete the account, unless its key is in use after all (an answer of AWS that was lost)."""
        try:
            seen = self.secret.labels()
            version = next((v for v, account_id in _labelled(seen) if account_id == account.id), None)
            if version is not None and version == seen.current:
                return
            self.admin.delete(account.id)
            if version is not None:
                self._forget(version, account.id)
        except OpsError:
            self.say(f"The service account {account.id} may be left; a later run removes it.")

    def _forget(self, version: str, account: str) -> None:
        """Take the labels off a version that is in use no more."""
        for label in (PENDING, LABEL + account):
            self.secret.unlabel(version, label)


def _labelled(labels: Labels) -> Iterator[tuple[str, str]]:
    for version in labels.versions:
        if account := account_of(labels, version):
            yield version, account

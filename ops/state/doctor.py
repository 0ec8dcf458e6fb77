"""Looking at everything that keeps a state, and at the state; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from ops import paths, terraform
from ops.aws import aws_errors
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import locks, reconcile
from ops.remote_state.model import Action, Change, Resource
from ops.stacks import Stack
from ops.state import checks, history, lock_modes
from ops.state.checks import Facts, Finding, Level
from ops.state.store import Store

VERSIONS = 25
"""How many of the newest versions are read; more only while none of them is sound."""


@dataclass(frozen=True)
class Report:
    """findings: in the order of looking. right: how many settings are as they should be."""

    findings: list[Finding]
    right: int

    @property
    def wrong(self) -> list[Finding]:
        """What is to be mended."""
        return [one for one in self.findings if one.level is Level.WRONG]


def examine(stack: Stack) -> Report:
    """All of it. Raises OpsError where AWS cannot be asked; what is wrong on AWS is a finding."""
    store = Store.of(stack)
    bootstrap = f"ops bootstrap {_bootstrapped_by(stack)}"
    findings: list[Finding] = []
    unusable: list[Finding] = []
    right = 0
    for resource in reconcile.resources(stack.aws_account_id, stack.aws_region, store.use):
        try:
            changes = _inspected(resource)
        except OpsError as error:
            if error.code is not ExitCode.STATE:
                raise
            found = f"cannot be used: {error.message}"
            unusable.append(Finding(Level.WRONG, resource.label, found, error.hint))
            continue
        # Of a key that cannot be used nobody knows whether it is the one that encrypts.
        known = [one for one in changes if not (unusable and one.setting == "encryption")]
        findings += checks.settings(known, bootstrap)
        right += sum(change.action is Action.RIGHT for change in changes)
    try:
        findings += checks.of_state(_facts(stack, store))
    except OpsError as error:
        if not unusable:
            raise
        reason = f"could not be looked at: {error.message}"
        findings.append(Finding(Level.WRONG, "state", reason, "mend the above, then run this again"))
    return Report([*unusable, *findings], right)


def _inspected(resource: Resource) -> list[Change]:
    with aws_errors(f"looking at the {resource.label}"):
        return reconcile.inspect(resource)


def _facts(stack: Stack, store: Store) -> Facts:
    versions = store.versions()
    entries = history.read(store, versions[:VERSIONS])
    if versions[VERSIONS:] and not any(one.state for one in entries):
        entries = history.read(store, versions)
    return Facts(
        environment=stack.name,
        entries=entries,
        digest=store.digest(),
        locks=locks.read_locks(stack, with_=store.use),
        lock_file_touched=store.lock_file_touched(),
        mode=lock_modes.configured(stack.name),
        synthesized=lock_modes.synthesized(paths.stack_directory(stack.name)),
        terraform=terraform.version(),
    )


def _bootstrapped_by(stack: Stack) -> str:
    """The environment to name: `ops bootstrap` knows environments, and one stands for all of its account."""
    import environments
    from ops.stacks import is_account

    return environments.selected()[0] if is_account(stack.name) else stack.name

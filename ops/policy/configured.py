"""The stacks as this machine's configuration makes them."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path

from environments import ENVIRONMENTS, naming
from ops.policy.stack import Stack

NAME = "configured"
"""Of this one configuration, beside those of ops.policy.reference."""


def stacks(names: Collection[str]) -> dict[tuple[str, str], Stack]:
    """The stacks of these names. Raises OpsError as `ops.synth.synthesize`, ConfigurationError as `selected`.

    `account` is that of the environments named, or of those that ENVIRONMENT names; where a run is about
    several accounts, each is checked.
    """
    import environments
    from ops import synth
    from ops.stacks import is_account

    wanted = [name for name in ENVIRONMENTS if name in names] or list(environments.selected())
    with tempfile.TemporaryDirectory(prefix="spec-wizard-policy-") as folder:
        made = synth.synthesize_all(wanted, Path(folder), without={"SYNTH_HCL_OUTPUT"})
        found = sorted(path.name for path in made.iterdir())
        return {
            (NAME if name == kind else name, kind): Stack.of(made / name, kind)
            for name in found
            if (kind := naming.ACCOUNT if is_account(name) else name) in names
        }

"""Pointing this process, and the programs it starts, at the checkout's own local AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Variables:
    """A change of environment variables. unset: names that must go; assigned: name -> value."""

    unset: tuple[str, ...]
    assigned: Mapping[str, str]


def variables() -> Variables:
    """What leads a process to the local AWS: both `ops --local` and `eval "$(ops local env)"`.

    The example values of configuration are among them. They stand above every file, so that nothing of a real
    account takes part; what they do not name, for example a billing mode, comes from the developer's own
    configuration as usual. Raises OpsError (LOCAL_AWS) where the local AWS does not run.
    """
    from ops.local_aws.example import EXAMPLE_VALUES
    from ops.local_aws.instance import INTERFERING, LocalAws, interferes

    assigned = {**LocalAws.of_checkout().environment(), **EXAMPLE_VALUES}
    more = sorted(name for name in os.environ if interferes(name) and name not in INTERFERING)
    return Variables((*INTERFERING, *more), assigned)


def use() -> dict[str, str]:
    """Set this process's environment as `eval "$(ops local env)"` would; the example values, for showing."""
    from ops.local_aws.example import EXAMPLE_VALUES

    found = variables()
    for name in found.unset:
        os.environ.pop(name, None)
    os.environ.update(found.assigned)
    return dict(EXAMPLE_VALUES)

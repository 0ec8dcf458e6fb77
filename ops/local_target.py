"""Pointing this process, and the programs it starts, at the checkout's own local AWS."""

from __future__ import annotations

import os

from ops.errors import OpsError
from ops.exit_codes import ExitCode


def use() -> dict[str, str]:
    """Set the environment as `eval "$(ops local env)"` would; returns the example values of configuration.

    They stand above every file, so that nothing of a real account takes part; what they do not name, for
    example a billing mode, comes from the developer's own configuration as usual.
    """
    from ops.local_aws.example import EXAMPLE_VALUES
    from ops.local_aws.instance import LocalAws, interferes

    instance = LocalAws.of_checkout()
    if not instance.status().running:
        raise OpsError(
            "The local AWS is not running.", hint="Start it:  ops local start", code=ExitCode.LOCAL_AWS
        )
    for name in [name for name in os.environ if interferes(name)]:
        del os.environ[name]
    os.environ.update(instance.environment() | EXAMPLE_VALUES)
    return dict(EXAMPLE_VALUES)

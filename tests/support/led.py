"""This process as a client of a local AWS."""

from __future__ import annotations

import os

import pytest

from ops.local_aws.instance import LocalAws, interferes


def lead(patch: pytest.MonkeyPatch, instance: LocalAws, **more: str) -> None:
    """Make this process's environment that of a client of `instance`, with these variables besides."""
    for name in [name for name in os.environ if interferes(name)]:
        patch.delenv(name)
    for name, value in {**instance.environment(), **more}.items():
        patch.setenv(name, value)

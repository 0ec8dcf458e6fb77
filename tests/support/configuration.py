"""A complete, valid configuration that reads nothing of the developer's own files."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import environments
from ops.local_aws.example import EXAMPLE_VALUES

ENDPOINT = "https://127.0.0.1:1"
ENVIRONMENTS = environments.ENVIRONMENTS
PUBLIC_KEY_FILE = Path(__file__).parent / "signing_keys" / "one.pem"
"""Whose private half nobody has."""


@cache
def empty_directory() -> Path:
    """A folder without .env files."""
    return Path(tempfile.mkdtemp(prefix="spec-wizard-test-"))


def variables(**changes: str) -> dict[str, str]:
    """The example values as variables, with changes; an empty string leaves a variable unset."""
    return {
        **EXAMPLE_VALUES,
        "AWS_ENDPOINT_URL": ENDPOINT,
        "SPEC_WIZARD_ENV_DIR": str(empty_directory()),
        **changes,
    }


def config(environment: str, **changes: str) -> Any:
    """The configuration of one environment."""
    return environments.load(environment, process_env=variables(**changes))


def accounts(*names: str, **changes: str) -> dict[str, environments.Account]:
    """The accounts of these environments."""
    return environments.load_accounts(names, process_env=variables(**changes))

"""An environment for measured programs that has nothing of the developer's own settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.lazy_bindings import STOCK_SWITCH
from environments.fields import variables
from ops.local_aws.example import EXAMPLE_VALUES

ENDPOINT = "https://127.0.0.1:1"
"""Where nothing listens: a synth asks nobody."""

_STRANGE = ("AWS_", "CDKTF_", "JSII_", "NODE_", "PYTHON", "SPEC_WIZARD_", "TF_VAR_", "TF_LOG")


def environ(directory: Path, **changes: str) -> dict[str, str]:
    """The example configuration, no `.env` file, synthesized files below `directory`; with changes.

    PYTHONDONTWRITEBYTECODE and its like stay out too: a program is measured as it runs the second time.
    """
    configuration = variables()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in configuration and not name.startswith(_STRANGE)
    }
    no_files = directory / "no-env-files"
    no_files.mkdir(parents=True, exist_ok=True)
    return {
        **kept,
        **EXAMPLE_VALUES,
        "AWS_ENDPOINT_URL": ENDPOINT,
        "SPEC_WIZARD_ENV_DIR": str(no_files),
        "CDKTF_OUTDIR": str(directory / "cdktf.out"),
        **changes,
    }


def stock(environment: Mapping[str, str]) -> dict[str, str]:
    """The same with the provider's bindings as published, and jsii's own start."""
    return {**environment, STOCK_SWITCH: "1"}


@contextmanager
def in_this_process(environment: Mapping[str, str]) -> Iterator[None]:
    """This process itself has the environment, for code of `ops` that reads os.environ."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

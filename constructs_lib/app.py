"""The app: one stack per environment, synthesized and made ready for Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cdktf import App

from constructs_lib import working_directory
from constructs_lib.environment_stack import EnvironmentStack
from environments import EnvironmentConfig


def synthesize(configs: Mapping[str, EnvironmentConfig], outdir: str) -> Path:
    """Write the stacks of these environments below `outdir` and return it."""
    app = App(outdir=outdir)
    for name, config in configs.items():
        EnvironmentStack(app, name, config=config)
    app.synth()
    working_directory.prepare(Path(app.outdir))
    return Path(app.outdir)

"""The environments' stacks, synthesized and compared."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import environments
from ops import synth
from ops.parity import configuration
from ops.parity.compare import Comparison, compare
from ops.plans.synthesized import FILE


def comparison(names: Sequence[str]) -> Comparison:
    """Of these environments, by their code and configuration; neither AWS nor a state is asked.

    Raises ConfigurationError where one of them is not configured as it must be.
    """
    configs = environments.load_all(names)
    with tempfile.TemporaryDirectory(prefix="spec-wizard-parity-") as directory:
        made = synth.synthesize_all(configs, Path(directory))
        stacks = {name: json.loads((made / name / FILE).read_text(encoding="utf-8")) for name in configs}
    return compare(stacks, {name: configuration.flat(config) for name, config in configs.items()})

"""What every step of the set-up knows: where the checkout is, its environment, and what was done before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.setup import console
from ops.setup.files import write_atomically

State = dict[str, Any]
"""What a step found, as JSON; equal to the recorded one means that there is nothing to do."""


@dataclass
class Context:
    """One run of the set-up on one checkout."""

    root: Path
    environ: Mapping[str, str]
    python_given: bool = False
    """The user named the interpreter: the virtualenv must then be of its version."""
    stamp: State = field(default_factory=dict)
    """What finished steps recorded, by step name; kept in `.venv/.setup.json`."""
    lock_fd: int | None = None
    """Held by child processes too, so that a killed set-up's children keep the next one waiting."""
    out: console.Console = field(default_factory=console.Console)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def tools(self) -> Path:
        """Git-ignored: Terraform, pipenv, the log, the lock."""
        return self.root / ".tools"

    @property
    def log(self) -> Path:
        return self.tools / "setup.log"

    @property
    def stamp_file(self) -> Path:
        return self.venv / ".setup.json"

    def read_stamp(self) -> None:
        """Load what was recorded; an unreadable record counts as none."""
        try:
            loaded = json.loads(self.stamp_file.read_text("utf-8"))
        except (OSError, ValueError):
            loaded = {}
        self.stamp = loaded if isinstance(loaded, dict) else {}

    def write_stamp(self) -> None:
        """Record what is done so far, if the virtualenv that holds the record is there already."""
        if self.venv.is_dir():
            write_atomically(self.stamp_file, json.dumps(self.stamp, indent=1).encode())

    def recipe(self, *modules: str) -> str:
        """Return one digest over modules of the set-up: a step whose recipe changed is done again."""
        digest = hashlib.sha256()
        for module in modules:
            digest.update((self.root / "ops" / "setup" / f"{module}.py").read_bytes())
        return digest.hexdigest()

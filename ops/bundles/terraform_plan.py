"""What Terraform's own plan file says of the state it was made against."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass

STATE = "tfstate"
"""The state that was planned against, after its refresh; `tfstate-prev`, before that, has no serial.

Terraform compares serial and lineage with what is stored, at the apply. Source: hashicorp/terraform,
internal/plans/planfile, internal/backend/local/backend_local.go.
"""


@dataclass(frozen=True)
class StateVersion:
    """lineage: of the state, "" where there is none yet; serial: counts its versions."""

    lineage: str = ""
    serial: int = 0

    @classmethod
    def of(cls, state: object) -> StateVersion:
        """Of a state's document."""
        if not isinstance(state, dict):
            return cls()
        return cls(str(state.get("lineage") or ""), int(state.get("serial") or 0))


def state_before(plan: bytes) -> StateVersion:
    """The version of the state that the plan in this file starts from."""
    with zipfile.ZipFile(io.BytesIO(plan)) as archive:
        return StateVersion.of(json.loads(archive.read(STATE)))

"""What Terraform's own plan file says of the state it was made against."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass

STATE_BEFORE = "tfstate-prev"
"""The state as it was read, before the refresh. Terraform compares its serial and lineage at the apply.

Source: hashicorp/terraform, internal/plans/planfile.
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
        return StateVersion.of(json.loads(archive.read(STATE_BEFORE)))

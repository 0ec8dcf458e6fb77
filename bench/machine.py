"""The machine that the figures are of."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from typing import Any

from constructs_lib.lazy_bindings import project_node
from ops.terraform import binary


def facts() -> dict[str, Any]:
    """Versions, processors and the date; a program that does not answer is None."""
    terraform = _output(binary(), "version", "-json")
    node = project_node()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "node": _output(str(node), "--version") if node else None,
        "terraform": json.loads(terraform)["terraform_version"] if terraform else None,
    }


def _output(*command: str) -> str | None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()

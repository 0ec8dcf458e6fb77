"""Hand-made Terraform states."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.state import history
from ops.state.history import Entry
from ops.state.store import Version

LINEAGE = "11111111-aaaa-bbbb-cccc-000000000000"
BEGAN = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def resource(type_: str, name: str, *instances: dict[str, Any], mode: str = "managed", **more: Any) -> Any:
    """One resource; each instance is its attributes, or a whole one where it has `attributes`."""
    whole = [one if "attributes" in one else {"attributes": one} for one in instances]
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    return {"mode": mode, "type": type_, "name": name, "provider": provider, "instances": whole, **more}


def text(
    *resources: Any, serial: int = 1, lineage: str = LINEAGE, terraform: str = "1.11.4", **outputs: Any
) -> bytes:
    """As Terraform writes it: indented, the serial among the first lines, a newline at the end."""
    document = {
        "version": 4,
        "terraform_version": terraform,
        "serial": serial,
        "lineage": lineage,
        "outputs": {name: {"value": value, "type": "string"} for name, value in outputs.items()},
        "resources": list(resources),
        "check_results": None,
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def entries(*bodies: bytes | None) -> list[Entry]:
    """Versions of a state, newest first, a minute between any two; None is a delete marker."""
    count = len(bodies)
    return [
        history.entry(
            Version(
                f"v{count - place}",
                BEGAN + timedelta(minutes=count - place),
                len(body or b""),
                not place,
                body is None,
            ),
            body or b"",
        )
        for place, body in enumerate(bodies)
    ]

"""checkov's checks of the synthesized stacks, and the proof that it looked at every resource."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.policy import programs
from ops.policy.model import Finding, Outcome
from ops.policy.stack import Stack

READ = ("resource", "data", "provider")
"""The blocks that it has checks for; at others, such as `removed`, its reader of JSON gives up."""


@dataclass(frozen=True)
class Scan:
    """version: checkov's; checks: the ids of all its checks for Terraform; outcomes: by the stack's key."""

    version: str
    checks: frozenset[str]
    outcomes: dict[str, Outcome]


def scan(stacks: Mapping[str, Stack], binary: Path = programs.BIN) -> Scan:
    """Scan stacks, by any key. Raises OpsError: it could not, or did not look at every resource."""
    with tempfile.TemporaryDirectory(prefix="spec-wizard-policy-") as folder:
        files = {key: _copied(stack, Path(folder, str(n))) for n, (key, stack) in enumerate(stacks.items())}
        answer = programs.run(
            ["python", "-I", str(programs.FOLDER / "scan.py")],
            codes=(0,),
            given=json.dumps({"stacks": files}),
            binary=binary,
        )
    return read(json.loads(answer), stacks)


def _copied(stack: Stack, folder: Path) -> str:
    folder.mkdir()
    file = folder / "cdk.tf.json"
    document = {name: block for name, block in stack.document.items() if name in READ}
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return str(file)


def read(answer: Mapping[str, Any], stacks: Mapping[str, Stack]) -> Scan:
    """The outcomes in what policy/scan.py printed. Raises OpsError: it did not look at every resource."""
    if answer["complaints"]:
        raise OpsError("checkov did not do all of its work.", hint="\n".join(answer["complaints"]))
    outcomes = {}
    for key, stack in stacks.items():
        said = answer["stacks"][key]
        wanted = sorted(stack.by_address)
        if said["unread"]:
            raise OpsError(f"checkov could not read the stack {key}.")
        for layer, name in (("seen", "single resources"), ("in_graph", "connected resources")):
            if said[layer] != wanted:
                missing = sorted(set(wanted) - set(said[layer]))
                raise OpsError(
                    f"checkov's checks of {name} looked at {len(said[layer])} of the {len(wanted)} resources"
                    f" of {key}.",
                    hint=f"Not looked at: {', '.join(missing)}" if missing else "",
                )
        outcomes[key] = _outcome(stack, said)
    return Scan(answer["version"], frozenset(answer["checks"]), outcomes)


def _outcome(stack: Stack, said: Mapping[str, Any]) -> Outcome:
    findings = tuple(
        Finding(
            check=row["check"],
            construct=_construct(stack, row["resource"]),
            environment=stack.environment,
            address=row["resource"],
            what=row["name"],
            mend=_mend(row["keys"]),
        )
        for row in said["failed"]
    )
    passed = frozenset((row["check"], _construct(stack, row["resource"])) for row in said["passed"])
    return Outcome(stack.environment, passed, findings)


def _construct(stack: Stack, address: str) -> str:
    """The construct of a resource; a provider has none and keeps its address."""
    found = stack.by_address.get(address)
    return found.construct if found else address


def _mend(keys: list[str]) -> str:
    """checkov brings no advice of its own, but says at what it looked."""
    looked_at = [key.replace("/[0]", "").replace("/", ".") for key in sorted(keys) if key != "resource_type"]
    return f"See {', '.join(looked_at)}" if looked_at else "See the resources that belong to it"

"""environments/acknowledged.toml: what somebody said yes to, for a while and with a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environments import ENVIRONMENTS, naming
from ops import paths, stacks
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.gates.finding import Acknowledgement, Finding, Gate

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FILE = paths.ROOT / "environments" / "acknowledged.toml"
LONGEST = timedelta(days=30)
TABLE = "acknowledged"

ALLOWED = {
    "environment": f"one of {', '.join((*ENVIRONMENTS, naming.ACCOUNT))}",
    "address": "the Terraform address that the finding names",
    "gate": f"one of {', '.join(Gate)}",
    "reason": "why it is right, in at least ten characters",
    "by": "who says so",
    "expires": f"a date, without quotes, at most {LONGEST.days} days ahead",
    "fingerprint": "12 hex digits, as the finding shows them; without it, every finding of the gate there",
}
"""Key -> what may stand there. Only the fingerprint may be left out."""


@dataclass(frozen=True)
class Entry:
    """One entry. number: its place in the file, from 1. fingerprint: "" for any finding of the gate there."""

    number: int
    environment: str
    address: str
    gate: Gate
    said: Acknowledgement
    fingerprint: str = ""

    def covers(self, environment: str, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return (self.environment, self.address, self.gate) == (
            environment,
            finding.address,
            finding.gate,
        ) and self.fingerprint in ("", finding.fingerprint)


@dataclass(frozen=True)
class Acknowledgements:
    """What the file says."""

    entries: tuple[Entry, ...] = ()

    def applied(self, environment: str, found: Iterable[Finding], today: date) -> tuple[Finding, ...]:
        """The findings, each with the first entry that covers it and has not expired."""
        valid = [entry for entry in self.entries if entry.said.expires >= today]
        return tuple(
            replace(finding, acknowledged=entry.said) if entry else finding
            for finding in found
            for entry in [next((one for one in valid if one.covers(environment, finding)), None)]
        )

    def expired(self, environment: str, today: date) -> tuple[Entry, ...]:
        """Those of an environment whose time is over."""
        return tuple(e for e in self.entries if e.environment == environment and e.said.expires < today)

    def unused(self, environment: str, found: Sequence[Finding], today: date) -> tuple[Entry, ...]:
        """Those of an environment that cover nothing that was found: they should be removed."""
        return tuple(
            entry
            for entry in self.entries
            if entry.environment == environment
            and entry.said.expires >= today
            and not any(entry.covers(environment, finding) for finding in found)
        )


def load(today: date, file: Path = FILE) -> Acknowledgements:
    """What the file says; nothing where it is not there. An entry that has expired is no error.

    Raises OpsError (CONFIGURATION), which names every wrong key of every entry: unknown or missing keys, an
    environment or a gate that there is not, an end more than 30 days after today.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Acknowledgements()
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _refused(file, [f"it is not TOML: {problem}"]) from problem
    if strange := sorted(document.keys() - {TABLE}):
        raise _refused(file, [f"{name} is not known; allowed: [[{TABLE}]]" for name in strange])
    listed = document.get(TABLE, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise _refused(file, [f"{TABLE} must be a list of entries, each under [[{TABLE}]]"])
    return _parsed(file, listed, today)


def _parsed(file: Path, listed: Sequence[dict[str, Any]], today: date) -> Acknowledgements:
    from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

    class Row(BaseModel):
        model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

        environment: str
        address: str = Field(pattern=r"^[\w.-]+\.[\w-]+(\[.+\])?$")
        gate: Gate
        reason: str = Field(min_length=10)
        by: str = Field(min_length=1)
        expires: date = Field(strict=True, le=today + LONGEST)
        fingerprint: str = Field(default="", pattern=r"^([0-9a-f]{12})?$")

        @field_validator("environment")
        @classmethod
        def _is_a_stack(cls, value: str) -> str:
            if value not in ENVIRONMENTS and not stacks.is_account(value):
                raise ValueError("not a stack")
            return value

    entries, wrong = [], []
    for number, one in enumerate(listed, start=1):
        try:
            row = Row.model_validate(one)
        except ValidationError as problem:
            wrong += [f"entry {number}: {_told(error)}" for error in problem.errors()]
            continue
        said = Acknowledgement(row.reason, row.by, row.expires)
        entries.append(Entry(number, row.environment, row.address, row.gate, said, row.fingerprint))
    if wrong:
        raise _refused(file, wrong)
    return Acknowledgements(tuple(entries))


def _told(error: ErrorDetails) -> str:
    key = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"{key} is not known; allowed: {', '.join(ALLOWED)}"
    if error["type"] == "missing":
        return f"{key} is missing; allowed: {ALLOWED[key]}"
    return f"{key} is {error['input']!s}; allowed: {ALLOWED[key]}"


def _refused(file: Path, wrong: Sequence[str]) -> OpsError:
    name = file.relative_to(paths.ROOT).as_posix() if file.is_relative_to(paths.ROOT) else file.name
    return OpsError(
        "\n".join(f"{name}: {one}" for one in wrong),
        hint=f"Set it right in {name}; docs/gates.md explains each key.",
        code=ExitCode.CONFIGURATION,
    )

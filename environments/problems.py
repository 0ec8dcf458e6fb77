"""What is wrong with a configuration, as data and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

PLACEHOLDER = "<environment>"
"""Stands for the environment's name in `Problem.where` and `Problem.set_in`."""

_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal."""

    key: str
    """The variable, or the file."""
    value: object
    """What was found; None for nothing, or for what should not be shown."""
    allowed: str
    """Which values are allowed."""
    where: str
    """Where the value came from."""
    environment: str | None
    """None: the same for every environment."""
    message: str
    """What is wrong; continues the sentence that begins with key and value."""
    set_in: tuple[str, ...] = ()
    """Where the value can be set; may hold `PLACEHOLDER`."""


def shown(value: object) -> str:
    """At most 80 characters, with everything unprintable escaped; lists as they are written in a file."""
    text = ",".join(map(str, value)) if isinstance(value, tuple) else value
    if isinstance(text, bool):
        text = str(text).lower()
    full = repr(text if isinstance(text, str) else str(text))
    return full if len(full) <= _LONGEST_VALUE else full[: _LONGEST_VALUE - 1] + "…"


class ConfigurationError(Exception):
    """Everything that is wrong with the configuration of a run."""

    exit_code: ClassVar[int] = 3
    """`ops.exit_codes.ExitCode.CONFIGURATION`; not imported, because `environments` imports nothing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # By repr, because a wrong value need not be hashable; a shared file is read for each environment.
        self.problems: tuple[Problem, ...] = tuple({repr(p): p for p in problems}.values())
        super().__init__(self.problems)

    def __str__(self) -> str:
        found = [_as_text(problem, names) for problem, names in self._folded()]
        head = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        return "\n\n".join([f"The configuration has {head}.", *found])

    def as_json(self) -> list[dict[str, Any]]:
        """The same, one object for each cause; `value` is the text shown, or null."""
        return [
            {
                "key": problem.key,
                "value": None if problem.value is None else shown(problem.value),
                "allowed": problem.allowed,
                "where": problem.where,
                "environments": list(names),
                "message": problem.message,
                "set_in": list(_places(problem, names)),
            }
            for problem, names in self._folded()
        ]

    def _folded(self) -> Iterator[tuple[Problem, tuple[str, ...]]]:
        """One cause that several environments share is one entry, with all their names."""
        causes: dict[tuple[object, ...], tuple[Problem, list[str]]] = {}
        for p in self.problems:
            # repr: True and 1 are equal, but not the same finding.
            cause = (p.key, repr(p.value), p.allowed, p.where, p.message, p.set_in)
            names = causes.setdefault(cause, (p, []))[1]
            if p.environment is not None:
                names.append(p.environment)
        for problem, found in causes.values():
            yield problem, tuple(found)


def _places(problem: Problem, names: tuple[str, ...]) -> Iterator[str]:
    for place in problem.set_in:
        yield place.replace(PLACEHOLDER, names[0]) if len(names) == 1 else place


def _as_text(problem: Problem, names: tuple[str, ...]) -> str:
    value = "" if problem.value is None else f"={shown(problem.value)}"
    origin = f" ({problem.where})" if problem.where else ""
    lines = [f"{', '.join(names)}{': ' if names else ''}{problem.key}{value}{origin} {problem.message}"]
    if problem.allowed:
        lines.append(f"  allowed: {problem.allowed}")
    places = list(_places(problem, names))
    if places:
        lines.append(f"  set it in: {', '.join(places)}")
    return "\n".join(lines)

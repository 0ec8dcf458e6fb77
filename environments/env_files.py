"""Reads `.env` files: python-dotenv's grammar, but nothing is passed over in silence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from environments.problems import Problem

# Variables of other programs that may stand in a `.env` file; never taken for a slip of the pen.
_FOREIGN = frozenset({"AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_PROFILE"})
_ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable of a file."""

    value: str
    where: str


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What a file says, and what is wrong with it. A file that does not exist says nothing."""

    entries: Mapping[str, Entry]
    problems: tuple[Problem, ...]


def read(path: Path, label: str, known: Collection[str]) -> EnvFile:
    """Read `path`, called `label` in problems; `known` are the variables that mean something."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return EnvFile({}, ())
    except UnicodeDecodeError:
        return EnvFile({}, (_broken(label, "is not UTF-8 text"),))
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL in it.
        reason = getattr(error, "strerror", None) or "not a usable path"
        return EnvFile({}, (_broken(label, f"cannot be read: {reason}"),))
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for binding in parse_stream(StringIO(text)):
        where = f"{label}, line {_line(binding)}"
        if binding.error or (binding.key is not None and binding.value is None):
            problems.append(_broken(where, "is not KEY=value"))
        elif binding.key is None or binding.value is None:
            continue  # an empty line or a comment
        elif binding.key in known:
            earlier = entries.get(binding.key)
            if earlier and earlier.value != binding.value:
                problems.append(_broken(where, f"sets {binding.key} again, to another value"))
            entries[binding.key] = Entry(binding.value, where)
        else:
            problems.extend(_misspelt(binding.key, where, known))
    return EnvFile(entries, tuple(problems))


def _line(binding: Binding) -> int:
    """The parser counts the empty lines before a statement as part of it."""
    original = binding.original.string
    skipped = original[: len(original) - len(original.lstrip())]
    return binding.original.line + len(skipped.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1


def _broken(where: str, message: str) -> Problem:
    # The line itself is not shown: it may hold a secret.
    return Problem(where, None, "lines KEY=value, comments after #, UTF-8", "", None, message)


def _misspelt(key: str, where: str, known: Collection[str]) -> list[Problem]:
    """A misspelt variable does nothing, which is how prod gets a setting that nobody wanted."""
    near = difflib.get_close_matches(key[:80].upper(), sorted(known), 1, _ALIKE)
    if not near or key in _FOREIGN:
        return []
    name = key if key.isprintable() and len(key) <= 80 else ascii(key[:80])
    return [Problem(name, None, "", where, None, f"is not a variable: did you mean {near[0]}?")]

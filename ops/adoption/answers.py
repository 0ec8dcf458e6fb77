"""What finders share: who they are, and how AWS's answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Find = Callable[[Any, dict[str, Any], dict[str, str]], str | None]
"""Client of a service, planned attributes, our tags -> import id of the resource if it is there and ours."""


def tags(entries: Iterable[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """A list of tags as name -> value."""
    return {entry[key]: entry[value] for entry in entries}


def known(after: dict[str, Any], *names: str) -> list[str]:
    """These planned attributes; none where one is known only once something else is there.

    A second plan, which imports that something, knows them.
    """
    values = [after.get(name) for name in names]
    return [] if None in values else [str(value) for value in values]


def missing(call: Callable[[], Any], *codes: str) -> Any:
    """The answer, or None where AWS says that there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise

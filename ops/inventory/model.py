"""What an inventory consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Clients = Callable[[str], Any]
"""Name of a service -> a client of it in the region that is looked at."""


@dataclass(frozen=True)
class Item:
    """One thing that a service holds. name: what people know it by; id: what the service wants to be told."""

    kind: str
    name: str
    id: str = ""
    region: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True)
class Lister:
    """How one kind of thing is listed. everywhere: the same answer from each region, such as IAM's."""

    kind: str
    service: str
    names: Callable[[Any], Iterator[str | tuple[str, str]]]
    """Client -> names, or pairs of name and id where these differ."""
    everywhere: bool = False


def pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """All entries under `key` of an operation's answers, however the service hands on to the next page."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(key) or ()
        return
    call = getattr(client, operation)
    members = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    token = next((name for name in TOKENS if name in members.input_shape.members), None)
    while True:
        answer = call(**arguments)
        yield from answer.get(key) or ()
        following = next((answer[name] for name in FOLLOWING if answer.get(name)), None)
        if not token or not following or following == arguments.get(token):
            return
        arguments = {**arguments, token: following}


TOKENS = ("NextToken", "nextToken", "NextMarker", "Marker", "NextPageToken")
FOLLOWING = ("NextToken", "nextToken", "NextMarker", "NextPageToken")

"""Changes of a synthesized stack that break a rule, and the stacks that they are made to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from ops.policy import reference
from ops.policy.stack import Stack, construct_path
from tests.support.synthesized import account_stack, stack

Body = dict[str, Any]
Change = Callable[[Body], Any]

NEW, BARE, FULL = reference.CONFIGURATIONS


@cache
def synthesized(environment: str, configuration: reference.Configuration = NEW) -> Stack:
    made = account_stack if environment == "account" else stack
    arguments = () if environment == "account" else (environment,)
    return Stack(environment, made(*arguments, **dict(configuration.changes)).json)


@dataclass(frozen=True)
class Case:
    """What breaks a rule: a change of one resource, of all where type is "", and what is then said."""

    rule: str
    type: str
    construct: str
    change: Change
    said: str
    environment: str = "prod"
    configuration: reference.Configuration = NEW


@contextmanager
def policy_of(body: Body, attribute: str = "policy") -> Iterator[list[Body]]:
    """The statements of a policy, written back changed."""
    document = json.loads(body[attribute])
    yield document["Statement"]
    body[attribute] = json.dumps(document)


def add(statement: Body, attribute: str = "policy") -> Change:
    def change(body: Body) -> None:
        with policy_of(body, attribute) as statements:
            statements.append(statement)

    return change


def statement_of(service: str, **changes: Any) -> Change:
    """Changes the statements in which a service is the principal; a None takes a key away."""

    def change(body: Body) -> None:
        with policy_of(body) as statements:
            for one in statements:
                if service in str(one.get("Principal")):
                    one.update({key: value for key, value in changes.items() if value is not None})
                    for key in [key for key, value in changes.items() if value is None]:
                        del one[key]

    return change


def put(*path: str | int, value: Any) -> Change:
    def change(body: Any) -> None:
        for key in path[:-1]:
            body = body[key]
        body[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(body: Any) -> None:
        for key in path[:-1]:
            body = body[key]
        del body[path[-1]]

    return change


def without(type_: str, *, where: Callable[[Body], bool] = lambda body: True) -> Change:
    """Takes resources of a type out of the stack."""

    def change(document: Body) -> None:
        named = document["resource"][type_]
        gone = [name for name, body in named.items() if where(body)]
        assert gone
        for name in gone:
            del named[name]

    return change


def no_wait_for(type_: str) -> Change:
    def change(body: Body) -> None:
        kept = [one for one in body["depends_on"] if not one.startswith(f"{type_}.")]
        assert kept != body["depends_on"]
        body["depends_on"] = kept

    return change


def replaced(before: str, after: str) -> Change:
    def change(body: Body) -> None:
        text = json.dumps(body)
        assert before in text
        changed = json.loads(text.replace(before, after))
        body.clear()
        body.update(changed)

    return change


def dashboard(body: Body) -> None:
    board = json.loads(body["dashboard_body"])
    next(w for w in board["widgets"] if w["type"] == "metric")["properties"].pop("region")
    body["dashboard_body"] = json.dumps(board)


def called(path: str) -> Callable[[Body], bool]:
    return lambda body: construct_path(body) == path

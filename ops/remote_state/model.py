"""What the walk over the remote state is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from ops import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

EXISTS = "exists"
"""Name of the first row of each resource: the resource itself."""
TAGS = {"Project": "spec-wizard", "ManagedBy": "ops bootstrap"}


class Action(StrEnum):
    """What a row of the report means."""

    CREATE = "create"
    CHANGE = "change"
    RIGHT = "right"


@dataclass(frozen=True)
class Change:
    """One row of the report.

    resource: for example `state bucket spec-wizard-tfstate-123456789012-eu-west-1`. setting: `exists` or
    one of the hardening list. was, will_be: short texts for people. note: what else to know, for example
    which statements of somebody else's were kept; usually empty.
    """

    resource: str
    setting: str
    was: str
    will_be: str
    action: Action
    note: str = ""


@dataclass(frozen=True)
class Setting:
    """One hardening setting of one resource.

    inspect() -> what is, never None. desired(what is) -> what should be: equal where nothing is to do, and
    containing what others added where that is theirs to keep; `desired(None)` is the value of a fresh
    resource. apply(what should be) makes it so. show(value) and note(what is) are texts for the report.
    """

    name: str
    inspect: Callable[[], Any]
    desired: Callable[[Any], Any]
    apply: Callable[[Any], None]
    show: Callable[[Any], str] = str
    note: Callable[[Any], str] = field(default=lambda current: "")


class Resource(Protocol):
    """A thing that exists or not, and its settings."""

    @property
    def label(self) -> str:
        """Name in reports."""

    def exists(self) -> bool:
        """Is it there and ours? OpsError STATE if it is somebody else's or can never serve, AUTHENTICATION if
        the caller may not see."""

    def create(self) -> bool:
        """Create it; False if another run did so in between."""

    def settings(self) -> list[Setting]:
        """In the order in which they are applied."""


@dataclass(frozen=True)
class Clients:
    """The three clients, so that a test can bring its own."""

    s3: S3Client
    kms: KMSClient
    dynamodb: DynamoDBClient


def clients(region: str) -> Clients:
    """Clients with the caller's credentials in one region."""
    one = aws.session(region)
    s3, kms, dynamodb = (aws.client(name, region, within=one) for name in ("s3", "kms", "dynamodb"))
    return Clients(s3, kms, dynamodb)


def tag_setting(inspect: Callable[[], dict[str, str]], apply: Callable[[dict[str, str]], None]) -> Setting:
    """Our tags beside whatever tags are there."""
    return Setting(
        "tags",
        inspect,
        lambda current: {**(current or {}), **TAGS},
        apply,
        show=lambda tags: ", ".join(f"{key}={value}" for key, value in sorted(tags.items())) or "none",
    )


def on_off(value: object) -> str:
    """`on` or `off`."""
    return "on" if value else "off"

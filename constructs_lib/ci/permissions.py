"""How permissions of pipelines are written down: actions on resources of one environment, or of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from constructs_lib import policies
from constructs_lib.stack_settings import US_EAST_1
from environments import naming


@dataclass(frozen=True)
class Permission:
    """Actions on resources. reads: what a plan needs; writes: what an apply needs beside them.

    reason: why "*" stands as the resource, where it does.
    """

    sid: str
    resources: list[str]
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    condition: dict[str, Any] | None = None
    reason: str = ""

    def plan(self) -> list[policies.Statement]:
        """The statement of a role that looks; none where there is nothing to read."""
        return [policies.allow(self.sid, self.reads, self.resources, self.condition)] if self.reads else []

    def deploy(self) -> policies.Statement:
        """The statement of a role that changes."""
        return policies.allow(self.sid, [*self.reads, *self.writes], self.resources, self.condition)


@dataclass(frozen=True)
class Place:
    """Where, and for which environment; "*" stands for all of them."""

    account_id: str
    region: str
    environment: str

    def arns(self, service: str, *resources: str) -> list[str]:
        """In the region."""
        return [f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}" for resource in resources]

    def everywhere(self, service: str, *resources: str) -> list[str]:
        """In the region and in us-east-1, where what belongs to CloudFront is."""
        regions = dict.fromkeys((self.region, US_EAST_1))
        return [
            f"arn:aws:{service}:{r}:{self.account_id}:{resource}" for r in regions for resource in resources
        ]

    @property
    def prefix(self) -> str:
        """With which the names of most resources begin."""
        return naming.resource(self.environment, "*")

    @property
    def tagged(self) -> dict[str, Any]:
        """The resource has the environment's tags, for what AWS names by an id of its own making.

        They are given at its creation, and nobody but the environment's role may change them afterwards.
        """
        return _tags("aws:ResourceTag", self.environment)

    @property
    def created_tagged(self) -> dict[str, Any]:
        """The request gives the environment's tags."""
        return _tags("aws:RequestTag", self.environment)


def _tags(key: str, environment: str) -> dict[str, Any]:
    return {"StringEquals": {f"{key}/Project": naming.PROJECT, f"{key}/Environment": environment}}


def boundary_arn(account_id: str, environment: str) -> str:
    """ARN of the permissions boundary of an environment's roles, a managed policy of the account's stack."""
    return f"arn:aws:iam::{account_id}:policy/{naming.resource(naming.ACCOUNT, f'boundary-{environment}')}"


def actions(service: str, names: str) -> list[str]:
    """`service:Name` of each word."""
    return [f"{service}:{name}" for name in names.split()]

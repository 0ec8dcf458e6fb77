"""What the old CDK stacks hold.

CloudFormation knows every resource by its physical id, also those whose name CDK made up. What a deleted
stack left behind still carries its name as a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ops.migration import kinds

CONCERNS = ("database", "storage", "cdn", "email", "security", "apigateway", "monitoring")
"""DatabaseStack, StorageStack … as they appear in a stack's name, in any case."""
STACK_TAG, LOGICAL_ID_TAG = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"
GONE = "DELETE_COMPLETE"

ARNS = (
    (kinds.TABLE, re.compile(r":dynamodb:[^:]*:\d*:table/([^/]+)$")),
    (kinds.BUCKET, re.compile(r":s3:::([^/]+)$")),
    (kinds.KEY, re.compile(r":kms:[^:]*:\d*:key/(.+)$")),
    (kinds.SECRET, re.compile(r"(.*:secretsmanager:[^:]*:\d*:secret:.+)$")),
    (kinds.LOG_GROUP, re.compile(r":logs:[^:]*:\d*:log-group:(.+?)(?::\*)?$")),
)
"""Type -> where in an ARN the physical id is, of what may be left of a deleted stack."""


@dataclass(frozen=True)
class Resource:
    """A resource of an old stack. kind: CloudFormation's type; name: its physical id."""

    kind: str
    name: str
    stack: str
    logical_id: str


def belongs(stack: str, environment: str) -> bool:
    """Whether a stack's name tells of the environment, as a word, and of one of the seven concerns."""
    words = re.split(r"[^a-z0-9]+", stack.lower())
    return environment in words and any(concern in "".join(words) for concern in CONCERNS)


def stacks(cloudformation: Any, environment: str, owned: Iterable[str], named: Iterable[str]) -> list[str]:
    """Names of the old stacks that still are there.

    owned: physical ids of the table and the bucket, whose stacks count whatever they are called; named: those
    that the caller knows.
    """
    found = dict.fromkeys(named)
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        found |= dict.fromkeys(
            stack["StackName"] for stack in page["Stacks"] if belongs(stack["StackName"], environment)
        )
    for name in owned:
        if owner := _owner(cloudformation, name):
            found[owner] = None
    return list(found)


def resources(cloudformation: Any, stack: str) -> list[Resource]:
    """What a stack holds. Raises ClientError where there is no such stack."""
    return [
        Resource(entry["ResourceType"], entry["PhysicalResourceId"], stack, entry["LogicalResourceId"])
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        for entry in page["StackResourceSummaries"]
        if entry.get("PhysicalResourceId")
        and entry["ResourceStatus"] != GONE
        and entry["ResourceType"] != "AWS::CDK::Metadata"
    ]


def left_over(tagging: Any, environment: str, named: Iterable[str]) -> Iterator[Resource]:
    """What holds data and carries the tag of an old stack, gone or not."""
    known = set(named)
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=[{"Key": STACK_TAG}])
    for page in pages:
        for entry in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
            stack = tags.get(STACK_TAG, "")
            if stack not in known and not belongs(stack, environment):
                continue
            for kind, pattern in ARNS:
                if match := pattern.search(entry["ResourceARN"]):
                    yield Resource(kind, match[1], stack, tags.get(LOGICAL_ID_TAG, ""))


def _owner(cloudformation: Any, physical_id: str) -> str:
    """The stack that a resource is in; empty if it is in none."""
    from botocore.exceptions import ClientError

    try:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=physical_id)["StackResources"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # "Stack for … does not exist"
            return ""
        raise
    return next((str(entry["StackName"]) for entry in found if entry["ResourceStatus"] != GONE), "")

"""What the old CDK stacks hold.

CloudFormation knows every resource by its physical id, also those whose name CDK made up. What a deleted
stack left behind still carries its name as a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ops.migration import kinds

CONCERNS = ("database", "storage", "cdn", "email", "security", "apigateway", "monitoring")
"""DatabaseStack, StorageStack … as they appear in a stack's name, in any case."""
STACK_TAG, LOGICAL_ID_TAG = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"
GONE = "DELETE_COMPLETE"

SECRET_ARN = re.compile(r":secretsmanager:[^:]*:\d*:secret:(.+)-[A-Za-z0-9]{6}$")
ARNS = (
    (kinds.BUCKET, re.compile(r":s3:::([^/]+)$")),
    (kinds.SECRET, SECRET_ARN),
    (kinds.LOG_GROUP, re.compile(r":logs:[^:]*:\d*:log-group:(.+?)(?::\*)?$")),
)
"""Type -> where in an ARN the physical id is, of what a deleted stack may leave behind.

Tables and keys carry no tag of their stack (aws-cloudformation/cloudformation-coverage-roadmap#1360, #2341).
"""


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
    """Names of the old stacks that are still there.

    owned: physical ids of the table and the bucket, whose stacks count whatever they are called; named: those
    that the caller knows.
    """
    known = {*named, *(_owner(cloudformation, name) for name in owned)}
    return [
        stack["StackName"]
        for page in cloudformation.get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if stack["StackName"] in known or belongs(stack["StackName"], environment)
    ]


def resources(cloudformation: Any, stack: str) -> list[Resource]:
    """What a stack holds. Raises ClientError where there is no such stack."""
    return [
        Resource(
            kinds.TABLE if entry["ResourceType"] == "AWS::DynamoDB::GlobalTable" else entry["ResourceType"],
            plain(entry["ResourceType"], entry["PhysicalResourceId"]),
            stack,
            entry["LogicalResourceId"],
        )
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        for entry in page["StackResourceSummaries"]
        if entry.get("PhysicalResourceId")
        and entry["ResourceStatus"] != GONE
        and entry["ResourceType"] != "AWS::CDK::Metadata"
    ]


def _owner(cloudformation: Any, physical_id: str) -> str:
    """The stack that a resource is in; empty if it is in none."""
    from botocore.exceptions import ClientError

    try:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=physical_id)["StackResources"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # "Stack for … does not exist"
            return ""
        raise
    return str(found[0]["StackName"]) if found else ""


def tagged(tagging: Any) -> list[Resource]:
    """What may hold data and carries the tag of a stack, gone or not."""
    found = []
    for page in tagging.get_paginator("get_resources").paginate(TagFilters=[{"Key": STACK_TAG}]):
        for entry in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
            for kind, pattern in ARNS:
                if match := pattern.search(entry["ResourceARN"]):
                    found.append(Resource(kind, match[1], tags[STACK_TAG], tags.get(LOGICAL_ID_TAG, "")))
    return found


def plain(kind: str, name: str) -> str:
    """The name of a secret, of which CloudFormation and Terraform know the ARN; of anything else as it is."""
    match = SECRET_ARN.search(name) if kind == kinds.SECRET else None
    return match[1] if match else name

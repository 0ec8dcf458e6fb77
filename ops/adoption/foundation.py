"""Taking back what an interrupted apply made and could not write down.

Terraform saves the state of a running apply every 20 seconds, and TF_STATE_PERSIST_INTERVAL cannot make that
less. What it made since then is lost from the state if it is killed, and the next apply would fail: "already
exists". Here the resources that a plan wants to create are looked for in AWS; those that carry this
environment's tags are imported.

Only resources with a name of their own matter: settings of a bucket, policies of a role or a key and scaling
targets are written again over themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from environments import naming
from ops.terraform import Change

FILE = "adopted.tf.json"

Find = Callable[[Any, dict[str, Any], dict[str, str]], str | None]


def find(changes: Iterable[Change], environment: str, region: str) -> dict[str, str]:
    """Address -> import id of each resource that the plan would create and that is there already."""
    from ops import aws

    session = aws.session(region)
    clients: dict[str, Any] = {}
    ours = {"Project": naming.PROJECT, "Environment": environment, "ManagedBy": "terraform"}
    found: dict[str, str] = {}
    for change in changes:
        if change.actions != ("create",) or change.type not in _FINDERS:
            continue
        service, finder = _FINDERS[change.type]
        if service not in clients:
            clients[service] = aws.client(service, region, within=session)
        with aws.aws_errors(f"looking for {change.address}, which an interrupted apply may have made"):
            identifier = finder(clients[service], change.after, ours)
        if identifier:
            found[change.address] = identifier
    return found


def write(directory: Path, found: dict[str, str]) -> None:
    """Import blocks beside the stack, for the next plan; `remove` them after it: a saved plan holds them."""
    from ops.files import write_private

    blocks = [{"to": address, "id": identifier} for address, identifier in sorted(found.items())]
    write_private(directory / FILE, json.dumps({"import": blocks}, indent=2) + "\n")


def remove(directory: Path) -> None:
    """A later plan must not try to import what may be gone by then."""
    (directory / FILE).unlink(missing_ok=True)


def _tags(entries: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {entry[key]: entry[value] for entry in entries}


def _missing(call: Callable[[], Any], *codes: str) -> Any:
    """The answer, or None where AWS says that there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def _role(iam: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    answer = _missing(lambda: iam.get_role(RoleName=name), "NoSuchEntity")
    return name if answer and _tags(answer["Role"].get("Tags", [])) == ours else None


def _key(kms: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """A key whose own policy hides it from us is somebody else's: the policy of ours lets the account in."""
    for page in kms.get_paginator("list_keys").paginate():
        for entry in page["Keys"]:
            answer = _missing(partial(kms.describe_key, KeyId=entry["KeyId"]), "AccessDeniedException")
            if not answer:
                continue
            key = answer["KeyMetadata"]
            if key["KeyManager"] != "CUSTOMER" or key["KeyState"] != "Enabled":
                continue
            if key.get("Description") != after["description"]:
                continue
            tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            if _tags(tags, "TagKey", "TagValue") == ours:
                return str(key["KeyId"])
    return None


def _alias(kms: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """An alias has no tags; its key's count."""
    name: str = after["name"]
    answer = _missing(lambda: kms.describe_key(KeyId=name), "NotFoundException")
    if not answer:
        return None
    tags = kms.list_resource_tags(KeyId=answer["KeyMetadata"]["KeyId"])["Tags"]
    return name if _tags(tags, "TagKey", "TagValue") == ours else None


def _secret(secrets: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    answer = _missing(lambda: secrets.describe_secret(SecretId=after["name"]), "ResourceNotFoundException")
    return str(answer["ARN"]) if answer and _tags(answer.get("Tags", [])) == ours else None


def _table(dynamodb: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    answer = _missing(lambda: dynamodb.describe_table(TableName=name), "ResourceNotFoundException")
    if not answer:
        return None
    tags = dynamodb.list_tags_of_resource(ResourceArn=answer["Table"]["TableArn"])["Tags"]
    return name if _tags(tags) == ours else None


def _bucket(s3: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """Terraform tags a bucket in a second request, so one that is ours may have no tags yet."""
    name: str = after["bucket"]
    owned = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    if name not in owned:
        return None
    answer = _missing(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet")
    return name if answer is None or _tags(answer["TagSet"]) == ours else None


def _log_group(logs: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            return name if logs.list_tags_for_resource(resourceArn=arn)["tags"] == ours else None
    return None


_FINDERS: dict[str, tuple[str, Find]] = {
    "aws_iam_role": ("iam", _role),
    "aws_kms_key": ("kms", _key),
    "aws_kms_alias": ("kms", _alias),
    "aws_secretsmanager_secret": ("secretsmanager", _secret),
    "aws_dynamodb_table": ("dynamodb", _table),
    "aws_s3_bucket": ("s3", _bucket),
    "aws_cloudwatch_log_group": ("logs", _log_group),
}

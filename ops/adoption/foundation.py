"""Finders of roles, keys, secrets, tables, buckets and log groups."""

from __future__ import annotations

from functools import partial
from typing import Any

from ops.adoption.answers import Find, known, missing, tags


def _role(iam: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    answer = missing(lambda: iam.get_role(RoleName=name), "NoSuchEntity")
    return name if answer and tags(answer["Role"].get("Tags", [])) == ours else None


def _policy(iam: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if policy["PolicyName"] == after["name"]:
                arn = str(policy["Arn"])
                return arn if tags(iam.list_policy_tags(PolicyArn=arn)["Tags"]) == ours else None
    return None


def _key(kms: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """A key whose own policy hides it from us is somebody else's: the policy of ours lets the account in."""
    for page in kms.get_paginator("list_keys").paginate():
        for entry in page["Keys"]:
            answer = missing(partial(kms.describe_key, KeyId=entry["KeyId"]), "AccessDeniedException")
            if not answer:
                continue
            key = answer["KeyMetadata"]
            if key["KeyManager"] != "CUSTOMER" or key["KeyState"] != "Enabled":
                continue
            if key.get("Description") != after["description"]:
                continue
            found = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            if tags(found, "TagKey", "TagValue") == ours:
                return str(key["KeyId"])
    return None


def _alias(kms: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """An alias has no tags; its key's count."""
    name: str = after["name"]
    answer = missing(lambda: kms.describe_key(KeyId=name), "NotFoundException")
    if not answer:
        return None
    found = kms.list_resource_tags(KeyId=answer["KeyMetadata"]["KeyId"])["Tags"]
    return name if tags(found, "TagKey", "TagValue") == ours else None


def _secret(secrets: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    answer = missing(lambda: secrets.describe_secret(SecretId=after["name"]), "ResourceNotFoundException")
    return str(answer["ARN"]) if answer and tags(answer.get("Tags", [])) == ours else None


def _table(dynamodb: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    answer = missing(lambda: dynamodb.describe_table(TableName=name), "ResourceNotFoundException")
    if not answer:
        return None
    found = dynamodb.list_tags_of_resource(ResourceArn=answer["Table"]["TableArn"])["Tags"]
    return name if tags(found) == ours else None


def _bucket(s3: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """Terraform tags a bucket in a second request, so one that is ours may have no tags yet."""
    name: str = after["bucket"]
    owned = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    if name not in owned:
        return None
    answer = missing(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet")
    return name if answer is None or tags(answer["TagSet"]) == ours else None


def _log_group(logs: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    names = known(after, "name")
    if not names:
        return None
    (name,) = names
    for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            return name if logs.list_tags_for_resource(resourceArn=arn)["tags"] == ours else None
    return None


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_iam_role": ("iam", _role),
    "aws_iam_policy": ("iam", _policy),
    "aws_kms_key": ("kms", _key),
    "aws_kms_alias": ("kms", _alias),
    "aws_secretsmanager_secret": ("secretsmanager", _secret),
    "aws_dynamodb_table": ("dynamodb", _table),
    "aws_s3_bucket": ("s3", _bucket),
    "aws_cloudwatch_log_group": ("logs", _log_group),
}

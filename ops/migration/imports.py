"""What a plan would create that the old stacks have made already: by name, and keys by what they encrypt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from environments import naming
from ops.adoption.answers import missing
from ops.migration import kinds
from ops.terraform import Change

Document = dict[str, Any]


class OfTheOldStacks(dict[str, str]):
    """Equal to any tags but those of something that another Terraform configuration looks after.

    Stands where `adoption`'s finders compare tags with ours: what the old stacks made has tags of their own.
    What was imported once has ours beside CloudFormation's (aws:…), which nobody can take away.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and (
            self.items() <= other.items() or other.get("ManagedBy", "").lower() != "terraform"
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


def find(changes: Iterable[Change], document: Document, environment: str, region: str) -> dict[str, str]:
    """Address -> import id. document: the stack as synthesized, which says what each key is for.

    Also what an apply of ours has made that was cut off: after it this goes on.
    """
    from ops import adoption

    changes = list(changes)
    ours = OfTheOldStacks(Project=naming.PROJECT, Environment=environment, ManagedBy="terraform")
    named = [change for change in changes if change.type in kinds.NAMED]
    found = adoption.find(named, environment, region, ours) | _topics(named, region)
    others = [change for change in changes if change.type not in kinds.NAMED]
    found |= adoption.find(others, environment, region)
    creating = {change.address for change in changes if change.actions == ("create",)}
    keys = keys_in_use(document, environment, region)
    return found | {address: key for address, key in keys.items() if address in creating}


def _topics(changes: Iterable[Change], region: str) -> dict[str, str]:
    """Address -> ARN. SNS makes no second topic of a name, and refuses other tags than the first one's."""
    from ops import aws

    wanted = {
        change.after["name"]: change.address
        for change in changes
        if change.type == "aws_sns_topic" and change.actions == ("create",)
    }
    if not wanted:
        return {}
    with aws.aws_errors("looking for topics of the old stacks"):
        pages = aws.client("sns", region).get_paginator("list_topics").paginate()
        arns = {
            topic["TopicArn"].rpartition(":")[2]: topic["TopicArn"]
            for page in pages
            for topic in page["Topics"]
        }
    return {address: arns[name] for name, address in wanted.items() if name in arns}


def keys_in_use(document: Document, environment: str, region: str) -> dict[str, str]:
    """Address of a key -> id of the customer key that already encrypts what it is for.

    One key may encrypt both. It becomes the objects': a table is encrypted anew in place, objects are not.
    """
    from ops import aws

    with aws.aws_errors("looking for the keys that encrypt the table and the bucket"):
        session = aws.session(region)
        kms = aws.client("kms", region, within=session)
        table = _table_key(aws.client("dynamodb", region, within=session), _name(document, "table"))
        objects = _bucket_key(aws.client("s3", region, within=session), _name(document, "bucket"))
        table_id, objects_id = (_customer_key(kms, key) if key else "" for key in (table, objects))
    if table_id == objects_id:
        table_id = ""
    found = {
        key_address(document, environment, "table"): table_id,
        key_address(document, environment, "objects"): objects_id,
    }
    return {address: key for address, key in found.items() if address and key}


def key_address(document: Document, environment: str, purpose: str) -> str:
    """The address of the key behind an alias; empty in a stack that has none."""
    for alias in document.get("resource", {}).get("aws_kms_alias", {}).values():
        if alias["name"] == naming.key_alias(environment, purpose):
            match = re.fullmatch(r"\$\{(aws_kms_key\..+)\.key_id\}", alias["target_key_id"])
            return match[1] if match else ""
    return ""


def blocks(found: dict[str, str]) -> str:
    """Import blocks, in Terraform's JSON."""
    entries = [{"to": address, "id": identifier} for address, identifier in sorted(found.items())]
    return json.dumps({"import": entries}, indent=2) + "\n"


def synthesized(directory: Path) -> Document:
    """The stack as Terraform reads it."""
    document: Document = json.loads((directory / "cdk.tf.json").read_text(encoding="utf-8"))
    return document


def names(document: Document) -> list[str]:
    """Of the table and the bucket, as far as the stack has them."""
    return [name for what in ("table", "bucket") if (name := _name(document, what))]


def _name(document: Document, what: str) -> str:
    resources = document.get("resource", {})
    if what == "table":
        return next((str(t["name"]) for t in resources.get("aws_dynamodb_table", {}).values()), "")
    buckets = (str(b["bucket"]) for b in resources.get("aws_s3_bucket", {}).values())
    return next((name for name in buckets if f"{naming.PROJECT}-exports-" in name), "")


def _table_key(dynamodb: Any, name: str) -> str:
    if not name:
        return ""
    answer = missing(lambda: dynamodb.describe_table(TableName=name), "ResourceNotFoundException")
    return str((answer or {}).get("Table", {}).get("SSEDescription", {}).get("KMSMasterKeyArn", ""))


def _bucket_key(s3: Any, name: str) -> str:
    if not name or name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        return ""
    answer = missing(
        lambda: s3.get_bucket_encryption(Bucket=name), "ServerSideEncryptionConfigurationNotFoundError"
    )
    for rule in (answer or {}).get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        return str(rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", ""))
    return ""


def _customer_key(kms: Any, key: str) -> str:
    """The id of a customer key; empty for one of AWS's, which nobody can import."""
    facts = kms.describe_key(KeyId=key)["KeyMetadata"]
    return str(facts["KeyId"]) if facts["KeyManager"] == "CUSTOMER" else ""

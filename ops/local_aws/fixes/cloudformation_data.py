"""What CloudFormation makes of a table, of a bucket's encryption, and of the tags of a table and a key.

Upstream, MiniStack 1.5.33: services/cloudformation/provisioners.py `_ddb_create` writes a table by hand, with
5 units of capacity where there are none and without SSESpecification, TimeToLiveSpecification and
PointInTimeRecoverySpecification; `_s3_create` reads no BucketEncryption. Here the service makes the table
itself, and the encryption of the bucket is put after it. Updates are upstream's.

`_STACK_TAG_PROPERTY` gives tables and keys the `aws:cloudformation:` tags, which AWS does not
(aws-cloudformation/cloudformation-coverage-roadmap#1360, #2341). The provider would wait for minutes for one
without them.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

FOR_THE_TABLE = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "DeletionProtectionEnabled",
    "TableClass",
)
Properties = dict[str, Any]


def install() -> None:
    """Puts both ways of making one in the place of upstream's."""
    from ministack.services import dynamodb, s3
    from ministack.services.cloudformation import provisioners

    table, bucket = (
        provisioners._RESOURCE_HANDLERS[kind] for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
    )
    create_bucket = bucket["create"]

    def table_with_its_settings(logical_id: str, properties: Properties, stack: str) -> Any:
        name = properties.get("TableName") or provisioners._physical_name(stack, logical_id, max_len=255)
        _asked(dynamodb._create_table(_request(name, properties)))
        if expiry := properties.get("TimeToLiveSpecification"):
            _asked(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry}))
        if recovery := properties.get("PointInTimeRecoverySpecification"):
            asked = {"TableName": name, "PointInTimeRecoverySpecification": recovery}
            _asked(dynamodb._update_continuous_backups(asked))
        made = dynamodb._tables[name]
        stream = {"StreamArn": made["LatestStreamArn"]} if made.get("LatestStreamArn") else {}
        return name, {"Arn": made["TableArn"], **stream}

    def bucket_with_its_encryption(logical_id: str, properties: Properties, stack: str) -> Any:
        name, attributes = create_bucket(logical_id, properties, stack)
        if encryption := properties.get("BucketEncryption"):
            _asked(s3._put_bucket_encryption(name, _xml(encryption).encode()))
        return name, attributes

    provisioners._STACK_TAG_PROPERTY.pop("AWS::KMS::Key", None)
    table["create"] = table_with_its_settings
    bucket["create"] = bucket_with_its_encryption


def _request(name: str, properties: Properties) -> Properties:
    """Of CreateTable, which knows names and flags that a template does without."""
    asked = {"TableName": name} | {key: properties[key] for key in FOR_THE_TABLE if key in properties}
    if stream := properties.get("StreamSpecification"):
        asked["StreamSpecification"] = {"StreamEnabled": True, **stream}
    if encryption := properties.get("SSESpecification"):
        asked["SSESpecification"] = {
            "Enabled": encryption["SSEEnabled"],
            **{key: encryption[key] for key in ("SSEType", "KMSMasterKeyId") if key in encryption},
        }
    if tags := [tag for tag in properties.get("Tags", []) if not tag["Key"].startswith("aws:")]:
        asked["Tags"] = tags
    return asked


def _xml(encryption: Properties) -> str:
    """A template's BucketEncryption as S3's request."""
    rules = ""
    for rule in encryption["ServerSideEncryptionConfiguration"]:
        default = rule["ServerSideEncryptionByDefault"]
        key = default.get("KMSMasterKeyID")
        rules += (
            "<Rule><ApplyServerSideEncryptionByDefault>"
            f"<SSEAlgorithm>{escape(default['SSEAlgorithm'])}</SSEAlgorithm>"
            + (f"<KMSMasterKeyID>{escape(key)}</KMSMasterKeyID>" if key else "")
            + "</ApplyServerSideEncryptionByDefault>"
            f"<BucketKeyEnabled>{str(rule.get('BucketKeyEnabled', False)).lower()}</BucketKeyEnabled></Rule>"
        )
    return f"<ServerSideEncryptionConfiguration>{rules}</ServerSideEncryptionConfiguration>"


def _asked(answer: Any) -> None:
    """Raise what the service refused: the stack then says it."""
    if answer[0] >= 300:
        body = answer[2]
        raise ValueError(body.decode() if isinstance(body, bytes) else json.dumps(body))

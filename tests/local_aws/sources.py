"""Queues and streams as sources of functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, Statement, allow, unique
from tests.local_aws.functions import LOGS, Function

STREAM_RIGHTS = ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"]


@dataclass(frozen=True)
class Source:
    """A queue."""

    cloud: Cloud
    url: str
    arn: str

    def send(self, **content: Any) -> None:
        """Puts a JSON message in."""
        self.cloud.client("sqs").send_message(QueueUrl=self.url, MessageBody=json.dumps(content))

    def count(self) -> int:
        """Messages in it, those in flight included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.cloud.client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(value) for value in attributes["Attributes"].values())

    def bodies(self) -> list[Any]:
        """What is there to be received."""
        found = self.cloud.client("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]


def queue(cloud: Cloud, key: str | None = None, **attributes: Any) -> Source:
    """A new queue."""
    name, sqs = unique("queue"), cloud.client("sqs")
    wanted = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()
    }
    if key:
        wanted["KmsMasterKeyId"] = key
    url = sqs.create_queue(QueueName=name, Attributes=wanted)["QueueUrl"]
    return Source(cloud, url, f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")


def queue_rights(source: Source) -> list[Statement]:
    """What a function needs to be fed by it."""
    rights = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return [LOGS, allow(rights, source.arn)]


def map_source(function: Function, arn: str, **more: Any) -> str:
    """Feeds a function from a source; the mapping's identifier."""
    made = function.cloud.client("lambda").create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=arn, **more
    )
    return str(made["UUID"])


def streaming_table(cloud: Cloud, key: str | None = None) -> tuple[str, str]:
    """Name of a new table and the ARN of its stream."""
    name = cloud.table(
        key, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    )
    found = cloud.client("dynamodb").describe_table(TableName=name)["Table"]
    return name, str(found["LatestStreamArn"])


def stream_rights(arn: str) -> list[Statement]:
    """What a function needs to be fed by a stream."""
    return [LOGS, allow([f"dynamodb:{right}" for right in STREAM_RIGHTS], arn)]

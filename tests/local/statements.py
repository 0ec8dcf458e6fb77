"""Policies of resources, each without one of its statements for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ops.local_aws.instance import LocalAws


class Policies:
    """Policies of what an environment is made of, by a short name of the resource."""

    def __init__(self, aws: LocalAws, environment: str, account_id: str) -> None:
        self._aws, self._environment, self._account_id = aws, environment, account_id

    @contextmanager
    def without(self, resource: str, sid: str) -> Iterator[None]:
        """resource: bucket, queue, `key <purpose>` or `topic <name>`; sid: of the statement to leave out."""
        before = self._read(resource)
        statements = json.loads(before)["Statement"]
        left = [statement for statement in statements if statement["Sid"] != sid]
        assert len(left) == len(statements) - 1, f"{resource} has {[s['Sid'] for s in statements]}"
        self._write(resource, json.dumps({"Version": "2012-10-17", "Statement": left}))
        try:
            yield
        finally:
            self._write(resource, before)

    def _read(self, resource: str) -> str:
        kind, _, name = resource.partition(" ")
        if kind == "bucket":
            return str(self._client("s3").get_bucket_policy(Bucket=self._bucket)["Policy"])
        if kind == "key":
            return str(self._client("kms").get_key_policy(KeyId=self._key(name))["Policy"])
        if kind == "topic":
            return str(
                self._client("sns").get_topic_attributes(TopicArn=self._topic(name))["Attributes"]["Policy"]
            )
        answer = self._client("sqs").get_queue_attributes(QueueUrl=self._queue, AttributeNames=["Policy"])
        return str(answer["Attributes"]["Policy"])

    def _write(self, resource: str, policy: str) -> None:
        kind, _, name = resource.partition(" ")
        if kind == "bucket":
            self._client("s3").put_bucket_policy(Bucket=self._bucket, Policy=policy)
        elif kind == "key":
            self._client("kms").put_key_policy(KeyId=self._key(name), PolicyName="default", Policy=policy)
        elif kind == "topic":
            self._client("sns").set_topic_attributes(
                TopicArn=self._topic(name), AttributeName="Policy", AttributeValue=policy
            )
        else:
            self._client("sqs").set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})

    def _client(self, service: str) -> Any:
        return self._aws.client(service)

    @property
    def _bucket(self) -> str:
        return f"spec-wizard-exports-{self._environment}-{self._account_id}"

    @property
    def _queue(self) -> str:
        name = f"spec-wizard-{self._environment}-email-events"
        return str(self._client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def _key(self, purpose: str) -> str:
        alias = f"alias/spec-wizard-{self._environment}-{purpose}"
        return str(self._client("kms").describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])

    def _topic(self, name: str) -> str:
        (arn,) = [
            topic["TopicArn"]
            for topic in self._client("sns").list_topics()["Topics"]
            if topic["TopicArn"].endswith(f":spec-wizard-{self._environment}-email-{name}")
        ]
        return str(arn)

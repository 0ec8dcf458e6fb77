"""A sender, with a configuration set whose events go to a topic and on to a queue."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, Statement, document, unique

EVERY_TYPE = [
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "OPEN",
    "CLICK",
    "RENDERING_FAILURE",
    "DELIVERY_DELAY",
    "SUBSCRIPTION",
]

KEY_USES = ["kms:GenerateDataKey*", "kms:Decrypt"]

RECIPIENT = "success@simulator.amazonses.com"


def service(principal: str, action: str | list[str], resource: str, **condition: Any) -> Statement:
    """A statement of a resource's policy for an AWS service."""
    extra = {"Condition": condition} if condition else {}
    principals = {"Service": f"{principal}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principals, "Action": action, "Resource": resource, **extra}


def deny_plain_http(action: str, resource: str) -> Statement:
    """The statement that refuses callers without TLS."""
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }


def permit_key(cloud: Cloud, key: str, *statements: Statement) -> None:
    """Replaces what a key's policy says beside the account's own right."""
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = document(root, *statements)
    cloud.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


class Queue:
    """A queue that SNS may send to for any topic of the account."""

    def __init__(self, cloud: Cloud, key: str | None = None, name: str | None = None) -> None:
        self.name = name or unique("queue")
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self.name}"
        self._sqs, encryption = cloud.client("sqs"), {"KmsMasterKeyId": key} if key else {}
        self._url = self._sqs.create_queue(QueueName=self.name, Attributes=encryption)["QueueUrl"]
        self.permit(service("sns", "sqs:SendMessage", self.arn))

    def permit(self, *statements: Statement) -> None:
        """Replaces the policy."""
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": document(*statements)})

    def drain(self) -> list[str]:
        """Bodies of what has arrived: MiniStack delivers before it answers the call that caused it."""
        bodies = []
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def arrived(self, patience_s: float = 10) -> list[str]:
        """The same for what MiniStack delivers a little later, in a thread, as events of S3."""
        deadline = time.monotonic() + patience_s
        while not (bodies := self.drain()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return bodies


class Mailing:
    """The whole way from a sending to the queue, with every permission that it needs on AWS."""

    def __init__(self, cloud: Cloud, *, encrypted: bool = False, types: list[str] | None = None) -> None:
        self.cloud, self.ses = cloud, cloud.client("sesv2")
        self.domain, self.configuration_set = f"{unique('mail')}.example", unique("set")
        self.configuration_set_arn = self.arn("configuration-set", self.configuration_set)
        self.topic_key = cloud.key() if encrypted else None
        self.queue_key = cloud.key() if encrypted else None
        self.ses.create_configuration_set(ConfigurationSetName=self.configuration_set)
        self.ses.create_email_identity(EmailIdentity=self.domain)
        self.topic = self._topic()
        self.queue = Queue(cloud, self.queue_key)
        self.queue.permit(self.statement_of_queue())
        for key, principal in ((self.topic_key, "ses"), (self.queue_key, "sns")):
            if key:
                permit_key(cloud, key, service(principal, KEY_USES, "*"))
        self.publish_to(self.topic, types or EVERY_TYPE)
        # The greeting.
        self.queue.drain()

    def _topic(self) -> str:
        encryption = {"KmsMasterKeyId": self.topic_key} if self.topic_key else {}
        made = self.cloud.client("sns").create_topic(Name=unique("topic"), Attributes=encryption)
        self.permit_topic(made["TopicArn"], self.statement_of_topic(made["TopicArn"]))
        return str(made["TopicArn"])

    def publish_to(self, topic: str, types: list[str], name: str = "events") -> None:
        """Adds an event destination with the queue behind it."""
        raw = {"RawMessageDelivery": "true"}
        sns = self.cloud.client("sns")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.queue.arn, Attributes=raw)
        self.ses.create_configuration_set_event_destination(
            ConfigurationSetName=self.configuration_set,
            EventDestinationName=name,
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": types,
                "SnsDestination": {"TopicArn": topic},
            },
        )

    def statement_of_topic(self, topic: str) -> Statement:
        """What the topic's policy must say."""
        source = {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": self.configuration_set_arn}
        return service("ses", "sns:Publish", topic, StringEquals=source)

    def statement_of_queue(self) -> Statement:
        """What the queue's policy must say."""
        source = {"aws:SourceArn": self.topic}
        return service("sns", "sqs:SendMessage", self.queue.arn, ArnEquals=source)

    def permit_topic(self, topic: str, *statements: Statement) -> None:
        """Replaces the policy of a topic."""
        sns = self.cloud.client("sns")
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(*statements))

    def arn(self, kind: str, name: str) -> str:
        """ARN of a resource of SES."""
        return f"arn:aws:ses:{REGION}:{ACCOUNT_ID}:{kind}/{name}"

    def template(self, text: str = "Dear {{name}}", html: str = "<p>{{name}}</p>") -> str:
        """Name of a new template, made by v1 as Terraform does."""
        name = unique("template")
        parts = {"SubjectPart": "For {{name}}", "TextPart": text, "HtmlPart": html}
        self.cloud.client("ses").create_template(Template={"TemplateName": name, **parts})
        return name

    def request(self, *to: str, content: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Arguments of v2's SendEmail."""
        simple = {"Subject": {"Data": "Subject"}, "Body": {"Text": {"Data": "Text"}}}
        return {
            "FromEmailAddress": f"noreply@{self.domain}",
            "Destination": {"ToAddresses": list(to) or [RECIPIENT]},
            "Content": content or {"Simple": simple},
            "ConfigurationSetName": self.configuration_set,
            **more,
        }

    def send(self, *to: str, **more: Any) -> str:
        """Id of a new message."""
        return str(self.ses.send_email(**self.request(*to, **more))["MessageId"])

    def templated(self, name: str, /, **data: Any) -> dict[str, Any]:
        """Content of a message."""
        return {"Template": {"TemplateName": name, "TemplateData": json.dumps(data)}}

    def events(self) -> list[dict[str, Any]]:
        """The event records that have arrived since the last call."""
        return [json.loads(body) for body in self.queue.drain()]

    def kinds(self) -> list[str]:
        """Their types."""
        return [event["eventType"] for event in self.events()]


def sent(cloud: Cloud, message_id: str | None = None) -> list[dict[str, Any]]:
    """What the inspection endpoint shows: all messages, or those of one id."""
    context = ssl.create_default_context(cafile=str(cloud.authority))
    query = f"?account={ACCOUNT_ID}" + (f"&id={message_id}" if message_id else "")
    with urllib.request.urlopen(f"{cloud.endpoint}/_ministack/ses/messages{query}", context=context) as got:
        found: list[dict[str, Any]] = json.load(got)["messages"].get(ACCOUNT_ID, [])
    return found

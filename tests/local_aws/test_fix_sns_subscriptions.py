"""fixes/sns_subscriptions.py"""

from __future__ import annotations

import json
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ops.alarms.subscriptions import links_in_the_mailbox
from ops.local_aws.layout import Layout
from tests.local_aws.alarming import until
from tests.local_aws.cloud import Cloud, unique


@contextmanager
def _listener(cloud: Cloud | None = None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a server, and what is posted to it; cloud: whose authority its certificate is of."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if cloud:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls = Layout(cloud.instance.directory).tls
            context.load_cert_chain(tls.chain, tls.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http{'s' if cloud else ''}://127.0.0.1:{server.server_port}/alarms", posted
        finally:
            server.shutdown()
            thread.join()


def _attributes(cloud: Cloud, arn: str) -> dict[str, str]:
    found: dict[str, str] = cloud.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return found


def _listed(cloud: Cloud, topic: str) -> list[str]:
    """Of one topic; the list of all has the same."""
    sns = cloud.client("sns")
    of_topic = [
        one["SubscriptionArn"] for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    ]
    pages = sns.get_paginator("list_subscriptions").paginate()
    of_all = [o["SubscriptionArn"] for page in pages for o in page["Subscriptions"] if o["TopicArn"] == topic]
    assert of_all == of_topic
    return of_topic


def test_trap_50_an_address_waits_for_its_confirmation(fixed: Cloud) -> None:
    sns = fixed.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    asked = {"TopicArn": topic, "Protocol": "email", "Endpoint": "ops@example.com"}
    assert sns.subscribe(**asked)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**asked, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert _attributes(fixed, arn)["PendingConfirmation"] == "true"
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]) == ("1", "0")
    assert _listed(fixed, topic) == ["PendingConfirmation"]
    # Asked twice, so there are two mails; the last one counts.
    *_, link = [one for one in links_in_the_mailbox(fixed.instance.environment()) if one.topic_arn == topic]
    assert sns.confirm_subscription(TopicArn=topic, Token=link.token)["SubscriptionArn"] == arn
    assert _listed(fixed, topic) == [arn]


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_a_web_address_is_confirmed_by_the_link_that_it_is_sent(fixed: Cloud, protocol: str) -> None:
    sns = fixed.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    with _listener(fixed if protocol == "https" else None) as (address, posted):
        arn = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=address, ReturnSubscriptionArn=True)
        assert until(lambda: len(posted), 1) == 1
        link = posted[0]["SubscribeURL"]
        context = ssl.create_default_context(cafile=str(fixed.authority))
        with urllib.request.urlopen(link, context=context) as answer:
            assert arn["SubscriptionArn"] in answer.read().decode()
        assert _attributes(fixed, arn["SubscriptionArn"])["PendingConfirmation"] == "false"
        sns.publish(TopicArn=topic, Message="hello")
        assert until(lambda: [one["Message"] for one in posted[1:]], ["hello"]) == ["hello"]


def test_a_queue_needs_no_confirmation(fixed: Cloud) -> None:
    sns = fixed.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    queue = fixed.client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = queue.rpartition("/")[2]
    made = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{topic.split(':')[4]}:{arn}"
    )
    assert _attributes(fixed, made["SubscriptionArn"])["PendingConfirmation"] == "false"


def test_stock_confirms_an_address_and_hides_the_arn_of_a_web_address(stock: Cloud) -> None:
    sns = stock.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")["SubscriptionArn"]
    assert _attributes(stock, arn)["PendingConfirmation"] == "false"
    with _listener() as (address, posted):
        made = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address, ReturnSubscriptionArn=True)
        assert made["SubscriptionArn"] == "pending confirmation"
        assert _listed(stock, topic)[1].startswith("arn:")
        assert until(lambda: len(posted), 1) == 1
        assert posted[0]["SubscribeURL"].startswith("http://")

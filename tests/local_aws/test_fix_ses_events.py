"""fixes/ses_events.py"""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Cloud, refused, unique
from tests.local_aws.mailing import EVERY_TYPE, Mailing, Queue, service

SIMULATOR = "simulator.amazonses.com"


@pytest.mark.parametrize(
    ("mailbox", "kinds"),
    [
        ("success", ["Send", "Delivery"]),
        ("ooto", ["Send", "Delivery"]),
        ("bounce", ["Send", "Bounce"]),
        ("bounce+label", ["Send", "Bounce"]),
        ("suppressionlist", ["Send", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
    ],
)
def test_the_mailbox_simulator_causes_its_events(fixed: Cloud, mailbox: str, kinds: list[str]) -> None:
    mailing = Mailing(fixed)
    message_id = mailing.send(f"{mailbox}@{SIMULATOR}")
    events = mailing.events()
    assert [event["eventType"] for event in events] == kinds
    assert {event["mail"]["messageId"] for event in events} == {message_id}


def test_each_recipient_has_an_outcome_of_its_own(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    mailing.send(f"bounce@{SIMULATOR}", "reader@example.net")
    send, bounce, delivery = mailing.events()
    assert send["mail"]["destination"] == [f"bounce@{SIMULATOR}", "reader@example.net"]
    assert bounce["bounce"]["bouncedRecipients"][0]["emailAddress"] == f"bounce@{SIMULATOR}"
    assert delivery["delivery"]["recipients"] == ["reader@example.net"]


def test_a_record_says_what_was_sent_by_whom(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    source = f"Wizard <noreply@{mailing.domain}>"
    tags = [{"Name": "kind", "Value": "export"}]
    message_id = mailing.send("reader@example.net", FromEmailAddress=source, EmailTags=tags)
    send, _ = mailing.events()
    mail = send["mail"]
    assert send["send"] == {}
    assert mail["source"] == source
    assert mail["sourceArn"] == mailing.arn("identity", mailing.domain)
    assert (mail["sendingAccountId"], mail["headersTruncated"]) == (ACCOUNT_ID, False)
    assert datetime.datetime.fromisoformat(mail["timestamp"]).tzinfo is datetime.UTC
    assert mail["commonHeaders"] == {
        "from": [source],
        "to": ["reader@example.net"],
        "messageId": message_id,
        "subject": "Subject",
    }
    assert {"name": "Subject", "value": "Subject"} in mail["headers"]
    assert mail["tags"]["kind"] == ["export"]
    assert mail["tags"]["ses:configuration-set"] == [mailing.configuration_set]
    assert mail["tags"]["ses:from-domain"] == [mailing.domain]


def test_bounces_and_complaints_say_why(fixed: Cloud) -> None:
    mailing = Mailing(fixed, types=["BOUNCE", "COMPLAINT"])
    for mailbox in ("bounce", "suppressionlist", "complaint"):
        mailing.send(f"{mailbox}@{SIMULATOR}")
    hard, suppressed, complaint = mailing.events()
    assert (hard["bounce"]["bounceType"], hard["bounce"]["bounceSubType"]) == ("Permanent", "General")
    assert hard["bounce"]["bouncedRecipients"][0]["status"] == "5.1.1"
    assert suppressed["bounce"]["bounceSubType"] == "Suppressed"
    assert complaint["complaint"]["complaintFeedbackType"] == "abuse"
    complained = complaint["complaint"]["complainedRecipients"]
    assert complained == [{"emailAddress": f"complaint@{SIMULATOR}"}]


@pytest.mark.parametrize(
    ("types", "kinds"),
    [
        (["BOUNCE"], ["Bounce"]),
        (["SEND", "COMPLAINT"], ["Send"]),
        (["OPEN", "CLICK"], []),
    ],
)
def test_a_destination_gets_the_types_it_is_enabled_for(
    fixed: Cloud, types: list[str], kinds: list[str]
) -> None:
    mailing = Mailing(fixed, types=types)
    mailing.send(f"bounce@{SIMULATOR}")
    assert mailing.kinds() == kinds


def test_a_destination_can_be_switched_off(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    definition = {"MatchingEventTypes": EVERY_TYPE, "SnsDestination": {"TopicArn": mailing.topic}}
    mailing.ses.update_configuration_set_event_destination(
        ConfigurationSetName=mailing.configuration_set,
        EventDestinationName="events",
        EventDestination={**definition, "Enabled": False},
    )
    mailing.queue.drain()
    mailing.send()
    assert mailing.kinds() == []


@pytest.mark.parametrize(
    "condition",
    [
        {"aws:SourceAccount": "999999999999"},
        {"aws:SourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT_ID}:configuration-set/other"},
    ],
)
def test_the_topics_policy_decides(fixed: Cloud, condition: dict[str, Any]) -> None:
    mailing = Mailing(fixed)
    wrong = service("ses", "sns:Publish", mailing.topic, StringEquals=condition)
    for statement in (wrong, service("cloudwatch", "sns:Publish", mailing.topic)):
        mailing.permit_topic(mailing.topic, statement)
        mailing.send()
        assert mailing.kinds() == []
    mailing.permit_topic(mailing.topic, mailing.statement_of_topic(mailing.topic))
    mailing.send()
    assert mailing.kinds() == ["Send", "Delivery"]


def test_a_new_destination_greets_its_topic(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    mailing.publish_to(mailing.topic, ["BOUNCE"], "bounces")
    assert mailing.queue.drain() == ["Successfully validated SNS topic for Amazon SES event publishing."]


def test_a_topic_that_ses_may_not_publish_to_is_refused(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    other = fixed.client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    mailing.permit_topic(other, service("cloudwatch", "sns:Publish", other))
    definition = {"Enabled": True, "MatchingEventTypes": ["BOUNCE"]}
    for topic in (other, f"{other}-missing"):
        call = {
            "ConfigurationSetName": mailing.configuration_set,
            "EventDestinationName": "refused",
            "EventDestination": {**definition, "SnsDestination": {"TopicArn": topic}},
        }
        create = mailing.ses.create_configuration_set_event_destination
        assert refused(create, **call) == "BadRequestException"


def test_without_raw_delivery_the_record_is_in_an_envelope(fixed: Cloud) -> None:
    mailing, queue = Mailing(fixed), Queue(fixed)
    fixed.client("sns").subscribe(TopicArn=mailing.topic, Protocol="sqs", Endpoint=queue.arn)
    mailing.send()
    envelope = json.loads(queue.drain()[0])
    assert (envelope["Type"], envelope["TopicArn"]) == ("Notification", mailing.topic)
    assert envelope["Subject"] == "Amazon SES Email Event Notification"
    assert json.loads(envelope["Message"])["eventType"] == "Send"


def test_events_are_counted_in_cloudwatch(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    dimension = {"DimensionName": "ses:configuration-set", "DefaultDimensionValue": "none"}
    by = {"DimensionConfigurations": [{**dimension, "DimensionValueSource": "MESSAGE_TAG"}]}
    mailing.ses.create_configuration_set_event_destination(
        ConfigurationSetName=mailing.configuration_set,
        EventDestinationName="metrics",
        EventDestination={"Enabled": True, "MatchingEventTypes": EVERY_TYPE, "CloudWatchDestination": by},
    )
    mailing.send(f"bounce@{SIMULATOR}")
    now = datetime.datetime.now(datetime.UTC)
    found = fixed.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SES",
        MetricName="Bounce",
        Dimensions=[{"Name": "ses:configuration-set", "Value": mailing.configuration_set}],
        StartTime=now - datetime.timedelta(minutes=5),
        EndTime=now + datetime.timedelta(minutes=5),
        Period=600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in found["Datapoints"]) == 1


def test_stock_publishes_nothing_and_takes_any_topic(stock: Cloud) -> None:
    mailing = Mailing(stock)
    mailing.send(f"bounce@{SIMULATOR}")
    assert mailing.kinds() == []
    mailing.publish_to(mailing.topic, ["BOUNCE"], "second")
    stock.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=mailing.configuration_set,
        EventDestinationName="missing",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "SnsDestination": {"TopicArn": f"{mailing.topic}-missing"},
        },
    )

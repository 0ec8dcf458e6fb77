"""Mail as synthesized: templates, configuration set, events and who may send."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mail_templates
from constructs_lib import email
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, stack

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)

ALL_TYPES = {
    *("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK"),
    *("RENDERING_FAILURE", "DELIVERY_DELAY", "SUBSCRIPTION"),
}
"""API reference of SES v2, EventType."""
TOPICS = ("bounces", "complaints", "deliveries")


def _statements(document: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in json.loads(document)["Statement"]}


def _destinations(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    return {
        destination["event_destination_name"]: destination
        for destination in synthesized.all("aws_sesv2_configuration_set_event_destination").values()
    }


def _grant(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    policy = synthesized.all("aws_iam_role_policy")["security/application/send-email"]["policy"]
    return _statements(policy)


@every_environment
def test_trap_06_topics_and_queue_are_under_a_key_that_lets_its_services_in(environment: str) -> None:
    synthesized = stack(environment)
    topics = [topic for path, topic in synthesized.all("aws_sns_topic").items() if path.startswith("email/")]
    queue = synthesized.all("aws_sqs_queue")["email/events/queue"]
    assert len(topics) == 3
    for resource in (*topics, queue):
        assert "messages-key" in resource["kms_master_key_id"]
    policy = synthesized.all("aws_kms_key_policy")["security/messages-key/policy"]["policy"]
    ses, sns = (_statements(policy)[sid] for sid in ("SesPublishes", "SnsDelivers"))
    assert ses["Principal"] == {"Service": "ses.amazonaws.com"}
    assert sns["Principal"] == {"Service": "sns.amazonaws.com"}
    for statement in (ses, sns):
        assert statement["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    prefix = f"us-east-1:123456789012:spec-wizard-{environment}-email"
    assert ses["Condition"] == {
        "ArnEquals": {
            "kms:EncryptionContext:aws:sns:topicArn": [f"arn:aws:sns:{prefix}-{topic}" for topic in TOPICS]
        }
    }
    assert sns["Condition"] == {
        "ArnEquals": {"kms:EncryptionContext:aws:sqs:arn": f"arn:aws:sqs:{prefix}-events"}
    }


@every_environment
def test_trap_06_the_names_in_the_key_policy_are_those_of_the_resources(environment: str) -> None:
    """They are computed, so nothing but this keeps the two together."""
    synthesized = stack(environment)
    named = json.dumps(
        _statements(synthesized.all("aws_kms_key_policy")["security/messages-key/policy"]["policy"])
    )
    paths = [f"email/events/{topic}" for topic in TOPICS]
    names = [synthesized.all("aws_sns_topic")[path]["name"] for path in paths]
    names.append(synthesized.all("aws_sqs_queue")["email/events/queue"]["name"])
    assert [name for name in names if f':{name}"' not in named] == []


@every_environment
def test_trap_31_the_application_may_send_through_the_configuration_set_and_is_told_its_name(
    environment: str,
) -> None:
    synthesized = stack(environment)
    configuration_set, *templates = _grant(synthesized)["UseConfigurationSetAndTemplates"]["Resource"]
    assert configuration_set.startswith("${aws_sesv2_configuration_set.email_configuration-set_")
    assert configuration_set.endswith(".arn}")
    prefix = "arn:aws:ses:us-east-1:123456789012:template/${aws_ses_template.email_"
    assert len(templates) == 2
    for template, name in zip(templates, ("export", "submission"), strict=True):
        assert template.startswith(f"{prefix}{name}-template_")
        assert template.endswith(".name}")
    name = synthesized.only("aws_sesv2_configuration_set")["configuration_set_name"]
    assert name == f"spec-wizard-{environment}"
    output = synthesized.json["output"]["ses_configuration_set"]["value"]
    assert output.endswith("configuration_set_name}")


@every_environment
def test_trap_31_every_destination_belongs_to_the_configuration_set(environment: str) -> None:
    destinations = _destinations(stack(environment))
    assert destinations.keys() == {*TOPICS, "metrics"}
    for destination in destinations.values():
        assert "aws_sesv2_configuration_set.email_configuration-set" in destination["configuration_set_name"]
        assert destination["event_destination"]["enabled"] is True


@every_environment
def test_trap_32_ses_may_publish_the_events_of_this_configuration_set_only(environment: str) -> None:
    synthesized = stack(environment)
    for topic in TOPICS:
        policy = synthesized.all("aws_sns_topic_policy")[f"email/events/{topic}-policy"]
        statements = _statements(policy["policy"])
        publish = statements["SesPublishes"]
        assert publish["Principal"] == {"Service": "ses.amazonaws.com"}
        assert publish["Action"] == "sns:Publish"
        assert publish["Resource"] == policy["arn"]
        condition = publish["Condition"]
        assert condition["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert condition["ArnEquals"]["aws:SourceArn"].startswith("${aws_sesv2_configuration_set.email_")
        assert statements["DenyPlainHttp"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@every_environment
def test_trap_32_no_destination_before_the_policies_of_its_topic_and_of_the_key(environment: str) -> None:
    destinations = _destinations(stack(environment))
    for topic in TOPICS:
        waits_for = " ".join(destinations[topic]["depends_on"])
        assert f"aws_sns_topic_policy.email_events_{topic}-policy" in waits_for
        assert "aws_kms_key_policy.security_messages-key_policy" in waits_for


@every_environment
def test_trap_33_every_type_of_event_goes_to_exactly_one_topic(environment: str) -> None:
    destinations = _destinations(stack(environment))
    types = {topic: destinations[topic]["event_destination"]["matching_event_types"] for topic in TOPICS}
    told = [kind for kinds in types.values() for kind in kinds]
    assert sorted(told) == sorted(ALL_TYPES)
    assert set(types["bounces"]) == {"BOUNCE", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY"}
    assert set(types["complaints"]) == {"COMPLAINT", "SUBSCRIPTION"}
    for topic in TOPICS:
        target = destinations[topic]["event_destination"]["sns_destination"]["topic_arn"]
        assert f"aws_sns_topic.email_events_{topic}_" in target


@every_environment
def test_trap_33_what_was_not_delivered_is_counted(environment: str) -> None:
    metrics = _destinations(stack(environment))["metrics"]["event_destination"]
    assert {"RENDERING_FAILURE", "BOUNCE", "COMPLAINT", "REJECT"} <= set(metrics["matching_event_types"])
    (dimension,) = metrics["cloud_watch_destination"]["dimension_configuration"]
    assert dimension["dimension_name"] == "ses:configuration-set"


@every_environment
def test_trap_34_the_application_sends_templates_and_no_raw_mail(environment: str) -> None:
    for statement in _grant(stack(environment)).values():
        assert statement["Action"] == ["ses:SendEmail", "ses:SendTemplatedEmail"]


@every_environment
def test_trap_35_bounces_have_a_reader(environment: str) -> None:
    synthesized = stack(environment)
    queue = synthesized.all("aws_sqs_queue")["email/events/queue"]
    assert queue["message_retention_seconds"] == 14 * 24 * 3600
    for topic in TOPICS:
        subscription = synthesized.all("aws_sns_topic_subscription")[f"email/events/{topic}-subscription"]
        assert subscription["protocol"] == "sqs"
        assert "aws_sqs_queue.email_events_queue" in subscription["endpoint"]
        assert f"aws_sns_topic.email_events_{topic}_" in subscription["topic_arn"]
        assert subscription["raw_message_delivery"] is True
    send = _statements(queue["policy"])["SnsDelivers"]
    prefix = f"us-east-1:123456789012:spec-wizard-{environment}-email"
    assert send["Principal"] == {"Service": "sns.amazonaws.com"}
    assert send["Resource"] == f"arn:aws:sqs:{prefix}-events"
    sources = [f"arn:aws:sns:{prefix}-{topic}" for topic in TOPICS]
    assert send["Condition"] == {"ArnEquals": {"aws:SourceArn": sources}}


@every_environment
def test_trap_35_mail_goes_by_tls_or_not_at_all_and_spares_who_bounced(environment: str) -> None:
    configuration_set = stack(environment).only("aws_sesv2_configuration_set")
    assert configuration_set["delivery_options"] == {"tls_policy": "REQUIRE"}
    assert configuration_set["reputation_options"] == {"reputation_metrics_enabled": True}
    assert configuration_set["sending_options"] == {"sending_enabled": True}
    assert configuration_set["suppression_options"] == {"suppressed_reasons": ["BOUNCE", "COMPLAINT"]}
    assert "tracking_options" not in configuration_set


def test_a_tracking_domain_is_used_where_there_is_one() -> None:
    configuration_set = stack("dev", SES_TRACKING_DOMAIN="links.example.com").only(
        "aws_sesv2_configuration_set"
    )
    assert configuration_set["tracking_options"] == {"custom_redirect_domain": "links.example.com"}


@pytest.mark.parametrize(
    ("kind", "sender", "identity"),
    [
        ("domain", "noreply@example.com", "example.com"),
        ("domain", "noreply@Mail.Example.com", "mail.example.com"),
        ("address", "noreply@example.com", "noreply@example.com"),
    ],
)
def test_the_application_sends_as_the_configured_address_only(kind: str, sender: str, identity: str) -> None:
    send = _grant(stack("dev", SES_IDENTITY=kind, SES_FROM_EMAIL=sender))["SendAsTheSender"]
    assert send["Resource"] == [f"arn:aws:ses:us-east-1:123456789012:identity/{identity}"]
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": sender}}


@every_environment
def test_the_templates_are_those_of_the_files(environment: str) -> None:
    templates = stack(environment).all("aws_ses_template")
    assert len(templates) == len(mail_templates.NAMES)
    for name in mail_templates.NAMES:
        made, template = templates[f"email/{name}-template"], mail_templates.load(name)
        assert made["name"] == f"spec-wizard-{environment}-{name}"
        assert (made["subject"], made["text"], made["html"]) == (
            template.subject,
            template.text,
            template.html,
        ), "nothing in today's files has to be escaped"


def test_sequences_that_terraform_would_read_are_escaped() -> None:
    assert email.for_terraform("a{width:100%{} ${x} %{if} {{y}} 5% $1") == (
        "a{width:100%%{} $${x} %%{if} {{y}} 5% $1"
    )

"""Finders of SES's resources and of queues."""

from __future__ import annotations

from typing import Any

from ops.adoption.answers import Find, missing, tags


def _configuration_set(ses: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["configuration_set_name"]
    answer = missing(lambda: ses.get_configuration_set(ConfigurationSetName=name), "NotFoundException")
    return name if answer and tags(answer.get("Tags", [])) == ours else None


def _event_destination(ses: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """It has no tags; it is its configuration set's, whose name is ours."""
    owner, name = after["configuration_set_name"], after["event_destination_name"]
    answer = missing(
        lambda: ses.get_configuration_set_event_destinations(ConfigurationSetName=owner), "NotFoundException"
    )
    names = {destination["Name"] for destination in (answer or {}).get("EventDestinations", [])}
    return f"{owner}|{name}" if name in names else None


def _identity(ses: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["email_identity"]
    answer = missing(lambda: ses.get_email_identity(EmailIdentity=name), "NotFoundException")
    return name if answer and tags(answer.get("Tags", [])) == ours else None


def _template(ses: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    return name if missing(lambda: ses.get_template(TemplateName=name), "TemplateDoesNotExist") else None


def _queue(sqs: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    answer = missing(
        lambda: sqs.get_queue_url(QueueName=after["name"]),
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    )
    if not answer:
        return None
    url = str(answer["QueueUrl"])
    return url if sqs.list_queue_tags(QueueUrl=url).get("Tags", {}) == ours else None


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_sesv2_configuration_set": ("sesv2", _configuration_set),
    "aws_sesv2_configuration_set_event_destination": ("sesv2", _event_destination),
    "aws_sesv2_email_identity": ("sesv2", _identity),
    "aws_ses_template": ("ses", _template),
    "aws_sqs_queue": ("sqs", _queue),
}

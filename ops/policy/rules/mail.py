"""Mail by version 2 of SES, of which checkov knows nothing."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

EVENTS = {"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "RENDERING_FAILURE"}
DESTINATION = "aws_sesv2_configuration_set_event_destination"


@rule(
    "SW_MAIL_SET",
    "aws_sesv2_configuration_set",
    guards="trap 35; seed, email",
    what="Mail is sent over TLS only, its reputation is measured, and who bounced is not written to again",
    mend="Set tls_policy REQUIRE, reputation_metrics_enabled, and BOUNCE and COMPLAINT in suppressed_reasons",
)
def configuration_set(stack: Stack, one: Resource) -> str:
    if one.get("delivery_options", "tls_policy") != "REQUIRE":
        return f"tls_policy is {one.get('delivery_options', 'tls_policy')}"
    if one.get("reputation_options", "reputation_metrics_enabled") is not True:
        return "reputation_metrics_enabled is off"
    missing = {"BOUNCE", "COMPLAINT"} - set(one.get("suppression_options", "suppressed_reasons") or [])
    return f"{', '.join(sorted(missing))} is not suppressed" if missing else ""


@rule(
    "SW_MAIL_EVENTS",
    "aws_sesv2_configuration_set",
    guards="traps 31 and 33",
    what="Every event of an environment's mail is published somewhere, a failed template above all",
    mend=f"Let event destinations cover {', '.join(sorted(EVENTS))}",
    only=("dev", "staging", "prod"),
)
def events(stack: Stack, one: Resource) -> str:
    covered = {
        event
        for destination in stack.referring(one, DESTINATION)
        if destination.get("event_destination", "enabled") is True
        for event in destination.get("event_destination", "matching_event_types") or []
    }
    return f"nobody hears of {', '.join(sorted(EVENTS - covered))}" if EVENTS - covered else ""


@rule(
    "SW_MAIL_EVENTS_WAIT",
    DESTINATION,
    guards="trap 32",
    what="An event destination is made after what lets SES publish to its topic",
    mend="Add the topic's policy and the key's policy to depends_on: SES tries the topic at once",
)
def events_wait(stack: Stack, destination: Resource) -> str:
    for topic in stack.referred(destination, "aws_sns_topic"):
        policies = {one.address for one in stack.referring(topic, "aws_sns_topic_policy")}
        for key in stack.referred(topic, "aws_kms_key"):
            key_policies = {one.address for one in stack.referring(key, "aws_kms_key_policy")}
            if not key_policies & destination.depends_on:
                return f"it does not wait for the policy of {key.construct}"
        if not policies & destination.depends_on:
            return f"it does not wait for the policy of {topic.construct}"
    return ""


@rule(
    "SW_MAIL_TOPIC_HEARD",
    DESTINATION,
    guards="trap 35",
    what="Somebody hears what became of mail",
    mend="Subscribe a queue or a function to the topic",
)
def topic_heard(stack: Stack, destination: Resource) -> str:
    for topic in stack.referred(destination, "aws_sns_topic"):
        if not stack.referring(topic, "aws_sns_topic_subscription"):
            return f"nobody is subscribed to {topic.construct}"
    return ""


@rule(
    "SW_MAIL_IDENTITY",
    "aws_sesv2_email_identity",
    guards="traps 31 and 35",
    what="An identity has a default configuration set, a domain a long DKIM key and its own MAIL FROM",
    mend="Set configuration_set_name and next_signing_key_length, and add the MAIL FROM attributes",
)
def identity(stack: Stack, one: Resource) -> str:
    if not one.get("configuration_set_name"):
        return "it has no configuration_set_name: mail without one leaves no event"
    if "@" in str(one.get("email_identity")):
        return ""
    length = one.get("dkim_signing_attributes", "next_signing_key_length")
    if length != "RSA_2048_BIT":
        return f"next_signing_key_length is {length}"
    found = stack.referring(one, "aws_sesv2_email_identity_mail_from_attributes")
    return "" if found else "it has no MAIL FROM domain of its own, so SPF does not align"

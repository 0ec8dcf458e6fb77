"""Key policies, and what must wait for them."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

LOGS = "logs."
LOGS_CONTEXT = "kms:EncryptionContext:aws:logs:arn"
UNANNOUNCED = "events.amazonaws.com"
"""EventBridge sends neither aws:SourceArn nor aws:SourceAccount to KMS."""


@rule(
    "SW_KEY_POLICY_APART",
    "aws_kms_key",
    guards="trap 2",
    what="A key has one policy, as a resource of its own",
    mend="Leave `policy` out of the key and give it one aws_kms_key_policy: else what the policy names cannot"
    " depend on the key",
)
def policy_apart(stack: Stack, key: Resource) -> str:
    if key.get("policy") is not None:
        return "the policy is inline"
    found = len(stack.referring(key, "aws_kms_key_policy"))
    return "" if found == 1 else f"it has {found} aws_kms_key_policy"


@rule(
    "SW_KEY_PRINCIPALS",
    "aws_kms_key_policy",
    guards="trap 3",
    what="A key policy names the account's root and services, no role",
    mend="Give roles their use of the key by IAM, with kms:ViaService: a role that is replaced would decay to"
    " an id in the key policy, and one that is new be refused",
)
def principals(stack: Stack, policy: Resource) -> str:
    for statement in stack.statements(policy):
        others = [
            one
            for one in statement.listed("Principal")
            if one not in statement.services() and not one.endswith(":root")
        ]
        if others:
            return f"{statement} names {', '.join(others)}"
    return ""


@rule(
    "SW_KEY_LOGS_CONTEXT",
    "aws_kms_key_policy",
    guards="trap 5",
    what="CloudWatch Logs may use a key in its own region, for log groups that the policy names",
    mend=f"Name logs.<region>.amazonaws.com, with {LOGS_CONTEXT} in the condition",
)
def logs_context(stack: Stack, policy: Resource) -> str:
    for statement in stack.statements(policy):
        for service in statement.services():
            if service.startswith(LOGS):
                if service == "logs.amazonaws.com":
                    return f"{statement} names logs.amazonaws.com without a region"
                if LOGS_CONTEXT not in statement.condition_keys():
                    return f"{statement} has no condition on {LOGS_CONTEXT}"
    return ""


@rule(
    "SW_LOG_GROUP_WAITS",
    "aws_cloudwatch_log_group",
    guards="trap 5",
    what="An encrypted log group is made after the key policy that lets CloudWatch Logs in",
    mend="Add the key's aws_kms_key_policy to depends_on",
)
def log_group_waits(stack: Stack, group: Resource) -> str:
    for key in stack.referred(group, "aws_kms_key"):
        policies = {policy.address for policy in stack.referring(key, "aws_kms_key_policy")}
        if not policies & group.depends_on:
            return f"it does not wait for the policy of {key.construct}"
    return ""


@rule(
    "SW_TOPIC_KEY",
    "aws_sns_topic",
    guards="trap 6",
    what="A topic is encrypted with a key of ours, whose policy lets its publishers in",
    mend="Set kms_master_key_id to a customer key: nobody can let CloudWatch or SES use alias/aws/sns",
)
def topic_key(stack: Stack, topic: Resource) -> str:
    return "" if stack.referred(topic, "aws_kms_key") else f"its key is {topic.get('kms_master_key_id')}"


@rule(
    "SW_KEY_EVENTS",
    "aws_kms_key_policy",
    guards="trap 6",
    what="A key policy asks of EventBridge no source, which it does not tell",
    mend="Narrow the statement by kms:EncryptionContext:aws:sns:topicArn instead",
)
def events_without_source(stack: Stack, policy: Resource) -> str:
    for statement in stack.statements(policy):
        asked = [key for key in sorted(statement.condition_keys()) if key.startswith("aws:Source")]
        if UNANNOUNCED in statement.services() and asked:
            return f"{statement} asks for {', '.join(asked)}: all events would be dropped without a word"
    return ""

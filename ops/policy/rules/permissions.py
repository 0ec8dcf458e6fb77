"""What policies may say, in IAM and on resources, beyond what checkov asks of IAM policies."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack, Statement

ROLES = ("aws_iam_role_policy", "aws_iam_policy")
ON_RESOURCES = ("aws_s3_bucket_policy", "aws_sns_topic_policy", "aws_sqs_queue", "aws_kms_key_policy")
FROM = ("aws:sourcearn", "aws:sourceaccount", "kms:encryptioncontext:", "kms:viaservice")
"""Beginnings of condition keys that tie a service to a resource of ours; keys have no case."""


@rule(
    "SW_NO_WHOLE_SERVICE",
    *ROLES,
    *ON_RESOURCES,
    guards="trap 46",
    what="No statement allows all actions of a service",
    mend="Name the actions; the account's root in a key policy alone may have kms:*",
)
def no_whole_service(stack: Stack, policy: Resource) -> str:
    for statement in stack.statements(policy):
        if not statement.allows or _is_root_of_a_key(statement):
            continue
        if "NotAction" in statement.body:
            return f"{statement} allows all but some actions (NotAction)"
        wide = [action for action in statement.listed("Action") if action == "*" or action.endswith(":*")]
        if wide:
            return f"{statement} allows {', '.join(wide)}"
    return ""


@rule(
    "SW_SERVICE_FROM_US",
    *ON_RESOURCES,
    guards="traps 6, 16, 28, 32: the confused deputy",
    what="A service is let in only on behalf of something of ours",
    mend="Add a condition on aws:SourceArn or aws:SourceAccount, or on the encryption context",
)
def service_from_us(stack: Stack, policy: Resource) -> str:
    for statement in stack.statements(policy):
        if statement.allows and statement.services():
            keys = statement.condition_keys()
            if not any(key.lower().startswith(FROM) for key in keys):
                return f"{statement} lets {', '.join(statement.services())} in for anybody"
    return ""


@rule(
    "SW_ROLE_TRUST_FROM_US",
    "aws_iam_role",
    guards="trap 46",
    what="A role trusts a service, this account, or one repository's tokens",
    mend="Name a service, the account's root, or a federated provider with a condition on its `sub` claim",
)
def role_trust(stack: Stack, role: Resource) -> str:
    for statement in stack.statements(role):
        principal = statement.body.get("Principal")
        if not isinstance(principal, dict):
            return f"{statement} trusts {principal}"
        wide = [one for one in statement.listed("Principal") if "*" in one]
        if wide:
            return f"{statement} trusts {', '.join(wide)}"
        if "Federated" in principal and not any(k.endswith(":sub") for k in statement.condition_keys()):
            return f"{statement} trusts every token of {principal['Federated']}"
    return ""


@rule(
    "SW_NO_LOG_GROUP_BY_ROLE",
    *ROLES,
    guards="trap 45",
    what="No function makes log groups: those would have no retention and no key",
    mend="Take logs:CreateLogGroup away; the log groups are resources of the stack",
    only=("dev", "staging", "prod"),
)
def no_log_group_by_role(stack: Stack, policy: Resource) -> str:
    return _allowed(stack, policy, "logs:CreateLogGroup")


@rule(
    "SW_METRICS_BY_LOG",
    *ROLES,
    guards="trap 52",
    what="Functions print their metrics, so that no role can write anybody's",
    mend="Print EMF lines and take cloudwatch:PutMetricData away, which AWS cannot limit to an ARN",
    only=("dev", "staging", "prod"),
)
def metrics_by_log(stack: Stack, policy: Resource) -> str:
    return _allowed(stack, policy, "cloudwatch:PutMetricData")


@rule(
    "SW_CONNECTIONS_BY_API",
    *ROLES,
    guards="trap 40",
    what="Who posts to connections names the API's own ARN, one stage and one method",
    mend="Grant <api.execution_arn>/<stage>/POST/@connections/*: by the stage's ARN the graph has a cycle",
)
def connections(stack: Stack, policy: Resource) -> str:
    for statement in stack.statements(policy):
        if "execute-api:ManageConnections" not in statement.listed("Action"):
            continue
        for resource in statement.listed("Resource"):
            if "aws_apigatewayv2_stage" in resource:
                return f"{statement} refers to the stage"
            if "${aws_apigatewayv2_api." in resource and "/POST/@connections/" not in resource:
                return f"{statement} is about {resource}"
    return ""


def _allowed(stack: Stack, policy: Resource, action: str) -> str:
    for statement in stack.statements(policy):
        if statement.allows and action in statement.listed("Action"):
            return f"{statement} allows {action}"
    return ""


def _is_root_of_a_key(statement: Statement) -> bool:
    return statement.resource.type == "aws_kms_key_policy" and all(
        one.endswith(":root") for one in statement.listed("Principal")
    )

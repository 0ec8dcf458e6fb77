"""The stack itself: its state, its provider, and what must not be in it."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import WHOLE, Resource, Stack

ONCE_PER_ACCOUNT = {
    *("aws_api_gateway_account", "aws_sesv2_email_identity", "aws_sesv2_account_suppression_attributes"),
    *("aws_cloudtrail", "aws_s3_account_public_access_block", "aws_iam_openid_connect_provider"),
    *("aws_budgets_budget", "aws_accessanalyzer_analyzer", "aws_route53_zone"),
}
VALUES = ("secret_string", "secret_binary", "tls_private_key")
TAGS = ("Project", "Environment", "ManagedBy")
ENVIRONMENTS = ("dev", "staging", "prod")


@rule(
    "SW_NO_LOOKUPS",
    WHOLE,
    guards="traps, part 0: plans that need no AWS",
    what="The stack looks nothing up, so that it can be planned offline",
    mend="Take what the data source finds from the configuration",
)
def no_lookups(stack: Stack, whole: Resource) -> str:
    found = sorted(whole.body.get("data", {}))
    return f"it has data sources: {', '.join(found)}" if found else ""


@rule(
    "SW_NO_SINGLETONS",
    WHOLE,
    guards="traps, part 0: what an account has once",
    what="An environment holds nothing of which its AWS account has one",
    mend="Put it into the account's stack: the next environment would undo it",
    only=ENVIRONMENTS,
)
def no_singletons(stack: Stack, whole: Resource) -> str:
    found = sorted(ONCE_PER_ACCOUNT & whole.body.get("resource", {}).keys())
    return f"it has {', '.join(found)}" if found else ""


@rule(
    "SW_NO_SECRET_IN_STATE",
    WHOLE,
    guards="trap 47",
    what="No value of a secret comes into the state",
    mend="Make the secret empty and fill it with `ops secrets set`",
)
def no_secret_in_state(stack: Stack, whole: Resource) -> str:
    versions = [
        one.construct for one in stack.of_type("aws_secretsmanager_secret_version", "tls_private_key")
    ]
    if versions:
        return f"{', '.join(versions)} would put one there"
    for resource in stack.resources:
        for name in VALUES:
            if resource.get(name) is not None:
                return f"{name} of {resource.construct} is set"
    for name, variable in whole.body.get("variable", {}).items():
        if variable.get("default") is not None:
            return f"variable {name} has a default, which the plan's JSON shows"
    return ""


@rule(
    "SW_STATE",
    WHOLE,
    guards="trap 56",
    what="The state is encrypted, locked, of this account only, and under this stack's own key",
    mend="Set encrypt, kms_key_id, a lock, allowed_account_ids and <stack>/terraform.tfstate in the backend",
)
def state(stack: Stack, whole: Resource) -> str:
    backend = whole.body.get("terraform", {}).get("backend", {}).get("s3", {})
    if backend.get("encrypt") is not True or not backend.get("kms_key_id"):
        return "it is not encrypted with a key of ours"
    if not backend.get("use_lockfile") and not backend.get("dynamodb_table"):
        return "nothing locks it"
    if not backend.get("allowed_account_ids"):
        return "allowed_account_ids is not set"
    place = str(backend.get("key"))
    return "" if place == f"{stack.environment}/terraform.tfstate" else f"its key is {place}"


@rule(
    "SW_PROVIDER",
    WHOLE,
    guards="trap 25; seed, tags",
    what="Every provider acts in one account only and tags what it makes",
    mend=f"Set allowed_account_ids, and {', '.join(TAGS)} in default_tags",
)
def provider(stack: Stack, whole: Resource) -> str:
    for one in whole.body.get("provider", {}).get("aws", []):
        name = one.get("alias", "the default provider")
        if not one.get("allowed_account_ids"):
            return f"{name} has no allowed_account_ids: a wrong profile would deploy elsewhere"
        tags = {key for block in one.get("default_tags", []) for key in block.get("tags", {})}
        if set(TAGS) - tags:
            return f"{name} does not set {', '.join(sorted(set(TAGS) - tags))}"
    return ""


@rule(
    "SW_TRAIL",
    "aws_cloudtrail",
    guards="trap 49",
    what="The trail is of all regions, whole, and sees the use of objects and items",
    mend="Set is_multi_region_trail, enable_log_file_validation, and selectors for AWS::S3::Object and"
    " AWS::DynamoDB::Table",
)
def trail(stack: Stack, one: Resource) -> str:
    for name in ("is_multi_region_trail", "enable_log_file_validation", "include_global_service_events"):
        if one.get(name) is False or (one.get(name) is None and name != "include_global_service_events"):
            return f"{name} is not set"
    watched = {
        value
        for selector in one.blocks("advanced_event_selector")
        for field in selector.get("field_selector", [])
        if field.get("field") == "resources.type"
        for value in field.get("equals", [])
    }
    missing = {"AWS::S3::Object", "AWS::DynamoDB::Table"} - watched
    return f"it does not see {', '.join(sorted(missing))}" if missing else ""

"""The settings that keep strangers out: each with what it looks at, and how it tells that one is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.gates import exposures_of_cdn as cdn
from ops.gates.references import References
from ops.gates.values import inside, is_known, lists
from ops.plans.document import ResourceChange

Look = Callable[[ResourceChange, References], Iterator[str]]
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")
PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


@dataclass(frozen=True)
class Exposure:
    """concern: which of the project's rooms it is about. what: what the gate looks at, for the docs."""

    concern: str
    types: tuple[str, ...]
    what: str
    look: Look


def _public_access_block(change: ResourceChange, references: References) -> Iterator[str]:
    if change.after is None:
        bucket = references.change(references.targets(change, "bucket", "aws_s3_bucket")[0])
        if bucket is None or bucket.after is not None:
            yield "the public access block would be gone"
        return
    for flag in BLOCKS:
        was_on = change.before is None or change.before.get(flag) is True
        if was_on and is_known(change, flag) and change.after.get(flag) is not True:
            yield f"{flag} would be off"


def _acl(change: ResourceChange, _: References) -> Iterator[str]:
    def public(values: object) -> set[str]:
        found = {acl} if (acl := inside(values, "acl")) in PUBLIC_ACLS else set()
        for policy in lists(values, "access_control_policy"):
            for grant in lists(policy, "grant"):
                uri = str(inside(grant, "grantee", "uri") or "")
                found |= {group for group in PUBLIC_GROUPS if uri.endswith(group)}
        return found

    for one in sorted(public(change.after) - public(change.before)):
        yield f"the access control list would let in the public ({one})"


def _ownership(change: ResourceChange, references: References) -> Iterator[str]:
    enforced = "BucketOwnerEnforced"
    was, will = (inside(values, "rule", "object_ownership") for values in (change.before, change.after))
    if change.after is None:
        bucket = references.change(references.targets(change, "bucket", "aws_s3_bucket")[0])
        if was == enforced and (bucket is None or bucket.after is not None):
            yield "access control lists would count again (object ownership is gone)"
    elif will != enforced and (change.before is None or was == enforced):
        yield "access control lists would count (object ownership is not BucketOwnerEnforced)"


def _route(change: ResourceChange, references: References) -> Iterator[str]:
    if change.after is None or not is_known(change, "authorization_type"):
        return
    key = str(change.after.get("route_key"))
    api = references.change(references.targets(change, "api_id", "aws_apigatewayv2_api")[1])
    is_http = api is not None and inside(api.after, "protocol_type") == "HTTP"
    if not (key == "$connect" or is_http or " " in key):
        return  # a WebSocket is asked once, when it connects
    is_open = (change.after.get("authorization_type") or "NONE") == "NONE"
    was_open = change.before is not None and (change.before.get("authorization_type") or "NONE") == "NONE"
    if is_open and not was_open:
        yield f"route {key} would ask nobody who they are (authorization_type NONE)"


def _authorizer(change: ResourceChange, references: References) -> Iterator[str]:
    if change.after is None:
        api = references.change(references.targets(change, "api_id", "aws_apigatewayv2_api")[0])
        if api is None or api.after is not None:
            yield "the authorizer would be gone"
    elif change.before is not None:
        old, new = ({*(values.get("identity_sources") or ())} for values in (change.before, change.after))
        if is_known(change, "identity_sources") and (lost := sorted(old - new)):
            yield f"the authorizer would not ask for {', '.join(lost)} any more"


def _function_url(change: ResourceChange, _: References) -> Iterator[str]:
    was, will = (inside(values, "authorization_type") for values in (change.before, change.after))
    if will == "NONE" != was:
        yield "the function's URL would ask nobody who they are (authorization_type NONE)"


def _mail_tls(change: ResourceChange, _: References) -> Iterator[str]:
    path = ("delivery_options", "tls_policy")
    old, new = ((inside(values, *path) or "OPTIONAL").upper() for values in (change.before, change.after))
    if change.before is not None and change.after is not None and old == "REQUIRE" != new:
        yield "mail may go out without TLS (tls_policy)"


ENCRYPTION: dict[str, tuple[str, ...]] = {
    "aws_dynamodb_table": ("server_side_encryption", "kms_key_arn"),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_sqs_queue": ("kms_master_key_id",),
    "aws_secretsmanager_secret": ("kms_key_id",),
    "aws_cloudwatch_log_group": ("kms_key_id",),
    "aws_cloudtrail": ("kms_key_id",),
    "aws_backup_vault": ("kms_key_arn",),
    "aws_lambda_function": ("kms_key_arn",),
    "aws_kinesis_stream": ("kms_key_id",),
}
"""Type -> where it names the project's key; without it AWS uses a key of its own, or none."""


def _encryption(change: ResourceChange, references: References) -> Iterator[str]:
    if change.before is None or change.after is None:
        return
    path = ENCRYPTION[change.type]
    if is_known(change, path[0]) and inside(change.before, *path) and not inside(change.after, *path):
        yield f"would not be encrypted with its own key any more ({'.'.join(path)})"


def _bucket_encryption(change: ResourceChange, references: References) -> Iterator[str]:
    path = ("rule", "apply_server_side_encryption_by_default", "sse_algorithm")
    bucket = references.change(references.targets(change, "bucket", "aws_s3_bucket")[0])
    if change.after is None and bucket is not None and bucket.after is None:
        return
    old, new = (str(inside(values, *path) or "") for values in (change.before, change.after))
    if old.startswith("aws:kms") and not new.startswith("aws:kms"):
        yield "objects would not be encrypted with the bucket's own key any more"


EXPOSURES = (
    Exposure(
        "storage",
        ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"),
        "taken away, or one of its four flags off",
        _public_access_block,
    ),
    Exposure(
        "storage",
        ("aws_s3_bucket_acl", "aws_s3_bucket", "aws_s3_object"),
        f"a list that lets in {', '.join(PUBLIC_GROUPS)}",
        _acl,
    ),
    Exposure(
        "storage",
        ("aws_s3_bucket_ownership_controls",),
        "anything but BucketOwnerEnforced, or taken away",
        _ownership,
    ),
    Exposure(
        "storage",
        ("aws_s3_bucket_server_side_encryption_configuration",),
        "from a key of KMS to none, or taken away",
        _bucket_encryption,
    ),
    Exposure(
        "security, database, email, monitoring, websocket",
        tuple(ENCRYPTION),
        "the project's own key of KMS is not used any more",
        _encryption,
    ),
    Exposure(
        "cdn",
        ("aws_cloudfront_distribution",),
        "a behavior without signed URLs while it is enabled; allow-all; older TLS towards viewers;"
        " the web ACL or an origin access control that goes",
        cdn.distribution,
    ),
    Exposure("cdn", ("aws_cloudfront_origin_access_control",), "requests not signed always", cdn.signing),
    Exposure(
        "cdn",
        ("aws_wafv2_web_acl_association",),
        "taken away while what it guards stays",
        cdn.web_acl_association,
    ),
    Exposure("cdn", ("aws_wafv2_web_acl",), "a rule that goes or only counts, block to allow", cdn.web_acl),
    Exposure(
        "websocket",
        ("aws_apigatewayv2_route",),
        "$connect, or a route of an HTTP API, without authorization",
        _route,
    ),
    Exposure(
        "websocket",
        ("aws_apigatewayv2_authorizer",),
        "taken away, or without an identity source that it asks for",
        _authorizer,
    ),
    Exposure(
        "websocket",
        ("aws_apigatewayv2_domain_name", "aws_api_gateway_domain_name"),
        "older TLS towards clients",
        cdn.domain,
    ),
    Exposure("websocket", ("aws_lambda_function_url",), "authorization_type NONE", _function_url),
    Exposure("email", ("aws_sesv2_configuration_set",), "mail may go out without TLS", _mail_tls),
)
"""Everything that is looked at, beside policies."""

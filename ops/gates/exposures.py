"""The settings that keep strangers out: each with what it looks at, and how it tells that one is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.gates import exposures_of_apis as apis
from ops.gates import exposures_of_cdn as cdn
from ops.gates import exposures_of_keys as keys
from ops.gates import exposures_of_routes as routes
from ops.gates import exposures_of_storage as storage
from ops.gates.references import References
from ops.gates.values import inside
from ops.plans.document import ResourceChange

Look = Callable[[ResourceChange, References], Iterator[str]]


@dataclass(frozen=True)
class Exposure:
    """concern: which of the project's rooms it is about. what: what the gate looks at, for the docs."""

    concern: str
    types: tuple[str, ...]
    what: str
    look: Look


def _mail_tls(change: ResourceChange, _: References) -> Iterator[str]:
    path = ("delivery_options", "tls_policy")
    old, new = ((inside(values, *path) or "OPTIONAL").upper() for values in (change.before, change.after))
    if change.before is not None and change.after is not None and old == "REQUIRE" != new:
        yield "mail may go out without TLS (tls_policy)"


EXPOSURES = (
    Exposure(
        "storage",
        ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"),
        "taken away, or one of its four flags off",
        storage.public_access_block,
    ),
    Exposure(
        "storage",
        ("aws_s3_bucket_acl", "aws_s3_bucket", "aws_s3_object"),
        f"a list that lets in {', '.join(storage.PUBLIC_GROUPS)}",
        storage.acl,
    ),
    Exposure(
        "storage",
        ("aws_s3_bucket_ownership_controls",),
        "anything but BucketOwnerEnforced, or taken away",
        storage.ownership,
    ),
    Exposure(
        "storage",
        ("aws_s3_bucket_server_side_encryption_configuration",),
        "from a key of KMS to none, from the project's own to one of AWS, or taken away",
        keys.bucket_encryption,
    ),
    Exposure(
        "security, database, email, monitoring, websocket",
        tuple(keys.ENCRYPTION),
        "the project's own key of KMS is not used any more: none, or one of AWS (`alias/aws/…`)",
        keys.encryption,
    ),
    Exposure(
        "cdn",
        ("aws_cloudfront_distribution",),
        "a behavior without signed URLs while it is enabled, or one that serves what another one served with"
        " them; further key groups or signers; allow-all; older TLS towards viewers; the web ACL or an origin"
        " access control that goes",
        cdn.distribution,
    ),
    Exposure(
        "cdn",
        ("aws_cloudfront_key_group",),
        "a further public key that is not one of the stack's own (those come with each rotation)",
        cdn.key_group,
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
        "$connect, or a route of an HTTP API, without authorization; one with it that goes or gets another"
        " key while its callers come in by an open one, or without any; another authorizer",
        routes.route,
    ),
    Exposure(
        "websocket",
        ("aws_apigatewayv2_authorizer",),
        "taken away, without an identity source that it asks for, or of another function, issuer or audience",
        apis.authorizer,
    ),
    Exposure(
        "websocket",
        ("aws_apigatewayv2_api",),
        "the address of AWS answers again (`disable_execute_api_endpoint`)",
        apis.api,
    ),
    Exposure(
        "websocket",
        ("aws_apigatewayv2_domain_name", "aws_api_gateway_domain_name"),
        "older TLS towards clients",
        cdn.domain,
    ),
    Exposure("websocket", ("aws_lambda_function_url",), "authorization_type NONE", apis.function_url),
    Exposure("email", ("aws_sesv2_configuration_set",), "mail may go out without TLS", _mail_tls),
)
"""Everything that is looked at, beside policies."""

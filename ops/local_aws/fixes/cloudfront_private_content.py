"""Signed URLs and signed cookies of CloudFront behaviours with trusted key groups.

Upstream, MiniStack 1.5.33: services/cloudfront.py, handle_viewer_request reads no TrustedKeyGroups and
serves private content to everybody; _parse_public_key_config takes any text for a key. The fix checks each
request of such a behaviour, OPTIONS included ("all requests that match the cache behavior", API reference),
cached or not, and takes the signature's parameters out of the query string. A refusal is CloudFront's own
answer: no response headers policy applies to it, but a custom error response for 403 does.
"""

from __future__ import annotations

import time
from typing import Any
from xml.sax.saxutils import escape

from ops.local_aws.fixes import cloudfront_signatures as signatures


def install() -> None:
    """Wraps the reading of a behaviour and the handling of a viewer's request."""
    from ministack.services import cloudfront

    read, inner = cloudfront._dataplane_behavior, cloudfront.handle_viewer_request
    parse_public_key = cloudfront._parse_public_key_config

    def parse_public_key_config(element: Any) -> Any:
        config, error = parse_public_key(element)
        if error is None and not signatures.is_usable(config["EncodedKey"]):
            message = "Your request contains an invalid public key: RSA 2048 or ECDSA P-256 is expected."
            return None, cloudfront._error("InvalidArgument", message, 400)
        return config, error

    def behavior_with_key_groups(element: Any, path_pattern: str | None = None) -> dict[str, Any]:
        return {**read(element, path_pattern), "key_groups": _key_groups(element)}

    async def handle_viewer_request(
        dist: Any,
        method: str,
        path: str,
        raw_uri: str,
        raw_query_string: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        client_ip: str = "127.0.0.1",
    ) -> Any:
        parsed = cloudfront.parse_distribution_dataplane_config(dist)
        behavior = cloudfront._match_behavior(parsed, path)
        secure = headers.get("x-forwarded-proto") == "https"
        own_query = signatures.without_parameters(raw_query_string)
        restricted = behavior is not None and behavior["key_groups"]
        # Redirections and refused methods come first, with the query string as it was sent.
        if (
            not restricted
            or cloudfront._check_viewer_protocol_policy(behavior, method, secure, raw_uri, "", headers)
            or cloudfront._check_allowed_methods(behavior, method)
        ):
            return await inner(
                dist, method, path, raw_uri, raw_query_string, headers, body, query_params, client_ip
            )
        host = headers.get("host", "").partition(":")[0]
        url = f"{'https' if secure else 'http'}://{host}{raw_uri}{f'?{own_query}' if own_query else ''}"
        try:
            signatures.check(
                signatures.ticket(raw_query_string, headers.get("cookie", "")),
                signatures.Request(url, client_ip, time.time()),
                _public_keys(behavior["key_groups"]),
            )
        except signatures.Refused as refused:
            page = await _error_page(dist, parsed, behavior, headers, secure, client_ip)
            return page or _refusal(refused)
        own_params = {
            name: values for name, values in query_params.items() if name not in signatures.PARAMETERS
        }
        return await inner(dist, method, path, raw_uri, own_query, headers, body, own_params, client_ip)

    cloudfront._parse_public_key_config = parse_public_key_config
    cloudfront._dataplane_behavior = behavior_with_key_groups
    cloudfront.handle_viewer_request = handle_viewer_request


def _key_groups(behavior: Any) -> list[str]:
    from ministack.services import cloudfront

    trusted = cloudfront._find(behavior, "TrustedKeyGroups")
    if trusted is None or cloudfront._text(trusted, "Enabled") != "true":
        return []
    return list(cloudfront._parse_str_list_block(behavior, "TrustedKeyGroups", "KeyGroup"))


def _public_keys(key_groups: list[str]) -> dict[str, str]:
    """PEM by public key id."""
    from ministack.services import cloudfront

    groups = [cloudfront._key_groups.get(group) for group in key_groups]
    members = [member for group in groups if group for member in group["Config"]["Items"]]
    keys = {member: cloudfront._public_keys.get(member) for member in members}
    return {member: key["Config"]["EncodedKey"] for member, key in keys.items() if key}


def _refusal(refused: signatures.Refused) -> Any:
    from ministack.services import cloudfront

    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{refused.code}</Code>'
        f"<Message>{escape(str(refused))}</Message></Error>"
    )
    headers = cloudfront._add_cloudfront_headers({"content-type": "text/xml"}, cloudfront._ERROR_X_CACHE)
    return 403, cloudfront._render_headers(headers, title_case=True), text.encode()


async def _error_page(
    dist: Any, parsed: Any, behavior: Any, headers: Any, secure: bool, client_ip: str
) -> Any:
    """The custom error page for 403, None if the distribution has none."""
    from ministack.services import cloudfront

    custom = parsed["custom_error_responses"].get(403)
    if custom is None:
        return None
    origin = parsed["origins"][cloudfront._match_behavior(parsed, custom["page"])["target_origin_id"]]
    sent = {"user-agent": "Amazon CloudFront"}
    status, _, found, body = await cloudfront._fetch_from_origin(
        origin, "GET", custom["page"], "", sent, b"", secure, client_ip, "", dist["ARN"]
    )
    policy = cloudfront.response_headers_policy_config(behavior.get("response_headers_policy_id"))
    shown = cloudfront._apply_response_headers_policy(found, policy, headers.get("origin", ""), "GET")
    shown = cloudfront._add_cloudfront_headers(shown, cloudfront._ERROR_X_CACHE)
    status = custom["response_code"] if status < 400 else status
    return status, cloudfront._render_headers(shown, title_case=True), body

"""The token with which a role is assumed: who issued it, for whom, and until when.

Upstream, MiniStack 1.5.33: services/sts.py, `_web_identity_trust_denied` evaluates the role's trust policy
with the claims of the token, but takes any issuer for a provider of the account: it asks neither whether
there is such an OIDC provider, nor for its client ids, nor whether the token has expired. In `handle_request`
there the limits of the session (its length, its policies) are dropped, and the answer names a subject, an
audience and a provider that are not the token's. The fix does what STS does with all of these.

The signature is not verified, as upstream: there is nobody to ask for the issuer's keys. Whoever reaches
the local AWS can therefore write a token of any subject. Issuers that AWS knows without a provider in the
account, such as Cognito's identity pools, are asked for no client id. OAuth access tokens of Amazon and
Facebook are not OpenID Connect's and are refused. A session's tags and source identity are not taken from
the token. Clients themselves keep to the shortest session, of 900 s: not checked.
Source: the AWS STS API reference, AssumeRoleWithWebIdentity; the IAM User Guide, "Available keys for AWS OIDC
federation".
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

ACTION = "AssumeRoleWithWebIdentity"
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})
REQUIRED_CLAIMS = ("iss", "sub", "aud", "exp", "iat")
DEFAULT_S = 3600
"""Length of a session, where the request does not say."""

Params = Mapping[str, Any]


class Refused(Exception):
    """An error answer of STS."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class WebIdentity:
    """What a token says.

    issuer: with its scheme; audience: the one that the token is for; methods: of the authentication (`amr`);
    expires: seconds since 1970.
    """

    issuer: str
    subject: str
    audience: str
    methods: Any
    expires: int

    @property
    def host(self) -> str:
        """The issuer as it is written in ARNs and condition keys."""
        return self.issuer.removeprefix("https://")

    def condition_keys(self) -> dict[str, Any]:
        """Keys of the trust policy's conditions, in lower case."""
        claims = {"sub": self.subject, "aud": self.audience, "amr": self.methods}
        return {f"{self.host}:{name}".lower(): value for name, value in claims.items() if value is not None}


def install() -> None:
    """Replaces the check of the token and puts right what comes of it."""
    from ministack.services import sts

    inner = sts.handle_request

    def denied(role_arn: str, params: Params, _use_json: bool) -> Any:
        try:
            _check(role_arn, params)
            _, error = sts._session_policies(params, role_arn.split(":")[4])
        except Refused as refused:
            return sts._error(refused.status, refused.code, escape(str(refused)), ns="sts")
        return error

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        answer = await inner(method, path, headers, body, query_params)
        params = {**query_params, **parse_qs(body.decode("utf-8", errors="replace"))}
        if sts._p(params, "Action") != ACTION or answer[0] != 200:
            return answer
        status, sent, content = answer
        content = content.decode()
        policies, _ = sts._session_policies(params, check=False)
        if any(policies.values()):
            sts._sessions[_element(content, "AccessKeyId")]["SessionPolicies"] = policies
        return status, sent, _with_claims(content, read(sts._p(params, "WebIdentityToken"))).encode()

    sts._web_identity_trust_denied = denied
    sts.handle_request = handle_request


def read(token: str) -> WebIdentity:
    """The token's claims, its signature aside. Raises Refused if it is no token of OpenID Connect."""
    try:
        header, payload, _signature = token.split(".")
        algorithm, claims = _part(header).get("alg"), _part(payload)
    except (ValueError, AttributeError):
        raise Refused("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None
    if algorithm not in ALGORITHMS:
        raise Refused("InvalidIdentityToken", "The token is not signed with RSA or ECDSA keys.")
    for name in REQUIRED_CLAIMS:
        if claims.get(name) in (None, "", []):
            raise Refused("InvalidIdentityToken", f"Missing a required claim: {name}")
    if not all(type(claims[name]) is int for name in ("exp", "iat")):
        raise Refused("InvalidIdentityToken", "The token's timestamps are not integers.")
    if not str(claims["iss"]).startswith("https://"):
        raise Refused("InvalidIdentityToken", "Issuer must be a valid HTTPS URL")
    return WebIdentity(
        str(claims["iss"]), str(claims["sub"]), _audience(claims), claims.get("amr"), claims["exp"]
    )


def _part(encoded: str) -> dict[str, Any]:
    """One part of a token. Raises ValueError if it is not a JSON object."""
    found = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _audience(claims: Mapping[str, Any]) -> str:
    """The authorized party, if the token names one; it has to where it has several audiences."""
    if party := claims.get("azp"):
        return str(party)
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(audiences) > 1:
        raise Refused("InvalidIdentityToken", "Missing a required claim: azp")
    return str(audiences[0])


def _check(role_arn: str, params: Params) -> None:
    """Raises Refused unless the token is good, the role trusts it, and the session may be that long."""
    from ministack.services import iam, sts

    identity = read(sts._p(params, "WebIdentityToken"))
    account = role_arn.split(":")[4]
    principal = _principal(identity, account)
    now = int(time.time())
    if now >= identity.expires:
        times = f"current date/time {now} must be before the expiration date/time {identity.expires}"
        raise Refused("ExpiredTokenException", f"Token expired: {times}")
    role = iam._roles.get_scoped(account, None, role_arn.rpartition("/")[2])
    if role is None or not _is_trusted(role, role_arn, principal, identity, params):
        raise Refused("AccessDenied", f"Not authorized to perform sts:{ACTION}", 403)
    _check_duration(int(sts._p(params, "DurationSeconds") or DEFAULT_S), role)


def _principal(identity: WebIdentity, account: str) -> str:
    """ARN of the account's provider, or the issuer itself where AWS knows it."""
    from ministack.services import iam, sts

    if identity.host in sts._WELL_KNOWN_WEB_IDENTITY_PROVIDERS:
        return identity.host
    arn = f"arn:aws:iam::{account}:oidc-provider/{identity.host}"
    provider = iam._oidc_providers.get_scoped(account, None, arn)
    if provider is None:
        message = f"No OpenIDConnect provider found in your account for {identity.issuer}"
        raise Refused("InvalidIdentityToken", message)
    if identity.audience not in provider["ClientIDList"]:
        raise Refused("InvalidIdentityToken", "Incorrect token audience")
    return arn


def _is_trusted(
    role: Mapping[str, Any], role_arn: str, principal: str, identity: WebIdentity, params: Params
) -> bool:
    """Whether the role's trust policy lets this subject of the provider assume it."""
    from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
    from ministack.core.responses import get_region
    from ministack.services import sts

    context = EvalContext(
        principal_arn=principal,
        principal_type="WebIdentityUser",
        principal_account=role_arn.split(":")[4],
        action=f"sts:{ACTION}",
        resource_arn=role_arn,
        region=get_region(),
        service_context={
            **identity.condition_keys(),
            "sts:rolesessionname": sts._p(params, "RoleSessionName", None),
        },
    )
    return bool(evaluate_trust_policy(role.get("AssumeRolePolicyDocument", "{}"), principal, context))


def _check_duration(asked_s: int, role: Mapping[str, Any]) -> None:
    if asked_s > int(role.get("MaxSessionDuration") or DEFAULT_S):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise Refused("ValidationError", message)


def _element(content: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", content)
    return found[1] if found else ""


def _with_claims(content: str, identity: WebIdentity) -> str:
    """The answer with the token's subject, audience and issuer."""
    names = {
        "SubjectFromWebIdentityToken": identity.subject,
        "Audience": identity.audience,
        "Provider": identity.issuer,
    }
    for name, value in names.items():
        content = content.replace(
            f"<{name}>{_element(content, name)}</{name}>", f"<{name}>{escape(value)}</{name}>"
        )
    return content

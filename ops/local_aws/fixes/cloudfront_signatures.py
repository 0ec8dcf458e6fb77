"""Not a fix: decides whether a CloudFront signed URL or signed cookies allow a request.

Sources: CloudFront Developer Guide, "Use signed URLs", "Use signed cookies" and "Troubleshoot signed URLs
or signed cookies"; the error bodies are those that distributions answer.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

PARAMETERS = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
"""Query string parameters that make a URL a signed one; a cookie's name is `CloudFront-` and one of these."""

COOKIE_PREFIX = "CloudFront-"


class Refused(Exception):
    """The request is answered with 403 and this error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Request:
    """What is compared with the policy.

    url: as the viewer asked for it, with its own query string and without `PARAMETERS`.
    address: the viewer's IP address.
    time: seconds since the epoch.
    """

    url: str
    address: str
    time: float


def ticket(query_string: str, cookie_header: str) -> dict[str, str]:
    """What was signed, by the names in `PARAMETERS`. A signed URL goes before signed cookies."""
    of_url = _pairs(query_string, "&")
    if of_url:
        return of_url
    return _pairs(cookie_header, ";", COOKIE_PREFIX)


def without_parameters(query_string: str) -> str:
    """The viewer's own query string."""
    parts = query_string.split("&")
    return "&".join(part for part in parts if part.partition("=")[0] not in PARAMETERS)


def is_usable(public_key: str) -> bool:
    """Whether CloudFront takes this PEM for a public key: RSA of 2048 bits, or ECDSA on P-256."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = serialization.load_pem_public_key(public_key.encode())
    except ValueError:
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size == 2048
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def check(ticket: Mapping[str, str], request: Request, public_keys: Mapping[str, str]) -> None:
    """Raises Refused unless one of `public_keys` (PEM by public key id) vouches for this request."""
    key_pair_id = ticket.get("Key-Pair-Id")
    if not key_pair_id:
        raise Refused("MissingKey", "Missing Key-Pair-Id query parameter or cookie value")
    if key_pair_id not in public_keys:
        raise Refused("InvalidKey", "Unknown Key")
    policy = _policy(ticket, request.url)
    statement = _statement(policy)
    try:
        signature = _decode(ticket.get("Signature", ""))
    except ValueError:
        raise Refused("MalformedSignature", "Could not unencode Signature") from None
    algorithm = ticket.get("Hash-Algorithm", "SHA1")
    genuine = _verified(public_keys[key_pair_id], signature, policy, algorithm)
    if not genuine or not _allows(statement, request):
        raise Refused("AccessDenied", "Access denied")


def _pairs(text: str, separator: str, prefix: str = "") -> dict[str, str]:
    found = {}
    for part in text.split(separator):
        name, _, value = part.strip().partition("=")
        if name.startswith(prefix) and name.removeprefix(prefix) in PARAMETERS:
            found[name.removeprefix(prefix)] = unquote(value)
    return found


def _decode(text: str) -> bytes:
    """Base64 in CloudFront's alphabet, which is none of RFC 4648's."""
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")), validate=True)


def _policy(ticket: Mapping[str, str], url: str) -> bytes:
    """The signed bytes: the custom policy, or the canned one that follows from the URL and the end."""
    if "Policy" in ticket:
        try:
            return _decode(ticket["Policy"])
        except ValueError:
            raise _malformed() from None
    if not ticket.get("Expires", "").isdecimal():
        raise _malformed()
    condition = {"DateLessThan": {"AWS:EpochTime": int(ticket["Expires"])}}
    canned = {"Statement": [{"Resource": url, "Condition": condition}]}
    return json.dumps(canned, separators=(",", ":"), ensure_ascii=False).encode()


def _malformed() -> Refused:
    return Refused("MalformedPolicy", "Malformed Policy")


def _statement(policy: bytes) -> dict[str, Any]:
    """The one statement of a policy, its types checked; only DateLessThan is required."""
    try:
        (statement,) = json.loads(policy)["Statement"]
        condition = statement["Condition"]
        moments = [condition["DateLessThan"]]
        if "DateGreaterThan" in condition:
            moments.append(condition["DateGreaterThan"])
        if not all(type(moment["AWS:EpochTime"]) is int for moment in moments):
            raise _malformed()
        if "IpAddress" in condition:
            ipaddress.ip_network(condition["IpAddress"]["AWS:SourceIp"], strict=False)
    except (ValueError, KeyError, TypeError):
        raise _malformed() from None
    return dict(statement)


def _verified(public_key: str, signature: bytes, signed: bytes, algorithm: str) -> bool:
    """RSA (PKCS #1 v1.5) or ECDSA, each over SHA-1 unless the ticket says SHA256."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    known: dict[str, type[hashes.HashAlgorithm]] = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
    if algorithm not in known:
        return False
    key = serialization.load_pem_public_key(public_key.encode())
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), known[algorithm]())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(known[algorithm]()))
        else:
            raise TypeError(f"no such key can be a public key of CloudFront: {type(key)}")
    except InvalidSignature:
        return False
    return True


def _allows(statement: Mapping[str, Any], request: Request) -> bool:
    condition = statement["Condition"]
    if request.time >= condition["DateLessThan"]["AWS:EpochTime"]:
        return False
    if "DateGreaterThan" in condition and request.time <= condition["DateGreaterThan"]["AWS:EpochTime"]:
        return False
    if "IpAddress" in condition:
        network = ipaddress.ip_network(condition["IpAddress"]["AWS:SourceIp"], strict=False)
        if ipaddress.ip_address(request.address) not in network:
            return False
    return _matches(str(statement.get("Resource", "*")), request.url)


def _matches(resource: str, url: str) -> bool:
    """`*` stands for any characters, `?` for exactly one, everywhere in the resource."""
    pattern = re.escape(resource).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, url) is not None

"""fixes/cloudfront_signatures.py: what a signature and a policy allow, without a server."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ops.local_aws.fixes import cloudfront_signatures as signatures

RSA = rsa.generate_private_key(65537, 2048)
ECDSA = ec.generate_private_key(ec.SECP256R1())
OTHER = rsa.generate_private_key(65537, 2048)
ALGORITHMS = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}

NOW = 1_800_000_000
URL = "https://files.example.com/exports/a%20b.pdf?size=large"
REQUEST = signatures.Request(URL, "198.51.100.7", NOW)


def _pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


KEYS = {"RSA": _pem(RSA), "ECDSA": _pem(ECDSA)}


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode().translate(str.maketrans("+=/", "-_~"))


def _sign(key: Any, content: bytes, algorithm: str = "SHA1") -> str:
    made = ALGORITHMS[algorithm]()
    if isinstance(key, rsa.RSAPrivateKey):
        return _encode(key.sign(content, padding.PKCS1v15(), made))
    return _encode(key.sign(content, ec.ECDSA(made)))


def _until(moment: Any = NOW + 60, **more: Any) -> dict[str, Any]:
    return {"DateLessThan": {"AWS:EpochTime": moment}, **more}


def _policy(condition: Any, resource: str | None = URL) -> bytes:
    named = {} if resource is None else {"Resource": resource}
    return json.dumps({"Statement": [{**named, "Condition": condition}]}, separators=(",", ":")).encode()


def _canned(expires: int = NOW + 60, url: str = URL, key: Any = RSA, **more: str) -> dict[str, str]:
    # The guide's own text: CloudFront writes the same from the URL it was asked for.
    end = f'{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}'
    signature = _sign(key, f'{{"Statement":[{{"Resource":"{url}","Condition":{end}}}]}}'.encode())
    return {"Expires": str(expires), "Signature": signature, "Key-Pair-Id": "RSA", **more}


def _custom(policy: bytes, **more: str) -> dict[str, str]:
    return {"Policy": _encode(policy), "Signature": _sign(RSA, policy), "Key-Pair-Id": "RSA", **more}


def _refusal(ticket: Mapping[str, str], request: signatures.Request = REQUEST) -> str:
    with pytest.raises(signatures.Refused) as caught:
        signatures.check(ticket, request, KEYS)
    return caught.value.code


@pytest.mark.parametrize("algorithm", ["", "SHA1", "SHA256"])
@pytest.mark.parametrize(("name", "key"), [("RSA", RSA), ("ECDSA", ECDSA)])
def test_both_kinds_of_key_sign_with_either_hash(name: str, key: Any, algorithm: str) -> None:
    policy = _policy(_until())
    said = {"Hash-Algorithm": algorithm} if algorithm else {}
    signature = _sign(key, policy, algorithm or "SHA1")
    ticket = {"Policy": _encode(policy), "Signature": signature, "Key-Pair-Id": name, **said}
    signatures.check(ticket, REQUEST, KEYS)
    swapped = "SHA1" if algorithm == "SHA256" else "SHA256"
    assert _refusal({**ticket, "Hash-Algorithm": swapped}) == "AccessDenied"
    assert _refusal({**ticket, "Hash-Algorithm": "MD5"}) == "AccessDenied"
    other = "ECDSA" if name == "RSA" else "RSA"
    assert _refusal({**ticket, "Key-Pair-Id": other}) == "AccessDenied"


def test_which_keys_can_verify() -> None:
    assert all(signatures.is_usable(pem) for pem in KEYS.values())
    assert not signatures.is_usable(_pem(rsa.generate_private_key(65537, 1024)))
    assert not signatures.is_usable(_pem(ec.generate_private_key(ec.SECP384R1())))
    assert not signatures.is_usable("no PEM")


def test_a_canned_policy_is_for_one_url_until_its_end() -> None:
    signatures.check(_canned(), REQUEST, KEYS)
    assert _refusal(_canned(expires=NOW)) == "AccessDenied"
    assert _refusal(_canned(url="https://files.example.com/exports/other.pdf")) == "AccessDenied"
    assert _refusal(_canned(url="https://files.example.com/*")) == "AccessDenied"
    assert _refusal(_canned(url=URL.replace("https", "http"))) == "AccessDenied"
    # Whoever moves the end breaks the signature.
    assert _refusal({**_canned(), "Expires": str(NOW + 9999)}) == "AccessDenied"


def test_the_signature_must_be_of_a_trusted_key() -> None:
    assert _refusal({}) == "MissingKey"
    assert _refusal({**_canned(), "Key-Pair-Id": ""}) == "MissingKey"
    assert _refusal({**_canned(), "Key-Pair-Id": "K0000000000000"}) == "InvalidKey"
    assert _refusal(_canned(key=OTHER)) == "AccessDenied"
    assert _refusal({**_canned(), "Signature": "%%%"}) == "MalformedSignature"
    assert _refusal({**_canned(), "Signature": ""}) == "AccessDenied"


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (URL, True),
        (None, True),
        ("*", True),
        ("https://files.example.com/*", True),
        ("http*://files.example.com/exports/*.pdf?size=large", True),
        ("https://files.example.com/exports/a%20?.pdf*", True),
        ("https://files.example.com/exports/a%20b.pdf", False),
        ("https://files.example.com/*.pdf", False),
        ("https://files?example.com/exports/", False),
        ("https://other.example.com/*", False),
        ("http://files.example.com/*", False),
    ],
)
def test_a_custom_policy_is_for_what_its_resource_matches(resource: str | None, allowed: bool) -> None:
    ticket = _custom(_policy(_until(), resource))
    if allowed:
        signatures.check(ticket, REQUEST, KEYS)
    else:
        assert _refusal(ticket) == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        (_until(NOW), False),
        (_until(DateGreaterThan={"AWS:EpochTime": NOW - 1}), True),
        (_until(DateGreaterThan={"AWS:EpochTime": NOW}), False),
        (_until(IpAddress={"AWS:SourceIp": "198.51.100.7/32"}), True),
        (_until(IpAddress={"AWS:SourceIp": "198.51.100.7"}), True),
        (_until(IpAddress={"AWS:SourceIp": "198.51.100.0/24"}), True),
        (_until(IpAddress={"AWS:SourceIp": "0.0.0.0/0"}), True),
        (_until(IpAddress={"AWS:SourceIp": "192.0.2.0/24"}), False),
    ],
)
def test_a_custom_policys_conditions_all_hold(condition: Any, allowed: bool) -> None:
    ticket = _custom(_policy(condition))
    if allowed:
        signatures.check(ticket, REQUEST, KEYS)
    else:
        assert _refusal(ticket) == "AccessDenied"


@pytest.mark.parametrize(
    "policy",
    [
        b"no JSON",
        b"{}",
        b'{"Statement":[]}',
        _policy({}),
        _policy(_until(str(NOW + 60))),
        _policy(_until(True)),
        _policy(_until(IpAddress={"AWS:SourceIp": "example.com"})),
        json.dumps({"Statement": {"Resource": URL, "Condition": _until()}}).encode(),
        json.dumps({"Statement": [{"Condition": _until()}] * 2}).encode(),
    ],
)
def test_a_policy_of_another_form_is_refused_as_such(policy: bytes) -> None:
    assert _refusal(_custom(policy)) == "MalformedPolicy"


def test_neither_policy_nor_end_is_no_policy() -> None:
    assert _refusal({"Signature": _sign(RSA, b""), "Key-Pair-Id": "RSA"}) == "MalformedPolicy"
    assert _refusal({**_canned(), "Expires": "tomorrow"}) == "MalformedPolicy"
    assert _refusal({**_canned(), "Policy": "%%%"}) == "MalformedPolicy"


def test_a_signed_url_goes_before_signed_cookies() -> None:
    cookies = "theme=dark; CloudFront-Policy=p; CloudFront-Signature=s; CloudFront-Key-Pair-Id=K1"
    assert signatures.ticket("a=1", cookies) == {"Policy": "p", "Signature": "s", "Key-Pair-Id": "K1"}
    assert signatures.ticket("a=1&Key-Pair-Id=K2", cookies) == {"Key-Pair-Id": "K2"}
    assert signatures.ticket("a=1", "Policy=p") == {}


def test_the_viewers_own_query_string_keeps_its_order() -> None:
    query = "size=large&Expires=1&Signature=2&Key-Pair-Id=3&Hash-Algorithm=SHA256&Policy=4&expires=5&b"
    assert signatures.without_parameters(query) == "size=large&expires=5&b"
    assert signatures.without_parameters("Expires=1&Signature=2&Key-Pair-Id=3") == ""

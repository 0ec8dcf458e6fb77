"""Promises of the downloads: CloudFront shows a PDF to holders of a signed URL and to nobody else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment
from ops.smoke.uploads import Uploaded, allowed_origin, uploaded
from ops.smoke.web import Answer, request

LIFETIME = timedelta(minutes=5)

PATIENCE_S = 60.0
"""CloudFront's edges learn of a new key group some time after the distribution says that it is deployed."""

SECURITY_HEADERS = {
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
    "x-frame-options": "",
    "x-xss-protection": "",
    "referrer-policy": "",
    "content-security-policy": "default-src 'none'",
}
"""Name -> what its value must contain."""


def _url(deployment: Deployment, made: Uploaded) -> str:
    return f"{deployment.outputs['cloudfront_url']}/{made.key}"


def _signed(deployment: Deployment, made: Uploaded, expires: datetime) -> str:
    """Signed as the application does it: with the key that its own role reads."""
    from ops.signing import urls

    if "cloudfront_key_pair_id" not in deployment.outputs:
        raise Broken(f"there is no signing key: ops signing-key create {deployment.environment}")
    secret = deployment.application("secretsmanager").get_secret_value(
        SecretId=deployment.outputs["cloudfront_signing_secret_arn"]
    )["SecretString"]
    return urls.sign(
        _url(deployment, made),
        private_key_pem=secret,
        key_pair_id=deployment.outputs["cloudfront_key_pair_id"],
        expires=expires,
    )


def a_signed_url_shows_the_pdf(deployment: Deployment) -> str:
    """Uploaded by a page, read through the distribution: the same bytes, the type, every security header."""
    with uploaded(deployment) as made:
        url = _signed(deployment, made, datetime.now(UTC) + LIFETIME)
        origin = allowed_origin(deployment)
        deadline = time.monotonic() + PATIENCE_S
        while (answer := request(url, headers={"Origin": origin})).status != 200:
            if time.monotonic() > deadline:
                raise Broken(f"a signed URL was answered with {answer.status}: {answer.body[:200]!r}")
            time.sleep(2)
        if answer.body != made.body:
            raise Broken("other bytes came back")
        if answer.headers.get("content-type") != "application/pdf":
            raise Broken(f"the PDF came as {answer.headers.get('content-type')}")
        missing = [
            name for name, value in SECURITY_HEADERS.items() if value not in answer.headers.get(name, "?")
        ]
        if missing:
            raise Broken(f"without {', '.join(missing)}")
        if answer.headers.get("access-control-allow-origin") != origin:
            raise Broken(f"a page of {origin} may not read it")
        return f"{len(made.body)} bytes of application/pdf, {len(SECURITY_HEADERS)} security headers"


def without_a_signature_nothing_is_shown(deployment: Deployment) -> str:
    """The bare URL of an object that exists."""
    with uploaded(deployment) as made:
        return _refused(made, "Unsigned GET", request(_url(deployment, made)))


def an_expired_signature_is_refused(deployment: Deployment) -> str:
    """A signature that was good a minute ago."""
    with uploaded(deployment) as made:
        url = _signed(deployment, made, datetime.now(UTC) - timedelta(minutes=1))
        return _refused(made, "GET with an expired signature", request(url))


def http_is_redirected(deployment: Deployment) -> str:
    """Plain HTTP gets nothing but the address of HTTPS."""
    with uploaded(deployment) as made:
        url = _url(deployment, made)
        answer = request(url.replace("https://", "http://", 1))
        if (answer.status, answer.headers.get("location")) != (301, url):
            raise Broken(f"HTTP was answered with {answer.status}, {answer.headers.get('location')}")
        return f"HTTP: {answer.status} to https"


def _refused(made: Uploaded, what: str, answer: Answer) -> str:
    if answer.status != 403:
        raise Broken(f"{what} was answered with {answer.status}")
    if made.body in answer.body:
        raise Broken(f"{what} got the PDF with its 403")
    return f"{what}: 403"


PROMISES = (
    Promise("cdn", "A signed URL shows the PDF, with every security header", a_signed_url_shows_the_pdf),
    Promise("cdn", "Without a signature it is refused", without_a_signature_nothing_is_shown),
    Promise("cdn", "An expired signature is refused", an_expired_signature_is_refused),
    Promise("cdn", "HTTP is redirected to HTTPS", http_is_redirected),
)

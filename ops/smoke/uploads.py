"""Promises of the uploads: a page of ours may put an object there by itself, a foreign one may not."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment
from ops.smoke.objects import remove
from ops.smoke.web import request

FOREIGN = "https://foreign.invalid"
"""A web origin that nobody can have (RFC 6761)."""

CACHE_CONTROL = "private, max-age=604800"


@dataclass(frozen=True)
class Uploaded:
    """A PDF in the exports bucket, put there by a presigned POST."""

    bucket: str
    key: str
    body: bytes


def allowed_origin(deployment: Deployment) -> str:
    """One of the web origins that the bucket's own CORS rules name."""
    answer = deployment.deployer("s3").get_bucket_cors(Bucket=deployment.outputs["s3_bucket_name"])
    return str(answer["CORSRules"][0]["AllowedOrigins"][0])


@contextmanager
def uploaded(deployment: Deployment) -> Iterator[Uploaded]:
    """A PDF uploaded as the application's pages do it; all its versions are removed afterwards."""
    bucket, key = deployment.outputs["s3_bucket_name"], f"smoke/{uuid.uuid4()}/specification.pdf"
    body = b"%PDF-1.7\n" + secrets.token_hex(512).encode() + b"\n%%EOF\n"
    post = deployment.application("s3").generate_presigned_post(
        bucket,
        key,
        Fields={"Content-Type": "application/pdf", "Cache-Control": CACHE_CONTROL},
        Conditions=[
            {"Content-Type": "application/pdf"},
            {"Cache-Control": CACHE_CONTROL},
            ["content-length-range", 1, 10_000_000],
        ],
        ExpiresIn=300,
    )
    try:
        _post(post["url"], post["fields"], body, allowed_origin(deployment))
        yield Uploaded(bucket, key, body)
    finally:
        remove(deployment, bucket, key)


def _post(url: str, fields: dict[str, str], body: bytes, origin: str) -> None:
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="specification.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    answer = request(
        url,
        "POST",
        {"Content-Type": f"multipart/form-data; boundary={boundary}", "Origin": origin},
        b"".join(parts) + head.encode() + body + f"\r\n--{boundary}--\r\n".encode(),
    )
    if answer.status not in (200, 201, 204):
        raise Broken(f"the presigned POST was answered with {answer.status}: {answer.body[:200]!r}")
    if answer.headers.get("access-control-allow-origin") != origin:
        raise Broken(f"the answer to the upload does not let {origin} read it")


def a_page_of_ours_uploads(deployment: Deployment) -> str:
    """Preflight and presigned POST from an allowed origin."""
    origin = allowed_origin(deployment)
    allowed = _preflight(deployment, origin)
    if allowed != (200, origin):
        raise Broken(f"the preflight of {origin} was answered with {allowed[0]}, allowing {allowed[1]}")
    with uploaded(deployment) as made:
        stored = deployment.application("s3").get_object(Bucket=made.bucket, Key=made.key)
        if stored["Body"].read() != made.body:
            raise Broken("other bytes were stored")
        return f"{len(made.body)} bytes from a page of {origin}"


def a_foreign_page_is_refused(deployment: Deployment) -> str:
    """The preflight of any other origin."""
    status, allowed = _preflight(deployment, FOREIGN)
    if status == 403 and allowed is None:
        return f"preflight of {FOREIGN}: 403"
    raise Broken(f"the preflight of {FOREIGN} was answered with {status}, allowing {allowed}")


def _preflight(deployment: Deployment, origin: str) -> tuple[int, str | None]:
    url = deployment.application("s3").generate_presigned_url(
        "put_object",
        Params={"Bucket": deployment.outputs["s3_bucket_name"], "Key": "smoke/preflight.pdf"},
        ExpiresIn=300,
    )
    answer = request(
        url,
        "OPTIONS",
        {
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type,cache-control",
        },
    )
    return answer.status, answer.headers.get("access-control-allow-origin")


PROMISES = (
    Promise("storage", "A page of an allowed origin uploads a PDF", a_page_of_ours_uploads),
    Promise("storage", "A page of a foreign origin is refused", a_foreign_page_is_refused),
)

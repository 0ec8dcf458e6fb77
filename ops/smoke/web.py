"""Plain web requests, as a browser sends them: no AWS signature, no redirect followed."""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ops.smoke.deployment import PLAIN_ENDPOINT

TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Answer:
    """headers: by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Answer:
    """Ask for an absolute URL. environ: where the local AWS is looked for.

    Where AWS_ENDPOINT_URL is set the connection goes there, and the host of the URL is named in `Host` alone,
    because names such as d123.cloudfront.net mean nothing to this machine's resolver.
    """
    parts = urlsplit(url)
    plain = parts.scheme == "http"
    local = environ.get(PLAIN_ENDPOINT if plain else "AWS_ENDPOINT_URL")
    target = urlsplit(local) if local else parts
    connection: http.client.HTTPConnection = (
        http.client.HTTPConnection(target.hostname or "", target.port, timeout=TIMEOUT_S)
        if target.scheme == "http"
        else http.client.HTTPSConnection(
            target.hostname or "", target.port, timeout=TIMEOUT_S, context=_trusted(environ)
        )
    )
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers={"Host": parts.netloc, **(headers or {})})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()


def _trusted(environ: Mapping[str, str]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=environ.get("AWS_CA_BUNDLE") or None)

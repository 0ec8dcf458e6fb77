"""Keeps web pages away from the emulator's unverified doors.

MiniStack takes the key `test`, its own AWS_ACCESS_KEY_ID and any twelve digits for an account's root
without checking a signature (core/iam_evaluator.py, is_root_access_key), serves `/_ministack/*` to
everybody, and answers every preflight with "allowed" (app.py, _handle_options_request). Together that
lets any web page open in a browser on this machine create and run a Lambda function here, which is a
program run as the developer. Requests signed by a real key pass untouched, S3's CORS included.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})


def foreign_page(headers: dict[str, str]) -> bool:
    """Whether a browser sent the request for a page that does not come from this machine."""
    origin = headers.get("origin")
    if origin is not None:
        host = urlsplit(origin).hostname or ""
        return host not in LOOPBACK_HOSTS and not host.endswith(".localhost")
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def install(app: Any) -> None:
    """Wraps the ASGI application."""
    from ministack.core.iam_evaluator import is_root_access_key
    from ministack.core.router import extract_access_key_id

    inner = app.app

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = {
                name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]
            }
            if foreign_page(headers):
                key = extract_access_key_id(headers, parse_qs(scope["query_string"].decode("latin-1")))
                if scope["path"].startswith("/_ministack/") or (key and is_root_access_key(key)):
                    await _refuse(send)
                    return
        await inner(scope, receive, send)

    app.app = guarded


async def _refuse(send: Any) -> None:
    body = json.dumps(
        {"__type": "AccessDenied", "message": "The local AWS gives root access to no web page."}
    ).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})

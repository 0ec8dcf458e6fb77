"""Requests to the providers' APIs: of their failures only what cannot repeat a key or a text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.api_keys.silence import nothing_logged

TIMEOUT_S = 15
MOST_BYTES = 1_000_000
_KIND = re.compile(r"[A-Za-z0-9_.]{1,64}")


@dataclass(frozen=True)
class Answer:
    """status: of HTTP. body: the JSON object, empty where there was none."""

    status: int
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """What the provider calls an error; only what looks like a name, never its words."""
        error = self.body.get("error")
        if not isinstance(error, dict):
            return ""
        names = (error.get("code"), error.get("type"))
        return next((name for name in names if isinstance(name, str) and _KIND.fullmatch(name)), "")

    @property
    def said(self) -> str:
        """Status and kind, for a message."""
        return f"status {self.status}{f', {self.kind}' if self.kind else ''}"


class Unreachable(Exception):
    """No answer came. Its text says why."""


def ask(method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None) -> Answer:
    """One request, one answer of whatever status. A redirection is not followed: it would take the key along.

    Raises Unreachable.
    """
    import http.client
    import urllib.error
    import urllib.request

    class Here(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    for name, value in {"Accept": "application/json", "User-Agent": "spec-wizard-infra", **headers}.items():
        request.add_unredirected_header(name, value)
    if data is not None:
        request.add_unredirected_header("Content-Type", "application/json")
    try:
        opener = urllib.request.build_opener(Here)
        with nothing_logged(), opener.open(request, timeout=TIMEOUT_S) as response:
            return Answer(response.status, _object(response.read(MOST_BYTES)))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _object(error.read(MOST_BYTES)))
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, TimeoutError):
            raise Unreachable(f"no answer within {TIMEOUT_S} seconds") from None
        raise Unreachable(getattr(reason, "strerror", None) or type(reason).__name__) from None
    except TimeoutError:
        raise Unreachable(f"no answer within {TIMEOUT_S} seconds") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(type(error).__name__) from None


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

"""A WebSocket connection to the chat of a deployed environment."""

from __future__ import annotations

import json
import logging
import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.chat.answer import Frame

OPEN_TIMEOUT_S = 20.0
TOO_MANY = 429

_silent = logging.getLogger(__name__)
"""The library's: what breaks a connection is told by Lost, not by a traceback beside the command's output."""
_silent.setLevel(logging.CRITICAL + 1)


class Lost(Exception):
    """The connection is gone. code: of its closing (RFC 6455, 7.4); 1006 where it just broke off."""

    def __init__(self, reason: str = "", code: int = 1006) -> None:
        super().__init__(reason)
        self.code = code


class Refused(OpsError):
    """The connection was not let in, because of the token or the Origin. status: of HTTP."""

    def __init__(self, status: int) -> None:
        super().__init__(
            f"The chat refused the connection: HTTP {status}.",
            hint="The token may be wrong, expired or revoked: `ops session create ENV` gives a new one.",
            code=ExitCode.AUTHENTICATION,
        )
        self.status = status


def address(websocket_url: str, environ: Mapping[str, str] = os.environ) -> str:
    """Where to connect to. On the local AWS API and stage are in the path: no resolver knows the API's name.

    websocket_url: the output, wss://<api id>.execute-api.<region>.amazonaws.com/<stage>, or a domain of ours.
    """
    local = environ.get("AWS_ENDPOINT_URL")
    if not local:
        return websocket_url
    parts, there = urlsplit(websocket_url), urlsplit(local)
    scheme = "wss" if there.scheme == "https" else "ws"
    api_id = (parts.hostname or "").partition(".")[0]
    return f"{scheme}://{there.netloc}/_aws/execute-api/{api_id}{parts.path}"


def with_token(url: str, token: str) -> str:
    """The address with the magic link's token, which browsers can send in no header."""
    return f"{url}?token={quote(token, safe='')}"


def trust(url: str, environ: Mapping[str, str] = os.environ) -> ssl.SSLContext | None:
    """The certificate authorities for an address; None without TLS."""
    if not url.startswith("wss://"):
        return None
    return ssl.create_default_context(cafile=environ.get("AWS_CA_BUNDLE") or None)


def _refusal(host: str, status: int) -> OpsError:
    """Refused, or NETWORK where the token is not to blame and another try may do."""
    if status == TOO_MANY:
        message = f"The chat at {host} takes no more connections at the moment (HTTP {status})."
        hint = "Try again in a moment. CHAT_THROTTLE_RATE and CHAT_THROTTLE_BURST limit requests."
    elif status >= 500:
        message = f"The chat at {host} failed with HTTP {status}."
        hint = "It is worth another try. If it stays so, the application's log has the reason."
    else:
        return Refused(status)
    return OpsError(message, hint=hint, code=ExitCode.NETWORK)


class Line:
    """One connection. Use it as a context; `send` and `receive` raise Lost when it is gone."""

    def __init__(self, websocket_url: str, token: str, *, origin: str | None = None) -> None:
        """Connect. Raises Refused, or OpsError (NETWORK) where another try may do."""
        from websockets.exceptions import InvalidStatus, WebSocketException

        from ops.chat.wire import Wire

        url = address(websocket_url)
        options: dict[str, Any] = {"proxy": None} if "AWS_ENDPOINT_URL" in os.environ else {}
        try:
            self._wire = Wire(
                with_token(url, token) if token else url,
                ssl=trust(url),
                origin=origin,
                open_timeout=OPEN_TIMEOUT_S,
                max_size=None,
                logger=_silent,
                **options,
            )
        except InvalidStatus as error:
            raise _refusal(urlsplit(url).netloc, error.response.status_code) from None
        except (OSError, TimeoutError, WebSocketException) as error:
            raise OpsError(
                f"The chat at {urlsplit(url).netloc} does not answer: {error}", code=ExitCode.NETWORK
            ) from error

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    def send(self, message: str | bytes | Mapping[str, Any]) -> None:
        """Send a frame: a message of the protocol, or anything as it is."""
        from websockets.exceptions import ConnectionClosed

        try:
            self._wire.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
        except ConnectionClosed as error:
            raise Lost(str(error), error.rcvd.code if error.rcvd else 1006) from None

    def receive(self, timeout_s: float) -> Frame:
        """The next frame. Raises TimeoutError."""
        from websockets.exceptions import ConnectionClosed

        try:
            frame: Frame = json.loads(self._wire.receive(timeout_s))
        except ConnectionClosed as error:
            raise Lost(str(error), error.rcvd.code if error.rcvd else 1006) from None
        return frame

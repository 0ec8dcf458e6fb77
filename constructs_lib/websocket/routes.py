"""Routes of the chat: which frame goes to which function, and who is let in. Pure data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

SELECTION = "$request.body.action"
"""What in a frame chooses its route."""

TOKEN = "route.request.querystring.token"
"""Where `$connect` has the token: a browser's WebSocket can send no header of its own."""

RESPONSE = "$default"
"""The one response of a route whose function answers the frame itself (trap 42)."""


@dataclass(frozen=True)
class Route:
    """id: of the route's constructs. function: its folder with hyphens. replies: its answer is sent back."""

    id: str
    key: str
    function: str
    authorized: bool = False
    replies: bool = False


ROUTES = (
    # The only place where an authorizer can stand; what it says holds as long as the connection (trap 41).
    Route("connect", "$connect", "connect", authorized=True),
    Route("disconnect", "$disconnect", "disconnect"),
    Route("send-message", "sendMessage", "send-message", replies=True),
    # What is no message, or no JSON: answered by the same function with an error frame.
    Route("default", "$default", "send-message", replies=True),
)

INTEGRATION = {"integration_type": "AWS_PROXY", "integration_method": "POST"}
"""How every route reaches its function. Lambda's API knows POST only."""

AUTHORIZER = {"authorizer_type": "REQUEST", "identity_sources": [TOKEN]}


def digest(routes: tuple[Route, ...] = ROUTES) -> str:
    """Changes with anything that only a new deployment puts into effect, and with nothing else (trap 38).

    Made of what is written here, not of references, whose placeholders change with any other resource.
    """
    definition = {
        "selection": SELECTION,
        "routes": [asdict(route) for route in routes],
        "response": RESPONSE,
        "integration": INTEGRATION,
        "authorizer": AUTHORIZER,
    }
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

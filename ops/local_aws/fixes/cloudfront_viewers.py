"""Which distribution a viewer reaches: by an alias, over which protocol, and only while it is enabled.

Upstream, MiniStack 1.5.33: app.py, _parse_cloudfront_dataplane_host knows `<label>.cloudfront.net` and no
alternate domain name; services/cloudfront.py, handle_viewer_request serves a disabled distribution too, and
believes a viewer's own X-Forwarded-Proto. The fix finds aliases (wildcards included), answers 403 for a
disabled distribution, and takes the header away, so that the protocol is the connection's.
"""

from __future__ import annotations

import functools
from fnmatch import fnmatchcase
from typing import Any
from xml.etree import ElementTree

PROTOCOL_HEADER = b"x-forwarded-proto"


def install() -> None:
    """Wraps the reading of the Host header, the handling of viewers' requests and the application."""
    import ministack.app as app
    from ministack.services import cloudfront

    label_of, inner, application = (
        app._parse_cloudfront_dataplane_host,
        cloudfront.handle_viewer_request,
        app.app,
    )

    def label_of_host(host: str) -> str | None:
        label: str | None = label_of(host)
        return label or _label_of_alias(host.partition(":")[0].lower())

    async def handle_viewer_request(dist: Any, *arguments: Any, **more: Any) -> Any:
        if not dist["enabled"]:
            return cloudfront._cf_error_response(403, "Bad request.", cloudfront._ERROR_X_CACHE)
        return await inner(dist, *arguments, **more)

    async def without_claims(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and any(name == PROTOCOL_HEADER for name, _ in scope["headers"]):
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if label_of_host(host) is not None:
                kept = [header for header in scope["headers"] if header[0] != PROTOCOL_HEADER]
                scope = {**scope, "headers": kept}
        await application(scope, receive, send)

    app._parse_cloudfront_dataplane_host = label_of_host
    cloudfront.handle_viewer_request = handle_viewer_request
    app.app = without_claims


def _label_of_alias(host: str) -> str | None:
    from ministack.services import cloudfront

    # No domain name ends with a digit: addresses are told apart without reading a distribution.
    if "." not in host or host[-1].isdigit():
        return None
    for dist in cloudfront._distributions.values():
        if any(fnmatchcase(host, alias) for alias in _aliases(dist.get("config_xml", ""))):
            return str(dist["DomainName"]).partition(".")[0]
    return None


@functools.lru_cache(maxsize=256)
def _aliases(configuration: str) -> tuple[str, ...]:
    """Alternate domain names in the XML of a distribution's configuration."""
    if not configuration:
        return ()
    root = ElementTree.fromstring(configuration)
    return tuple((name.text or "").lower() for name in root.findall("{*}Aliases/{*}Items/{*}CNAME"))

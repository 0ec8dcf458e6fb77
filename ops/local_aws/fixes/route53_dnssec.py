"""Whether a hosted zone is signed (DNSSEC).

Upstream, MiniStack 1.5.33: services/route53.py, handle_request does not know GetDNSSEC, so that Terraform
cannot destroy an aws_route53_zone with force_destroy. The fix answers that no zone is signed: nothing in the
emulator signs one.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import SubElement

PATH = re.compile(r"/2013-04-01/hostedzone/([^/]+)/dnssec/?")


def install() -> None:
    """Puts the action before Route 53's handler."""
    from ministack.services import route53

    inner = route53.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        named = PATH.fullmatch(path) if method == "GET" else None
        if named is None:
            return await inner(method, path, headers, body, query_params)
        zone = await inner("GET", f"/2013-04-01/hostedzone/{named.group(1)}", headers, b"", {})
        return zone if zone[0] != 200 else route53._xml_response("GetDNSSECResponse", _not_signing)

    route53.handle_request = handle_request


def _not_signing(root: Any) -> None:
    SubElement(SubElement(root, "Status"), "ServeSignature").text = "NOT_SIGNING"
    SubElement(root, "KeySigningKeys")

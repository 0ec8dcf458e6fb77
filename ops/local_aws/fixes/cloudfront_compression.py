"""Not a fix: what CloudFront compresses, after its Developer Guide, "Serve compressed files"."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

LEAST_BYTES, MOST_BYTES = 1_000, 10_000_000

TYPES = frozenset(
    [
        "application/dash+xml",
        "application/eot",
        "application/font",
        "application/font-sfnt",
        "application/javascript",
        "application/json",
        "application/opentype",
        "application/otf",
        "application/pkcs7-mime",
        "application/protobuf",
        "application/rss+xml",
        "application/truetype",
        "application/ttf",
        "application/vnd.apple.mpegurl",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/xhtml+xml",
        "application/xml",
        "application/x-font-opentype",
        "application/x-font-truetype",
        "application/x-font-ttf",
        "application/x-httpd-cgi",
        "application/x-javascript",
        "application/x-mpegurl",
        "application/x-opentype",
        "application/x-otf",
        "application/x-perl",
        "application/x-ttf",
        "font/eot",
        "font/opentype",
        "font/otf",
        "font/ttf",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/js",
        "text/plain",
        "text/richtext",
        "text/tab-separated-values",
        "text/xml",
        "text/x-component",
        "text/x-java-source",
        "text/x-script",
        "vnd.apple.mpegurl",
    ]
)
"""Values of Content-Type. application/pdf is not among them."""


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a viewer takes gzip. Brotli, which CloudFront prefers, is not in Python's library."""
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.replace(" ", "").partition(";")
        if coding in ("gzip", "*"):
            return weight not in ("q=0", "q=0.0")
    return False


def is_compressible(headers: Mapping[str, str], size: int) -> bool:
    """headers: of the origin's response, names in lower case. size: of its body, bytes."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in TYPES and LEAST_BYTES <= size <= MOST_BYTES and "content-encoding" not in headers


def compress(headers: Mapping[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """The compressed response; a strong ETag becomes a weak one."""
    kept = {name: text for name, text in headers.items() if name not in ("content-length", "accept-ranges")}
    kept["content-encoding"] = "gzip"
    kept["vary"] = ", ".join(filter(None, [headers.get("vary"), "Accept-Encoding"]))
    if kept.get("etag", "").startswith('"'):
        kept["etag"] = f"W/{kept['etag']}"
    return kept, gzip.compress(body, mtime=0)

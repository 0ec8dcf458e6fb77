"""What a public key is called: the same on the side that deploys it and on the side that signs."""

from __future__ import annotations

import base64
import hashlib


def fingerprint(pem: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a public key, given in PEM.

    Of its DER form, so that line lengths do not matter; `openssl pkey -pubin -outform DER | sha256sum` shows
    the same digits.
    """
    body = "".join(line for line in pem.split("\n") if not line.startswith("-----"))
    return hashlib.sha256(base64.b64decode(body)).hexdigest()[:16]

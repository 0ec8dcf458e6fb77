"""Signed URLs of CloudFront, with a canned policy: one address, one time at which it ends.

Nothing is asked of AWS here: a signature is made of the private key alone.
Source: CloudFront developer guide, "Create a signed URL using a canned policy".
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import quote

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ops.signing import pair as signing_pair

LONGEST = timedelta(days=365)
"""As long as an object lives."""

_LIFETIME = re.compile("([1-9][0-9]{0,8})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def sign(url: str, *, private_key_pem: str, key_pair_id: str, expires: datetime) -> str:
    """The URL with its signature.

    url: absolute, as the browser will send it, query string included. key_pair_id: CloudFront's id of the
    public key. expires: with its time zone; whole seconds count. Raises ValueError for another kind of key.
    """
    key = signing_pair.private_key(private_key_pem)

    def signature(policy: bytes) -> bytes:
        # CloudFront takes this hash and no other.
        return key.sign(policy, padding.PKCS1v15(), hashes.SHA1())

    signed: str = CloudFrontSigner(key_pair_id, signature).generate_presigned_url(url, date_less_than=expires)
    return signed


def object_url(base: str, key: str) -> str:
    """The address of an object. base: without a slash at the end; key: as S3 knows it, not quoted."""
    return f"{base}/{quote(key, safe='/')}"


def lifetime(text: str) -> timedelta:
    """`90s`, `15m`, `2h` or `7d`. Raises ValueError, whose text continues a sentence that names the value."""
    found = _LIFETIME.fullmatch(text)
    if not found:
        raise ValueError("is not a duration such as 15m, 2h or 7d")
    seconds = int(found[1]) * timedelta(**{_UNITS[found[2]]: 1}).total_seconds()
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"is longer than {LONGEST.days}d")
    return timedelta(seconds=seconds)

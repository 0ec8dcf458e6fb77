"""The two halves of a signing key. CloudFront takes RSA with 2048 bits."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from environments.fingerprints import fingerprint

BITS = 2048
EXPONENT = 65_537


@dataclass(frozen=True)
class Pair:
    """private_pem: PKCS8, kept out of every text that is made of a pair; public_pem: ends in a newline."""

    private_pem: str = field(repr=False)
    public_pem: str

    @property
    def fingerprint(self) -> str:
        """By which file, key group and secret are compared."""
        return fingerprint(self.public_pem)


def generate() -> Pair:
    """A new pair, in memory only."""
    return _pair(generate_private_key(EXPONENT, BITS))


def from_private(pem: str) -> Pair:
    """The pair of a private key. Raises ValueError where it is none that CloudFront takes."""
    return _pair(private_key(pem))


def private_key(pem: str) -> RSAPrivateKey:
    """Raises ValueError where the text is no RSA private key of 2048 bits; never with the text in it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is not a private key in PEM") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size != BITS:
        raise ValueError(f"is not an RSA key of {BITS} bits")
    return key


def _pair(key: RSAPrivateKey) -> Pair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Pair(private.decode(), public.decode())

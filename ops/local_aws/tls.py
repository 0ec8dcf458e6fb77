"""Certificate of the local AWS, made without the openssl program: a fresh machine may not have it."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

LIFETIME = timedelta(days=825)
"""The longest lifetime that Apple's TLS accepts from a private authority."""

RENEW_BEFORE = timedelta(days=30)

ACCOUNT_HOSTS = "*.127.0.0.1"
"""S3 Control is asked at <account>.<host of the endpoint>."""


class Material:
    """Where the certificate files lie.

    authority: what clients trust (AWS_CA_BUNDLE); its private key is never written.
    chain: what the server shows, its own certificate followed by the authority.
    key: the server's private key, mode 0600.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = directory / "ca.pem"
        self.chain = directory / "server.pem"
        self.key = directory / "server.key"

    def ensure(self) -> None:
        """Makes the files where one is missing or the certificate is about to expire."""
        if not self._usable():
            self._make()

    def _usable(self) -> bool:
        from cryptography import x509

        if not all(path.is_file() for path in (self.authority, self.chain, self.key)):
            return False
        try:
            served, authority = x509.load_pem_x509_certificates(self.chain.read_bytes())
            trusted = x509.load_pem_x509_certificate(self.authority.read_bytes())
        except ValueError:
            return False
        names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if ACCOUNT_HOSTS not in names.get_values_for_type(x509.DNSName):
            return False
        return trusted == authority and served.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE

    def _make(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID

        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
        authority = (
            _builder("spec-wizard local AWS authority", "spec-wizard local AWS authority")
            .public_key(authority_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(authority_id, critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        names = x509.SubjectAlternativeName(
            [
                x509.DNSName("localhost"),
                x509.DNSName(ACCOUNT_HOSTS),
                x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
            ]
        )
        server = (
            _builder("localhost", "spec-wizard local AWS authority")
            .public_key(server_key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(names, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(server_key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        _write(
            self.key,
            server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
            0o600,
        )
        _write(self.chain, server.public_bytes(pem) + authority.public_bytes(pem), 0o644)
        _write(self.authority, authority.public_bytes(pem), 0o644)


def _builder(subject: str, issuer: str) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .serial_number(x509.random_serial_number())
        # Clocks of virtual machines and containers lag behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME - timedelta(hours=1))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replaces `path` at once; the file never exists with a wider mode than `mode`."""
    staging = path.with_name(path.name + ".new")
    staging.unlink(missing_ok=True)
    with os.fdopen(os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    staging.replace(path)

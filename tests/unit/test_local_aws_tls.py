"""Certificates of the local AWS."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ops.local_aws import tls


@pytest.fixture
def material(tmp_path: Path) -> tls.Material:
    made = tls.Material(tmp_path / "tls")
    made.ensure()
    return made


def _served(material: tls.Material) -> x509.Certificate:
    return x509.load_pem_x509_certificates(material.chain.read_bytes())[0]


def test_it_names_loopback_only(material: tls.Material) -> None:
    names = _served(material).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "*.127.0.0.1"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_the_key_is_private_and_the_authoritys_key_is_nowhere(material: tls.Material) -> None:
    assert material.key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in material.directory.iterdir()) == [
        "ca.pem",
        "server.key",
        "server.pem",
    ]
    assert b"PRIVATE" not in material.chain.read_bytes() + material.authority.read_bytes()


def test_it_is_made_once(material: tls.Material) -> None:
    before = _served(material)
    material.ensure()
    assert _served(material) == before


@pytest.mark.parametrize("damage", ["missing", "truncated", "foreign"])
def test_damage_is_repaired(material: tls.Material, damage: str, tmp_path: Path) -> None:
    if damage == "missing":
        material.authority.unlink()
    elif damage == "truncated":
        material.chain.write_bytes(material.chain.read_bytes()[:100])
    else:
        other = tls.Material(tmp_path / "other")
        other.ensure()
        material.authority.write_bytes(other.authority.read_bytes())
    before = material.key.read_bytes()
    material.ensure()
    assert material.key.read_bytes() != before
    chain = x509.load_pem_x509_certificates(material.chain.read_bytes())
    assert chain[1] == x509.load_pem_x509_certificate(material.authority.read_bytes())


def test_it_is_renewed_before_it_expires(material: tls.Material, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _served(material)
    monkeypatch.setattr(tls, "RENEW_BEFORE", tls.LIFETIME + timedelta(days=1))
    material.ensure()
    assert _served(material) != before

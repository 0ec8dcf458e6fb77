"""The configuration of the downloads: the rules about CloudFront, and the file of public keys."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from environments import ConfigurationError, EnvironmentConfig, load, signing_keys
from environments.fingerprints import fingerprint
from ops.paths import ROOT
from ops.signing import pair as signing_pair
from tests.support.signing_keys import NONE, ONE, TWO
from tests.unit.test_configuration_rules import GOOD, refused

ZONE = "Z0123456789ABCDEFGHIJ"
NO_CERTIFICATE = {"CERTIFICATE_ARN": ""}


def accepted(folder: Path, environment: str, **variables: str) -> EnvironmentConfig:
    return load(environment, root=folder, process_env={**GOOD, **variables})


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("CLOUDFRONT_SIGNED_URLS", "maybe", "is neither true nor false"),
        ("CLOUDFRONT_ACCESS_LOGS", "2", "is neither true nor false"),
        ("CLOUDFRONT_WAF", "y", "is neither true nor false"),
        ("CLOUDFRONT_CACHE_DAYS", "0", "is less than 1"),
        ("CLOUDFRONT_CACHE_DAYS", "366", "is more than 365"),
        ("CLOUDFRONT_CACHE_DAYS", "7d", "is not a whole number in plain digits"),
        ("CLOUDFRONT_WAF_RATE_LIMIT", "9", "is less than 10"),
        ("CLOUDFRONT_PRICE_CLASS", "PriceClass_300", "is not allowed"),
        ("CLOUDFRONT_PRICE_CLASS", "priceclass_100", "is not allowed"),
        ("HOSTED_ZONE_ID", "z0123456789", "is not the id of a hosted zone"),
        ("HOSTED_ZONE_ID", "/hostedzone/Z0123456789", "is not the id of a hosted zone"),
        ("HOSTED_ZONE_ID", "Z" * 33, "is not the id of a hosted zone"),
        ("SIGNING_PUBLIC_KEY_FILE", "keys/dev.pub", "is not the path of a .pem file"),
        ("SIGNING_PUBLIC_KEY_FILE", "keys/\n.pem", "is not the path of a .pem file"),
    ],
)
def test_refused(tmp_path: Path, variable: str, value: str, text: str) -> None:
    error = refused(tmp_path, "dev", **{variable: value})
    assert {problem.key for problem in error.problems} == {variable}
    assert any(text in problem.message for problem in error.problems)


def test_trap_23_downloads_are_signed_unless_an_environment_says_otherwise(tmp_path: Path) -> None:
    assert accepted(tmp_path, "dev").cdn.signed_urls is True
    assert accepted(tmp_path, "dev", CLOUDFRONT_SIGNED_URLS="false").cdn.signed_urls is False
    error = refused(tmp_path, "prod", CLOUDFRONT_SIGNED_URLS="false")
    assert [problem.key for problem in error.problems] == ["CLOUDFRONT_SIGNED_URLS"]
    assert "public, which is not allowed in prod" in str(error)
    assert accepted(tmp_path, "prod", CLOUDFRONT_SIGNED_URLS="false", ENABLE_CLOUDFRONT="false")


def test_trap_25_a_domain_needs_a_certificate_or_the_zone_to_validate_one(tmp_path: Path) -> None:
    error = refused(tmp_path, "dev", **NO_CERTIFICATE)
    assert [problem.key for problem in error.problems] == ["CERTIFICATE_ARN"]
    assert "HOSTED_ZONE_ID" in str(error)
    assert accepted(tmp_path, "dev", **NO_CERTIFICATE, HOSTED_ZONE_ID=ZONE).cdn.hosted_zone_id == ZONE
    assert accepted(tmp_path, "prod", **NO_CERTIFICATE, HOSTED_ZONE_ID=ZONE)
    assert accepted(tmp_path, "dev", **NO_CERTIFICATE, ENABLE_CLOUDFRONT="false")


def test_trap_28_access_logs_need_the_log_bucket(tmp_path: Path) -> None:
    error = refused(tmp_path, "prod", S3_ACCESS_LOGS="false")
    assert [problem.key for problem in error.problems] == ["CLOUDFRONT_ACCESS_LOGS"]
    assert accepted(tmp_path, "prod", S3_ACCESS_LOGS="false", CLOUDFRONT_ACCESS_LOGS="false")
    assert accepted(tmp_path, "prod", S3_ACCESS_LOGS="false", ENABLE_CLOUDFRONT="false")


def test_only_prod_logs_access_by_default(tmp_path: Path) -> None:
    found = {name: accepted(tmp_path, name).cdn.access_logs for name in ("dev", "staging", "prod")}
    assert found == {"dev": False, "staging": False, "prod": True}


def test_each_environment_has_its_own_key_file(tmp_path: Path) -> None:
    for name in ("dev", "staging", "prod"):
        assert accepted(tmp_path, name).cdn.public_key_file == f"environments/signing_keys/{name}.pem"


def test_no_file_is_no_mistake_and_means_no_key(tmp_path: Path) -> None:
    assert accepted(tmp_path, "prod", SIGNING_PUBLIC_KEY_FILE=NONE)
    assert signing_keys.read(NONE) == ()
    assert signing_keys.problem(NONE) is None


def test_the_keys_are_read_in_their_order_wherever_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    newest, oldest = signing_keys.read(TWO)
    assert newest + oldest == (ROOT / TWO).read_text(encoding="utf-8")
    assert signing_keys.read(str(ROOT / ONE)) == (oldest,)
    assert oldest.endswith("-----END PUBLIC KEY-----\n")


def test_line_ends_of_another_system_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "dev.pem"
    file.write_bytes((ROOT / TWO).read_bytes().replace(b"\n", b"\r\n"))
    assert signing_keys.read(str(file)) == signing_keys.read(TWO)
    assert signing_keys.problem(str(file)) is None


PUBLIC = (ROOT / ONE).read_text(encoding="utf-8")


def _key(content: bytes) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(content).decode()}\n-----END PUBLIC KEY-----\n"


PRIVATE = signing_pair.generate().private_pem


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (PRIVATE, "holds a private key"),
        (PUBLIC + PRIVATE, "holds a private key"),
        ("", "holds something else"),
        ("ssh-rsa AAAA", "holds something else"),
        (PUBLIC + "# newest first\n", "holds something else"),
        (PUBLIC[: len(PUBLIC) // 2], "holds something else"),
        ("".join(_key(bytes([n])) for n in range(6)), "holds 6 keys; a key group takes 5"),
        (PUBLIC * 2, "holds a key twice"),
        (_key(b"x").replace("=", ""), "holds a damaged key"),
        ("\x00\xff", "holds something else"),
    ],
    ids=["private", "both", "empty", "ssh", "comment", "half", "six", "twice", "damaged", "binary"],
)
def test_a_file_that_is_no_list_of_public_keys_is_refused(tmp_path: Path, text: str, wrong: str) -> None:
    file = tmp_path / "dev.pem"
    file.write_text(text, encoding="utf-8")
    error = refused(tmp_path, "dev", SIGNING_PUBLIC_KEY_FILE=str(file))
    assert [problem.key for problem in error.problems] == ["SIGNING_PUBLIC_KEY_FILE"]
    assert wrong in str(error)
    assert "BEGIN PRIVATE" not in str(error)
    assert accepted(
        tmp_path, "dev", SIGNING_PUBLIC_KEY_FILE=str(file), CLOUDFRONT_SIGNED_URLS="false"
    ).enable_cloudfront


def test_a_file_that_cannot_be_read_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "dev.pem").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        accepted(tmp_path, "dev", SIGNING_PUBLIC_KEY_FILE=str(tmp_path / "dev.pem"))
    (tmp_path / "text.pem").write_bytes(os.urandom(64) + b"\xff\xfe")
    assert "it is not text" in str(
        refused(tmp_path, "dev", SIGNING_PUBLIC_KEY_FILE=str(tmp_path / "text.pem"))
    )


def test_a_fingerprint_is_that_of_openssl(tmp_path: Path) -> None:
    """SHA-256 of the DER form, as `openssl pkey -pubin -outform DER | sha256sum` shows it."""
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    der = load_pem_public_key(PUBLIC.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fingerprint(PUBLIC) == hashlib.sha256(der).hexdigest()[:16]
    newest, oldest = signing_keys.read(TWO)
    assert fingerprint(newest) != fingerprint(oldest) == fingerprint(PUBLIC)

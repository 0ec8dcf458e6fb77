"""Signed URLs: checked with the public key, as CloudFront does it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from typer.testing import CliRunner

from ops import aws, cli
from ops.commands import outputs, sign_url
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.signing import pair as signing_pair
from ops.signing.pair import Pair
from ops.signing.state import SigningKeys
from ops.signing.trusted_keys import TrustedKey
from ops.signing.urls import lifetime, object_url, sign
from tests.support import configuration

URL = "https://dev.wizard.example.com/exports/spec.pdf"
END = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
EPOCH = 1_893_553_445
OUTPUTS = {
    "cloudfront_url": "https://dev.wizard.example.com",
    "cloudfront_distribution_id": "E1",
    "cloudfront_signing_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
    "s3_bucket_name": "exports",
}


@pytest.fixture(scope="module")
def pair() -> Pair:
    return signing_pair.generate()


def decoded(text: str) -> bytes:
    """CloudFront's variant of base64."""
    return base64.b64decode(text.replace("-", "+").replace("_", "=").replace("~", "/"), validate=True)


def check(pair: Pair, url: str, resource: str, epoch: int) -> None:
    """Raises InvalidSignature unless the URL carries this key's signature of exactly this canned policy."""
    condition = {"DateLessThan": {"AWS:EpochTime": epoch}}
    policy = json.dumps(
        {"Statement": [{"Resource": resource, "Condition": condition}]}, separators=(",", ":")
    )
    signature = decoded(parse_qs(urlsplit(url).query)["Signature"][0])
    public = load_pem_public_key(pair.public_pem.encode())
    assert isinstance(public, RSAPublicKey)
    public.verify(signature, policy.encode(), padding.PKCS1v15(), hashes.SHA1())


def signed(pair: Pair, url: str = URL, end: datetime = END) -> str:
    return sign(url, private_key_pem=pair.private_pem, key_pair_id="K123", expires=end)


def test_the_signature_covers_the_address_and_the_time(pair: Pair) -> None:
    url = signed(pair)
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{URL}?Expires={EPOCH}&Signature=")
    assert (query["Expires"], query["Key-Pair-Id"]) == ([str(EPOCH)], ["K123"])
    check(pair, url, URL, EPOCH)
    for resource, epoch in ((URL.replace("spec", "other"), EPOCH), (URL, EPOCH + 1)):
        with pytest.raises(InvalidSignature):
            check(pair, url, resource, epoch)


def test_a_query_string_is_signed_with_the_rest(pair: Pair) -> None:
    asked = f"{URL}?response-content-disposition=attachment"
    url = signed(pair, asked)
    assert url.startswith(f"{asked}&Expires=")
    check(pair, url, asked, EPOCH)


def test_the_time_is_the_same_in_every_time_zone(pair: Pair) -> None:
    elsewhere = END.astimezone(timezone(timedelta(hours=9)))
    assert signed(pair, end=elsewhere) == signed(pair)


@pytest.mark.parametrize("kind", ["text", "empty", "elliptic", "short", "public"])
def test_another_kind_of_key_is_refused_without_showing_it(pair: Pair, kind: str) -> None:
    made: dict[str, Any] = {
        "elliptic": ec.generate_private_key(ec.SECP256R1()),
        "short": generate_private_key(65_537, 1024),
    }
    texts = {"text": "secret words", "empty": "", "public": pair.public_pem} | {
        name: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for name, key in made.items()
    }
    with pytest.raises(ValueError, match="is not a") as caught:
        sign(URL, private_key_pem=texts[kind], key_pair_id="K", expires=END)
    assert "secret" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)


def test_a_pair_does_not_show_its_private_half(pair: Pair) -> None:
    assert "PRIVATE" not in repr(pair)
    assert signing_pair.from_private(pair.private_pem) == pair
    assert pair.private_pem.startswith("-----BEGIN PRIVATE KEY-----\n")  # PKCS8


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("exports/spec.pdf", "exports/spec.pdf"),
        ("a b.pdf", "a%20b.pdf"),
        ("a+b.pdf", "a%2Bb.pdf"),
        ("ü/(1).pdf", "%C3%BC/%281%29.pdf"),
        ("what?#100%.pdf", "what%3F%23100%25.pdf"),
        ("all*.pdf", "all%2A.pdf"),
        ("a~b_c-d.e", "a~b_c-d.e"),
    ],
)
def test_a_key_becomes_a_path(key: str, path: str) -> None:
    assert object_url("https://d1.cloudfront.net", key) == f"https://d1.cloudfront.net/{path}"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("365d", 31_536_000)]
)
def test_lifetimes(text: str, seconds: int) -> None:
    assert lifetime(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "0m", "-1h", "1", "h", "1.5h", "1w", "1 h", "1H", "366d", "999999999d", "²h", "1h\n"]
)
def test_what_is_no_lifetime(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        lifetime(text)


class Cloud:
    """What is deployed, as the command sees it."""

    def __init__(self, pair: Pair | None, trusted: dict[str, TrustedKey], there: bool = True) -> None:
        self.pair, self.trusted = pair, trusted
        self.s3 = MagicMock()
        if not there:
            self.s3.head_object.side_effect = ClientError({"Error": {"Code": "404"}}, "HeadObject")

    def enter(self, monkeypatch: pytest.MonkeyPatch, found: dict[str, str] = OUTPUTS, **changes: str) -> None:
        for name, value in configuration.variables(**changes).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(outputs, "deployed", lambda environment: found)
        monkeypatch.setattr(aws, "client", lambda service, region: self.s3)
        monkeypatch.setattr(SigningKeys, "current", lambda keys: self.pair)
        monkeypatch.setattr(SigningKeys, "deployed", lambda keys: self.trusted)


@pytest.fixture
def cloud(pair: Pair) -> Cloud:
    return Cloud(pair, {pair.fingerprint: TrustedKey("KNEW", pair.public_pem)})


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, ["sign-url", *arguments])


def failure(*arguments: str) -> OpsError:
    error = run(*arguments).exception
    assert isinstance(error, OpsError)
    return error


def test_the_url_alone_is_on_stdout(cloud: Cloud, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.enter(monkeypatch)
    before = datetime.now(UTC)
    done = run("dev", "exports/a b.pdf", "--expires", "15m")
    (url,) = done.stdout.splitlines()
    epoch = int(parse_qs(urlsplit(url).query)["Expires"][0])
    assert 899 <= epoch - before.timestamp() <= 930
    assert parse_qs(urlsplit(url).query)["Key-Pair-Id"] == ["KNEW"]
    check(pair, url, "https://dev.wizard.example.com/exports/a%20b.pdf", epoch)
    assert cloud.s3.head_object.call_args.kwargs == {"Bucket": "exports", "Key": "exports/a b.pdf"}
    assert "curl" in done.stderr  # the name in the URL leads nowhere on the local AWS


def test_json(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.enter(monkeypatch)
    found = json.loads(run("dev", "x.pdf", "--json").stdout)
    end = int(parse_qs(urlsplit(found["url"]).query)["Expires"][0])
    assert datetime.fromisoformat(found["expires"]).timestamp() == end


def test_the_request_on_the_local_aws() -> None:
    command = sign_url.local_request(f"{URL}?a=1&b=2", "https://127.0.0.1:4566")
    assert "-H 'Host: dev.wizard.example.com' 'https://127.0.0.1:4566/exports/spec.pdf?a=1&b=2'" in command


def test_an_object_that_is_not_there(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    Cloud(pair, {pair.fingerprint: TrustedKey("K", "")}, there=False).enter(monkeypatch)
    error = failure("dev", "/missing.pdf")
    assert error.code is ExitCode.USAGE
    assert "There is no object '/missing.pdf' in exports" in error.message
    assert run("dev", "missing.pdf", "--unchecked").exit_code == 0


def test_who_may_not_look_is_told_so(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.enter(monkeypatch)
    cloud.s3.head_object.side_effect = ClientError({"Error": {"Code": "403"}}, "HeadObject")
    assert failure("dev", "x.pdf").code is ExitCode.AUTHENTICATION


def test_no_key_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    Cloud(None, {}).enter(monkeypatch)
    error = failure("dev", "x.pdf")
    assert (error.code, error.hint) == (ExitCode.CONFIGURATION, "ops signing-key create dev")


def test_a_key_that_cloudfront_does_not_know_signs_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    Cloud(pair, {"0" * 16: TrustedKey("K", "")}).enter(monkeypatch)
    error = failure("dev", "x.pdf")
    assert error.code is ExitCode.STATE
    assert "ops signing-key show dev" in error.hint


@pytest.mark.parametrize("variable", ["ENABLE_CLOUDFRONT", "CLOUDFRONT_SIGNED_URLS"])
def test_nothing_to_sign(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    cloud.enter(monkeypatch, **{variable: "false"})
    error = failure("dev", "x.pdf")
    assert error.code is ExitCode.CONFIGURATION
    assert f"{variable}=false" in error.message


def test_configured_and_not_deployed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.enter(monkeypatch, {"s3_bucket_name": "exports"})
    error = failure("dev", "x.pdf")
    assert (error.code, error.hint) == (ExitCode.STATE, "cdktf deploy dev")


def test_a_wrong_duration_is_told_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "deployed", lambda environment: pytest.fail("asked"))
    done = run("dev", "x.pdf", "--expires", "2w")
    assert done.exit_code == ExitCode.USAGE

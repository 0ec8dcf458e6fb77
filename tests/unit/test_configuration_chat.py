"""The configuration of the chat, its functions and the alarms: what is allowed, and what follows from it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from environments import ENVIRONMENTS, ConfigurationError, EnvironmentConfig, load, load_all
from environments.function_code import Code, code_of
from tests.unit.test_configuration_rules import ACCOUNT, GOOD, UUID, refused

CERTIFICATE = f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/{UUID}"
CHAT = {"CHAT_DOMAIN_NAME": "chat.flowency.build", "CHAT_CERTIFICATE_ARN": CERTIFICATE}


def accepted(folder: Path, environment: str = "dev", **variables: str) -> EnvironmentConfig:
    return load(environment, root=folder, process_env={**GOOD, **variables})


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("CHAT_PROVIDER", "Anthropic", "is not allowed"),
        ("CHAT_PROVIDER", "none", "is not allowed"),
        ("CHAT_MODEL", "my model", "is not the name of a model"),
        ("CHAT_MODEL", "m" * 129, "is not the name of a model"),
        ("CHAT_PROVIDER_URL", "http://models.example.com", "is http; only this machine"),
        ("CHAT_PROVIDER_URL", "https://key@models.example.com", "is not an https address"),
        ("CHAT_PROVIDER_URL", "https://models.example.com?key=1", "is not an https address"),
        ("CHAT_PROVIDER_URL", "https://models", "has no domain name as its host"),
        ("CHAT_PROVIDER_URL", "http://localhost:65536", "has port 65536, which there is not"),
        ("CHAT_THROTTLE_BURST", "0", "is less than 1"),
        ("CHAT_THROTTLE_BURST", "5001", "is more than 5000"),
        ("CHAT_THROTTLE_RATE", "10001", "is more than 10000"),
        ("CHAT_WORKER_TIMEOUT_S", "9", "is less than 10"),
        ("CHAT_WORKER_TIMEOUT_S", "901", "is more than 900"),
        ("CHAT_WORKER_CONCURRENCY", "1", "is less than 2"),
        ("CHAT_HOSTED_ZONE_ID", "Z0123456789ABCDEFGHIJ", "needs CHAT_DOMAIN_NAME"),
        ("ALERT_URL", "http://events.example.com", "is http; only this machine"),
        ("SECRET_MAX_AGE_DAYS", "366", "is more than 365"),
        ("FUNCTION_CODE", "authorizer", "is not <function>=<place>"),
        ("FUNCTION_CODE", "janitor=a.zip", "names no function: 'janitor'"),
        ("FUNCTION_CODE", "connect=s3://bucket/key.tar", "is not s3://<bucket>/<key>.zip"),
        ("FUNCTION_CODE", "connect=folder", "is not the path of a .zip file"),
        ("FUNCTION_CODE", "connect=s3://bucket/a.zip,connect=s3://bucket/b.zip", "names a function twice"),
        ("FUNCTION_CODE", "connect=no/such.zip", "names 'no/such.zip' for connect, which cannot be read"),
    ],
)
def test_refused(tmp_path: Path, variable: str, value: str, text: str) -> None:
    error = refused(tmp_path, "dev", **{variable: value})
    assert [problem.key for problem in error.problems] == [variable]
    assert text in error.problems[0].message
    assert "set it in: process environment, .env.dev, .env, environments/dev.py" in str(error)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_with_nothing_set_the_throttling_is_that_of_the_specification(
    tmp_path: Path, environment: str
) -> None:
    chat = accepted(tmp_path, environment).chat
    assert (chat.throttle_burst, chat.throttle_rate) == (500, 100)


class TestDomain:
    def test_it_needs_its_certificate_and_the_certificate_its_domain(self, tmp_path: Path) -> None:
        for given, lacking in (CHAT, reversed(CHAT)):
            error = refused(tmp_path, "dev", **{given: CHAT[given]})
            assert [(p.key, p.message) for p in error.problems] == [
                (lacking, f"is needed, because {given} is set")
            ]
        assert accepted(tmp_path, **CHAT).chat.domain_name == CHAT["CHAT_DOMAIN_NAME"]

    @pytest.mark.parametrize(
        "arn",
        [CERTIFICATE.replace("eu-central-1", "us-east-1"), CERTIFICATE.replace(ACCOUNT, "444455556666")],
    )
    def test_its_certificate_is_regional_and_of_the_account(self, tmp_path: Path, arn: str) -> None:
        error = refused(tmp_path, "dev", **{**CHAT, "CHAT_CERTIFICATE_ARN": arn})
        assert [p.key for p in error.problems] == ["CHAT_CERTIFICATE_ARN"]
        assert f"is not of AWS_REGION (eu-central-1) and AWS_ACCOUNT_ID ({ACCOUNT})" in str(error)

    def test_it_is_not_the_domain_of_the_downloads(self, tmp_path: Path) -> None:
        error = refused(tmp_path, "dev", **{**CHAT, "CHAT_DOMAIN_NAME": GOOD["DOMAIN_NAME"]})
        assert [(p.key, p.message) for p in error.problems] == [
            ("CHAT_DOMAIN_NAME", "is DOMAIN_NAME, where the downloads are")
        ]

    def test_each_environment_has_its_own(self, tmp_path: Path) -> None:
        own = {**GOOD, "DOMAIN_NAME": "{environment}.flowency.build"}
        with pytest.raises(ConfigurationError, match=r"staging, prod: CHAT_DOMAIN_NAME=.* is dev's already"):
            load_all(ENVIRONMENTS, root=tmp_path, process_env={**own, **CHAT})
        each = {**own, **CHAT, "CHAT_DOMAIN_NAME": "{environment}.chat.flowency.build"}
        configs = load_all(ENVIRONMENTS, root=tmp_path, process_env=each)
        assert configs["prod"].chat.domain_name == "prod.chat.flowency.build"


def test_the_built_in_model_has_no_address(tmp_path: Path) -> None:
    url = {"CHAT_PROVIDER_URL": "https://models.example.com"}
    assert accepted(tmp_path, **url).chat.provider_url == url["CHAT_PROVIDER_URL"]
    error = refused(tmp_path, "dev", CHAT_PROVIDER="built-in", **url)
    assert [p.key for p in error.problems] == ["CHAT_PROVIDER_URL"]


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:1/v1", "https://models.example.com:8443/a/b"]
)
def test_an_address_may_be_of_this_machine_without_https(tmp_path: Path, url: str) -> None:
    assert accepted(tmp_path, CHAT_PROVIDER_URL=url).chat.provider_url == url
    assert accepted(tmp_path, ALERT_URL=url).alerts.url == url


class TestFunctionCode:
    def test_a_path_is_taken_from_the_checkout_or_absolute(self, tmp_path: Path) -> None:
        own = tmp_path / "own.zip"
        with zipfile.ZipFile(own, "w") as archive:
            archive.writestr("handler.py", "")
        places = accepted(tmp_path, FUNCTION_CODE=f"connect={own}").functions.code
        assert code_of(places, "connect") == Code(path=str(own))
        assert code_of(places, "disconnect") is None

    def test_a_file_that_is_no_zip_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "own.zip").write_text("not a zip")
        error = refused(tmp_path, "dev", FUNCTION_CODE=f"connect={tmp_path}/own.zip")
        assert "for connect, which is no zip" in error.problems[0].message

    def test_a_model_built_by_hand_is_held_to_it(self, tmp_path: Path) -> None:
        values = accepted(tmp_path).model_dump()
        with pytest.raises(ValidationError, match="cannot be read"):
            EnvironmentConfig.model_validate({**values, "functions": {"code": ("connect=no/such.zip",)}})

    def test_an_object_may_have_a_version_and_an_escaped_key(self) -> None:
        found = Code.of("s3://flowency-builds/a%20b/worker.zip?versionId=abc.123_x")
        assert found == Code(bucket="flowency-builds", key="a b/worker.zip", version="abc.123_x")
        assert Code.of("s3://flowency-builds/worker.zip").version is None

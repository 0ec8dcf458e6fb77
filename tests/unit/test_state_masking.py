"""What of a state is not shown: by its own marks, by the provider's schema, by look and by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.state.document import Output, parse
from ops.state.masking import MASK, masked, masked_output
from tests.support.states import resource, text


def attr(name: str) -> dict[str, Any]:
    return {"type": "get_attr", "value": name}


def index(key: str | int) -> dict[str, Any]:
    return {"type": "index", "value": {"value": key, "type": "string" if isinstance(key, str) else "number"}}


def shown(type_: str, attributes: dict[str, Any], *paths: list[dict[str, Any]], mode: str = "managed") -> Any:
    instance = {"attributes": attributes, "sensitive_attributes": list(paths)}
    (one,) = parse(text(resource(type_, "x", instance, mode=mode))).instances
    return masked(one)


def test_the_states_own_marks_are_followed_into_maps_and_lists() -> None:
    attributes = {
        "plain": "a",
        "whole": {"b": "c"},
        "variables": {"A": "1", "B": "2"},
        "blocks": [{"inner": ["x", "y"], "other": 1}, {"inner": ["z"], "other": 2}],
        "number": 42,
        "absent": None,
    }
    found = shown(
        "custom_thing",
        attributes,
        [attr("whole")],
        [attr("variables"), index("B")],
        [attr("blocks"), index(0), attr("inner"), index(1)],
        [attr("number")],
        [attr("absent")],
    )
    assert found == {
        "plain": "a",
        "whole": MASK,
        "variables": {"A": "1", "B": MASK},
        "blocks": [{"inner": ["x", MASK], "other": 1}, {"inner": ["z"], "other": 2}],
        "number": MASK,
        "absent": None,
    }


def test_what_the_providers_schema_marks_is_masked_without_a_mark_in_the_state() -> None:
    assert shown("aws_ssm_parameter", {"value": "v", "name": "n"}) == {"value": MASK, "name": "n"}
    action = {"type": "authenticate-oidc", "authenticate_oidc": [{"client_secret": "s", "client_id": "i"}]}
    found = shown("aws_lb_listener", {"default_action": [action, action]})
    for one in found["default_action"]:
        assert one["authenticate_oidc"] == [{"client_secret": MASK, "client_id": "i"}]
    assert shown("aws_ssm_parameter", {"value": "v"}, mode="data") == {"value": MASK}
    assert shown("aws_sns_topic", {"value": "v"}) == {"value": "v"}


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-" + "A1b2C3d4" * 4,
        "sk-proj-" + "x" * 40,
        "AKIA" + "ABCDEFGH12345678",
        "ghp_" + "a" * 36,
        "github_pat_" + "a" * 30,
        "xoxb-" + "1" * 20,
        "AIza" + "b" * 35,
        "eyJhbGciOiJIUzI1NiJ9." + "e" * 20 + "." + "f" * 30,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIE, and cut off",
        "glpat-" + "a1B2" * 5,
        "sk_live_" + "a1B2" * 6,
        "rk_test_" + "a1B2" * 6,
        "whsec_" + "a1B2" * 8,
        "xapp-1-A0B1-123-" + "ab12" * 8,
        "hooks.slack.com/services/T0AB/B0CD/" + "a1B2" * 6,
        "hf_" + "aBcD" * 8,
        "npm_" + "a1B2" * 9,
        "pypi-AgE" + "a1B2" * 12,
        "ya29." + "a1B2-_" * 8,
        "SG." + "a1B2" * 5 + "." + "c3D4" * 10,
        "Bearer " + "a1B2.-_~" * 3,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ],
    ids=lambda secret: secret[:8],
)
def test_what_looks_like_a_key_is_masked_wherever_it_stands(secret: str) -> None:
    found = shown("x", {"a": f"before {secret}", "b": [{"c": secret}], "d": {"e": secret}})
    assert found == {"a": f"before {MASK}", "b": [{"c": MASK}], "d": {"e": MASK}}


def test_a_password_in_an_address_and_in_a_text_that_is_json_is_masked() -> None:
    body = json.dumps({"db_password": "hunter2", "user": "u", "secret": "arn:aws:secretsmanager:x"})
    found = shown("x", {"url": "https://me:hunter2@host/", "body": body, "twice": json.dumps(body)})
    assert found["url"] == f"https://{MASK}@host/"
    assert json.loads(found["body"]) == {**json.loads(body), "db_password": MASK}
    assert json.loads(json.loads(found["twice"])) == {**json.loads(body), "db_password": MASK}


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "password",
        "db_password",
        "client_secret",
        "AUTH_TOKEN",
        "secret_string",
        "privateKey",
        "dbPassword",
        "masterPassword",
        "DBPassword2",
        "token",
        "GITHUB_TOKEN",
        "session_token",
        "idToken",
        "pwd",
        "DB_PASS",
        "spring.datasource.password",
        "signing_key",
        "encryptionKey",
        "passwords",
        "secrets",
        "api_keys",
        "x-api-key",
        "private_key_pem",
        "connection_string",
    ],
)
def test_what_is_called_like_a_secret_is_masked(name: str) -> None:
    assert shown("x", {"environment": [{"variables": {name: "v"}}]}) == {
        "environment": [{"variables": {name: MASK}}]
    }
    assert shown("x", {name: ["v"]}) == {name: [MASK]}
    assert shown("x", {name: ""}) == {name: ""}
    assert shown("x", {name: {"a": ["v", {"b": 12345}], "on": True, "none": None}}) == {
        name: {"a": [MASK, {"b": MASK}], "on": True, "none": None}
    }
    assert shown("x", {"header": [{"name": name, "value": "v"}, {"name": "n", "value": "v"}]}) == {
        "header": [{"name": name, "value": MASK}, {"name": "n", "value": "v"}]
    }
    for written in (f"{name}=v4lue", f'x {name} = "v4lue, all" y', f"https://a/?b=c&{name}=v4lue&d"):
        assert "v4lue" not in shown("x", {"text": written})["text"]


@pytest.mark.parametrize(
    "text",
    [
        'x={"password":"abc\\"rest", "user":"u"}',
        json.dumps('x={"password":"abc\\"rest", "user":"u"}'),
        'x={"accessToken": "rest", "user":"u"}',
        '{"token": 4815162342, "user":"u"',
        '{"user":"u","password":"abc\\"rest and cut',
    ],
)
def test_a_piece_of_json_is_masked_to_the_end_of_the_value(text: str) -> None:
    found = shown("x", {"text": text})["text"]
    assert "rest" not in found
    assert "4815162342" not in found
    assert "user" in found


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("redis://:pa55word@host/0", f"redis://{MASK}@host/0"),
        ("postgres://u:p@55word@host/db", f"postgres://{MASK}@host/db"),
        ("amqp://u:@host", "amqp://u:@host"),
    ],
)
def test_a_password_in_an_address(address: str, expected: str) -> None:
    assert shown("x", {"url": address}) == {"url": expected}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("secret", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("secret_id", "spec-wizard/dev/openai-api-key"),
        ("api_key_source", "HEADER"),
        ("key_id", "0f3c1a52-0000-0000-0000-000000000000"),
        ("hash_key", "PK"),
        ("source_code_hash", "a" * 43 + "="),
        ("name", "risk-assessment-of-the-year"),
        ("arn", "arn:aws:iam::123456789012:role/spec-wizard-dev-worker"),
        ("endpoint", "https://example.com:443/path@x"),
        ("endpoint", "https://example.com:443?mail=a@b"),
        ("encryption_key", "arn:aws:kms:us-east-1:123456789012:key/0f3c1a52"),
        ("encryption_key", "alias/aws/s3"),
        ("kms_key_arn", "0f3c1a52"),
        ("trusted_key_groups", "0f3c1a52"),
        ("token_validity", "60"),
        ("max_tokens", "4096"),
        ("verification_token", "for the DNS record"),
        ("lock_token", "0f3c1a52"),
        ("manage_master_user_password", "true"),
        ("commit", "0123456789abcdef0123456789abcdef01234567"),
        ("name", "glue-catalog-of-the-year-2026"),
        ("name", "global-accelerator-endpoint-group"),
        ("code_sha256", "aB3/" * 10 + "abc="),
        ("text", "The token is used; password rules: 8 letters, key = value, tokens=3"),
    ],
)
def test_what_is_needed_to_understand_stays_legible(name: str, value: str) -> None:
    assert shown("x", {name: value}) == {name: value}


def test_outputs_are_masked_by_their_mark_and_by_look() -> None:
    assert masked_output(Output("a", "v", sensitive=True)) == MASK
    assert masked_output(Output("a", ["v"], sensitive=False)) == ["v"]
    assert masked_output(Output("a", "sk-" + "x" * 20, sensitive=False)) == MASK

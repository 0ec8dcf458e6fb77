"""The files beside cdk.tf.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib import working_directory

BACKEND = {"bucket": "b", "key": "k", "region": "eu-west-1"}
STACK = {
    "terraform": {"backend": {"s3": BACKEND}},
    "provider": {"aws": [{"region": "eu-west-1"}, {"region": "us-east-1", "alias": "us_east_1"}]},
    "resource": {"aws_cloudfront_distribution": {"cdn": {"enabled": True}}},
}
LOCAL = {"AWS_ENDPOINT_URL": "https://127.0.0.1:4566"}


@pytest.fixture
def outdir(tmp_path: Path) -> Path:
    stack = tmp_path / "stacks" / "dev"
    stack.mkdir(parents=True)
    manifest = {"stacks": {"dev": {"workingDirectory": "stacks/dev"}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (stack / "cdk.tf.json").write_text(json.dumps(STACK))
    return tmp_path


def _backend_note(outdir: Path) -> Path:
    note = outdir / "stacks/dev/.terraform/terraform.tfstate"
    note.parent.mkdir(exist_ok=True)
    note.write_text("{}")
    return note


def test_the_override_keeps_the_backend_and_adds_the_endpoint(outdir: Path) -> None:
    working_directory.prepare(outdir, LOCAL)
    override = json.loads((outdir / "stacks/dev/local_override.tf.json").read_text())
    backend = override["terraform"]["backend"]["s3"]
    assert {name: backend[name] for name in BACKEND} == BACKEND
    assert set(backend["endpoints"].values()) == {"https://127.0.0.1:4566"}
    assert backend["use_path_style"] is True
    assert [provider["s3_use_path_style"] for provider in override["provider"]["aws"]] == [True, True]
    assert [provider.get("alias") for provider in override["provider"]["aws"]] == [None, "us_east_1"]
    assert override["resource"] == {"aws_cloudfront_distribution": {"cdn": {"wait_for_deployment": False}}}


API = "${aws_apigatewayv2_api.chat_api_5C33A3BC.id}"


def _environments(outdir: Path, **functions: dict[str, str]) -> dict[str, dict[str, str]]:
    """Functions that have these variables -> what the override makes of them."""
    resources = {
        name: {"function_name": name, "environment": {"variables": variables}}
        for name, variables in functions.items()
    }
    resources["bare"] = {"function_name": "bare"}
    (outdir / "stacks/dev/cdk.tf.json").write_text(
        json.dumps(STACK | {"resource": {"aws_lambda_function": resources}})
    )
    working_directory.prepare(outdir, LOCAL)
    override = json.loads((outdir / "stacks/dev/local_override.tf.json").read_text())
    changed = override.get("resource", {}).get("aws_lambda_function", {})
    assert all(list(block) == ["environment"] for block in changed.values())
    return {name: block["environment"]["variables"] for name, block in changed.items()}


def test_trap_40_a_stage_is_at_the_local_aws_there(outdir: Path) -> None:
    """All variables of the function with it: a block of an override replaces the whole block."""
    changed = _environments(
        outdir,
        worker={
            "TABLE_NAME": "${aws_dynamodb_table.table.name}",
            "CONNECTIONS_URL": f"https://{API}.execute-api.eu-west-1.amazonaws.com/dev",
        },
        known={"URL": "https://abc123.execute-api.us-east-1.amazonaws.com/prod"},
    )
    assert changed == {
        "worker": {
            "TABLE_NAME": "${aws_dynamodb_table.table.name}",
            "CONNECTIONS_URL": f"https://127.0.0.1:4566/_aws/execute-api/{API}/dev",
        },
        "known": {"URL": "https://127.0.0.1:4566/_aws/execute-api/abc123/prod"},
    }


@pytest.mark.parametrize(
    "value",
    [
        "https://models.example.com/v1",
        "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
        "see https://abc123.execute-api.us-east-1.amazonaws.com/prod",
        "https://abc123.execute-api.us-east-1.amazonaws.com.example.com/prod",
        "https://abc123.execute-api.us-east-1.amazonaws.com/prod/@connections",
        "wss://abc123.execute-api.us-east-1.amazonaws.com/prod",
    ],
)
def test_no_other_variable_of_a_function_is_touched(outdir: Path, value: str) -> None:
    assert _environments(outdir, other={"URL": value}) == {}


def test_no_endpoint_no_override(outdir: Path) -> None:
    working_directory.prepare(outdir, LOCAL)
    working_directory.prepare(outdir, {})
    assert not (outdir / "stacks/dev/local_override.tf.json").exists()


def test_the_note_of_the_backend_goes_when_the_target_changes(outdir: Path) -> None:
    """Otherwise Terraform offers to copy the local AWS's state to AWS."""
    working_directory.prepare(outdir, LOCAL)
    note = _backend_note(outdir)
    working_directory.prepare(outdir, LOCAL)
    assert note.exists()
    working_directory.prepare(outdir, {})
    assert not note.exists()


def test_the_provider_lock_is_copied_and_additions_stay(outdir: Path) -> None:
    working_directory.prepare(outdir, {})
    lock = outdir / "stacks/dev/.terraform.lock.hcl"
    assert lock.read_bytes() == working_directory.PROJECT_LOCK.read_bytes()
    lock.write_text(lock.read_text().replace("  hashes = [", '  hashes = [\n    "h1:another-platform=",'))
    working_directory.prepare(outdir, {})
    assert "another-platform" in lock.read_text()


def test_an_older_provider_lock_is_replaced(outdir: Path) -> None:
    lock = outdir / "stacks/dev/.terraform.lock.hcl"
    lock.write_text('provider "registry.terraform.io/hashicorp/aws" {\n  hashes = ["h1:old="]\n}\n')
    working_directory.prepare(outdir, {})
    assert "h1:old" not in lock.read_text()


def test_the_lock_names_the_version_that_the_bindings_need() -> None:
    from importlib.metadata import version

    text = working_directory.PROJECT_LOCK.read_text()
    assert version("cdktf-cdktf-provider-aws") == "20.1.0"  # made for provider 5.100.0
    assert 'version     = "5.100.0"' in text


def test_only_what_asks_s3_control_goes_through_the_local_aws_as_a_proxy(outdir: Path) -> None:
    """The account's number stands before its host, and no resolver knows 123456789012.127.0.0.1."""
    file, environ = (
        outdir / "stacks/dev/cdk.tf.json",
        LOCAL | {"LOCAL_AWS_PLAIN_ENDPOINT_URL": "http://127.0.0.1:1"},
    )

    def proxies() -> list[str | None]:
        working_directory.prepare(outdir, environ)
        override = json.loads((outdir / "stacks/dev/local_override.tf.json").read_text())
        return [provider.get("https_proxy") for provider in override["provider"]["aws"]]

    assert proxies() == [None, None]
    file.write_text(json.dumps(STACK | {"resource": {"aws_s3_account_public_access_block": {"block": {}}}}))
    assert proxies() == ["http://127.0.0.1:1", "http://127.0.0.1:1"]

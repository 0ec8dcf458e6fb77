"""What Terraform itself makes of each stack: `terraform plan` with the real provider, offline.

Nothing is asked of AWS: no refresh, no remote state, no check of the credentials.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import app
from ops.terraform import binary
from tests.support import configuration
from tests.support.configuration import ENVIRONMENTS, PUBLIC_KEY_FILE

OFFLINE = {
    "access_key": "offline",
    "secret_key": "offline",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_requesting_account_id": True,
    "allowed_account_ids": None,  # there is nobody to ask for the account
}
STACKS = ("account", *ENVIRONMENTS)
CHAT_CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
PROVISIONED = (("DYNAMODB_BILLING_MODE", "PROVISIONED"),)
ELSEWHERE = (
    ("AWS_REGION", "eu-central-1"),
    ("CERTIFICATE_ARN", ""),
    ("HOSTED_ZONE_ID", "Z0EXAMPLE"),
    ("SES_HOSTED_ZONE_ID", "Z0EXAMPLE"),
    ("CLOUDFRONT_WAF", "true"),
    ("CHAT_DOMAIN_NAME", "chat.example.com"),
    ("CHAT_CERTIFICATE_ARN", CHAT_CERTIFICATE),
    ("CHAT_HOSTED_ZONE_ID", "Z0CHAT"),
)
"""Another region, with what must be in us-east-1 all the same, and records in zones of ours."""
SIGNED = (("SIGNING_PUBLIC_KEY_FILE", str(PUBLIC_KEY_FILE)),)
WITHOUT_CDN = (("ENABLE_CLOUDFRONT", "false"),)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """plan(stack, changes): the plan JSON of `terraform show -json`."""

    def plan(name: str, changes: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
        return planned_once(name, changes)  # to `cache`, a default that is left out is another call

    @cache
    def planned_once(name: str, changes: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        outdir = tmp_path_factory.mktemp(name)
        environment = "dev" if name == "account" else name
        app.synthesize(
            {environment: configuration.config(environment, **dict(changes))},
            configuration.accounts(environment, **dict(changes)),
            str(outdir),
        )
        stack = outdir / "stacks" / name
        for left_over in stack.glob("*override.tf.json"):
            left_over.unlink()
        (stack / "offline_override.tf.json").write_text(json.dumps(_offline(stack)))
        _terraform(stack, "init", "-input=false", "-lockfile=readonly")
        _terraform(stack, "plan", "-input=false", "-refresh=false", "-out=plan")
        document: dict[str, Any] = json.loads(_terraform(stack, "show", "-json", "plan"))
        return document

    return plan


def _offline(stack: Path) -> dict[str, Any]:
    """An override that keeps Terraform from asking anybody anything."""
    providers = json.loads((stack / "cdk.tf.json").read_text())["provider"]["aws"]
    aliases = [{"alias": provider["alias"]} if "alias" in provider else {} for provider in providers]
    return {
        "provider": {"aws": [OFFLINE | alias for alias in aliases]},
        "terraform": {"backend": {"local": {}}},
    }


def _terraform(directory: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    result = subprocess.run(
        [binary(), *arguments, *([] if arguments[0] == "show" else ["-no-color"])],
        cwd=directory,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        *((name, ()) for name in STACKS),
        ("dev", PROVISIONED),
        ("dev", SIGNED),
        ("dev", WITHOUT_CDN),
        ("staging", ELSEWHERE),
        ("account", ELSEWHERE),
    ],
)
def test_terraform_accepts_every_stack(planned: Any, stack: str, changes: tuple) -> None:
    document = planned(stack, changes)
    actions = [change["change"]["actions"] for change in document["resource_changes"]]
    assert len(actions) > 25
    assert actions == [["create"]] * len(actions)


@pytest.mark.parametrize("stack", STACKS)
def test_tags_reach_every_resource_that_can_have_them(planned: Any, stack: str) -> None:
    """Default tags come from the provider; a resource whose schema has tags_all must get them."""
    document = planned(stack)
    tagged = {
        change["address"]: change["change"]["after"]["tags_all"]
        for change in document["resource_changes"]
        if "tags_all" in change["change"]["after"]
    }
    assert len(tagged) >= 9
    expected = {"Project": "spec-wizard", "Environment": stack, "ManagedBy": "terraform"}
    assert {address: tags for address, tags in tagged.items() if tags != expected} == {}


def test_the_chat_gets_its_domain_its_mapping_and_its_record(planned: Any) -> None:
    """Certificate and zone are configured; what AWS says of the domain reaches mapping and record."""
    document = planned("staging", ELSEWHERE)
    after = {
        change["address"]: change["change"]["after"]
        for change in document["resource_changes"]
        if ".chat_domain_" in change["address"]
    }
    assert [address.partition(".")[0] for address in sorted(after)] == [
        "aws_apigatewayv2_api_mapping",
        "aws_apigatewayv2_domain_name",
        "aws_route53_record",
    ]
    mapping, domain, record = sorted(after)
    assert after[domain]["domain_name"] == "chat.example.com"
    (configuration,) = after[domain]["domain_name_configuration"]
    wanted = {
        "certificate_arn": CHAT_CERTIFICATE,
        "endpoint_type": "REGIONAL",
        "security_policy": "TLS_1_2",
    }
    assert {name: configuration[name] for name in wanted} == wanted
    shown = {name: after[record][name] for name in ("zone_id", "name", "type")}
    assert shown == {"zone_id": "Z0CHAT", "name": "chat.example.com", "type": "A"}

    resources = document["configuration"]["root_module"]["resources"]
    expressions = {resource["address"]: resource["expressions"] for resource in resources}
    refers_to = {
        name: expressions[mapping][name]["references"][-1].partition(".")[0]
        for name in ("api_id", "domain_name", "stage")
    }
    assert refers_to == {
        "api_id": "aws_apigatewayv2_api",
        "domain_name": "aws_apigatewayv2_domain_name",
        "stage": "aws_apigatewayv2_stage",
    }
    (alias,) = expressions[record]["alias"]
    target = f"{domain}.domain_name_configuration[0]"
    assert f"{target}.target_domain_name" in alias["name"]["references"]
    assert f"{target}.hosted_zone_id" in alias["zone_id"]["references"]
    assert document["planned_values"]["outputs"]["websocket_url"]["value"] == "wss://chat.example.com"


def test_trap_10_capacities_are_planned_only_when_provisioned(planned: Any) -> None:
    def table(document: dict[str, Any]) -> dict[str, Any]:
        (found,) = [c for c in document["resource_changes"] if c["type"] == "aws_dynamodb_table"]
        after: dict[str, Any] = found["change"]["after"]
        return after

    assert "read_capacity" not in table(planned("dev"))  # left to AWS
    assert table(planned("dev", PROVISIONED))["read_capacity"] == 1


def test_trap_47_no_sensitive_value_is_planned(planned: Any) -> None:
    """Nothing the provider calls sensitive has a value in any plan."""

    def found(marks: Any, values: Any, path: str) -> list[str]:
        if marks is True:
            return [path] if values not in (None, "") else []
        if isinstance(marks, dict):
            return [f for key in marks for f in found(marks[key], (values or {}).get(key), f"{path}.{key}")]
        if isinstance(marks, list):
            return [f for i, mark in enumerate(marks) for f in found(mark, (values or [])[i], f"{path}[{i}]")]
        return []

    for stack in STACKS:
        for change in planned(stack)["resource_changes"]:
            after = change["change"]
            assert found(after["after_sensitive"], after["after"], change["address"]) == []

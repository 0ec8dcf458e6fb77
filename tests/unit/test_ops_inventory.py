"""The inventory of an account: all pages, missing permissions, and what belongs to whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ops import inventory
from ops.inventory import Item, Lister, NotAsked, delivery
from ops.inventory.model import pages


@pytest.fixture
def client() -> Any:
    def make(service: str) -> Any:
        return boto3.client(
            service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        )

    return make


def test_pages_of_an_operation_that_botocore_pages(client: Any) -> None:
    dynamodb = client("dynamodb")
    with Stubber(dynamodb) as stub:
        stub.add_response("list_tables", {"TableNames": ["one"], "LastEvaluatedTableName": "one"}, {})
        stub.add_response("list_tables", {"TableNames": ["two"]}, {"ExclusiveStartTableName": "one"})
        assert list(pages(dynamodb, "list_tables", "TableNames")) == ["one", "two"]


def test_pages_of_an_operation_that_it_does_not(client: Any) -> None:
    ses = client("sesv2")
    with Stubber(ses) as stub:
        stub.add_response("list_configuration_sets", {"ConfigurationSets": ["a"], "NextToken": "n"}, {})
        stub.add_response("list_configuration_sets", {"ConfigurationSets": ["b"]}, {"NextToken": "n"})
        assert list(pages(ses, "list_configuration_sets", "ConfigurationSets")) == ["a", "b"]


def test_pages_that_are_named_otherwise(client: Any) -> None:
    waf = client("wafv2")
    with Stubber(waf) as stub:
        scope = {"Scope": "REGIONAL"}
        stub.add_response("list_web_acls", {"WebACLs": [{"Name": "a"}], "NextMarker": "m"}, scope)
        stub.add_response("list_web_acls", {"WebACLs": []}, {**scope, "NextMarker": "m"})
        assert list(pages(waf, "list_web_acls", "WebACLs", **scope)) == [{"Name": "a"}]


def test_pages_of_cloudfront(client: Any) -> None:
    cloudfront = client("cloudfront")
    page = {"MaxItems": 1, "Quantity": 1}

    def keys(name: str, **more: str) -> Any:
        item = {"Id": f"id-{name}", "Name": name, "CreatedTime": "2026-01-01", "EncodedKey": "k"}
        return {"PublicKeyList": {**page, "Items": [item], **more}}

    with Stubber(cloudfront) as stub:
        stub.add_response("list_public_keys", keys("a", NextMarker="m"), {})
        stub.add_response("list_public_keys", keys("b"), {"Marker": "m"})
        assert list(delivery._public_keys(cloudfront)) == [("a", "id-a"), ("b", "id-b")]


def _refusing(code: str) -> Any:
    def names(client: Any) -> Iterator[str]:
        yield "seen-before-it"
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "List")

    return names


def test_a_missing_permission_is_told_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    listers = (
        Lister("a", "s", _refusing("AccessDeniedException")),
        Lister("b", "s", lambda client: iter([("name", "id")])),
        Lister("c", "s", lambda client: iter(["everywhere"]), everywhere=True),
    )
    monkeypatch.setattr(inventory, "LISTERS", listers)
    found = list(inventory.everything(lambda service: None, "r"))
    assert found == [
        Item("a", "seen-before-it", "seen-before-it", "r"),
        NotAsked("a", "no"),
        Item("b", "name", "id", "r"),
        Item("c", "everywhere", "everywhere", "r"),
    ]
    second = list(inventory.everything(lambda service: None, "r", first=False))
    assert [one.kind for one in second] == ["a", "a", "b"]


def test_another_failure_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "LISTERS", (Lister("a", "s", _refusing("InternalError")),))
    with pytest.raises(ClientError):
        list(inventory.everything(lambda service: None, "r"))


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("spec-wizard-sessions-dev", "dev"),
        ("spec-wizard-sessions-dev-r2", "dev"),
        ("/spec-wizard/dev/application", "dev"),
        ("alias/spec-wizard-dev-table", "dev"),
        ("spec-wizard-exports-dev-123456789012", "dev"),
        ("Objects of the exports bucket of the Specification Wizard (dev)", "dev"),
        ("arn:aws:sqs:r:1:spec-wizard-dev-jobs -> arn:aws:lambda:r:1:function:spec-wizard-dev-x", "dev"),
        ("dev.example.com of spec-wizard (dev)", "dev"),
        ("spec-wizard-account-deploy-dev", "account"),
        ("spec-wizard-account", "account"),
        ("/spec-wizard/account/audit-trail", "account"),
        ("spec-wizard-audit-123456789012", "account"),
        ("spec-wizard-tfstate-123456789012-eu-west-1", None),
        ("another-dev", None),
        ("/aws/apigateway/a1b2c3/dev", None),
        ("spec-wizard-development", None),
    ],
)
def test_what_belongs_to_whom(name: str, owner: str | None) -> None:
    stacks = ("dev", "staging", "prod", "account")
    assert [stack for stack in stacks if inventory.belongs(Item("x", name), stack)] == (
        [owner] if owner else []
    )

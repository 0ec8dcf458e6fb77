"""fixes/openid_connect_providers.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, allow, refused, unique

MISSING = "arn:aws:iam::123456789012:oidc-provider/none.example.com"


def _provider(iam: Any) -> dict[str, str]:
    """Arguments that name a new one."""
    made = iam.create_open_id_connect_provider(
        Url=f"https://{unique('issuer')}.example.com",
        ClientIDList=["one"],
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    )
    return {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}


def test_tags_come_and_go(fixed: Cloud) -> None:
    iam = fixed.client("iam")
    provider = _provider(iam)
    iam.tag_open_id_connect_provider(**provider, Tags=[{"Key": "b", "Value": "3"}])
    iam.untag_open_id_connect_provider(**provider, TagKeys=["a"])
    tags = [{"Key": "b", "Value": "3"}]
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == tags
    assert iam.get_open_id_connect_provider(**provider)["Tags"] == tags


def test_audiences_and_thumbprints_change(fixed: Cloud) -> None:
    iam = fixed.client("iam")
    provider = _provider(iam)
    for audience in ("two", "two"):
        iam.add_client_id_to_open_id_connect_provider(**provider, ClientID=audience)
    iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["f" * 40])
    found = iam.get_open_id_connect_provider(**provider)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["two"], ["f" * 40])


def test_a_provider_that_is_not_there_cannot_be_changed(fixed: Cloud) -> None:
    tag = fixed.client("iam").tag_open_id_connect_provider
    assert refused(tag, OpenIDConnectProviderArn=MISSING, Tags=[]) == "NoSuchEntity"


def test_it_needs_permission(fixed: Cloud) -> None:
    provider = _provider(fixed.client("iam"))
    iam = fixed.user(allow("iam:GetOpenIDConnectProvider", "*")).client("iam")
    iam.get_open_id_connect_provider(**provider)
    assert refused(iam.add_client_id_to_open_id_connect_provider, **provider, ClientID="x") == "AccessDenied"


def test_stock_changes_no_provider(stock: Cloud) -> None:
    iam = stock.client("iam")
    provider = _provider(iam)
    changes: tuple[tuple[Any, dict[str, Any]], ...] = (
        (iam.tag_open_id_connect_provider, {"Tags": []}),
        (iam.add_client_id_to_open_id_connect_provider, {"ClientID": "two"}),
    )
    codes = [refused(change, **provider, **arguments) for change, arguments in changes]
    # Other tests look at all that there are.
    iam.delete_open_id_connect_provider(**provider)
    assert codes == ["InvalidAction", "InvalidAction"]

"""fixes/cloudfront_headers_policy.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws import edge
from tests.local_aws.cloud import Cloud

UNSET = {"CustomHeadersConfig", "RemoveHeadersConfig"}


def _answers(cloud: Cloud) -> list[dict[str, Any]]:
    client, identifier = cloud.client("cloudfront"), edge.headers_policy(cloud)
    policy = client.get_response_headers_policy(Id=identifier)["ResponseHeadersPolicy"]
    config = client.get_response_headers_policy_config(Id=identifier)
    return [policy["ResponseHeadersPolicyConfig"], config["ResponseHeadersPolicyConfig"]]


def test_what_was_not_set_is_not_answered(fixed: Cloud) -> None:
    for answer in _answers(fixed):
        assert not UNSET & answer.keys()
        assert answer["SecurityHeadersConfig"]["FrameOptions"] == {"Override": True, "FrameOption": "DENY"}


def test_a_custom_header_is_answered(fixed: Cloud) -> None:
    client, identifier = fixed.client("cloudfront"), edge.headers_policy(fixed)
    found = client.get_response_headers_policy_config(Id=identifier)
    header = {"Header": "x-a", "Value": "1", "Override": True}
    config = {
        **found["ResponseHeadersPolicyConfig"],
        "CustomHeadersConfig": {"Quantity": 1, "Items": [header]},
    }
    client.update_response_headers_policy(
        Id=identifier, IfMatch=found["ETag"], ResponseHeadersPolicyConfig=config
    )
    changed = client.get_response_headers_policy_config(Id=identifier)["ResponseHeadersPolicyConfig"]
    assert changed["CustomHeadersConfig"]["Items"] == [header]
    assert "RemoveHeadersConfig" not in changed


def test_stock_answers_what_was_not_set(stock: Cloud) -> None:
    for answer in _answers(stock):
        assert answer.keys() >= UNSET

"""fixes/waf_web_acls.py"""

from __future__ import annotations

from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, refused, unique

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:"
SEEN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "test"}


def _web_acl(cloud: Cloud) -> dict[str, Any]:
    made = cloud.client("wafv2").create_web_acl(
        Name=unique("acl"),
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        VisibilityConfig=SEEN,
        Description="old",
    )
    return dict(made["Summary"])


def _configuration(acl: dict[str, Any], name: str = "aws-waf-logs-test") -> dict[str, Any]:
    return {"ResourceArn": acl["ARN"], "LogDestinationConfigs": [GROUP + name]}


def test_a_logging_configuration_is_kept_changed_and_removed(fixed: Cloud) -> None:
    waf, acl = fixed.client("wafv2"), _web_acl(fixed)
    missing = refused(waf.get_logging_configuration, ResourceArn=acl["ARN"])
    assert missing == "WAFNonexistentItemException"
    for name in ("aws-waf-logs-a", "aws-waf-logs-b"):
        waf.put_logging_configuration(LoggingConfiguration=_configuration(acl, name))
        found = waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
        assert found["LogDestinationConfigs"] == [GROUP + name]
    waf.delete_logging_configuration(ResourceArn=acl["ARN"])
    assert refused(waf.get_logging_configuration, ResourceArn=acl["ARN"]) == missing
    assert refused(waf.delete_logging_configuration, ResourceArn=acl["ARN"]) == missing


def test_a_destination_must_be_named_for_it(fixed: Cloud) -> None:
    waf, acl = fixed.client("wafv2"), _web_acl(fixed)
    put = {"LoggingConfiguration": _configuration(acl, "logs-of-waf")}
    assert refused(waf.put_logging_configuration, **put) == "WAFInvalidParameterException"
    bucket = {**_configuration(acl), "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-test"]}
    waf.put_logging_configuration(LoggingConfiguration=bucket)


def test_logging_needs_its_own_permission(fixed: Cloud) -> None:
    acl = _web_acl(fixed)
    call = fixed.user().client("wafv2").put_logging_configuration
    assert refused(call, LoggingConfiguration=_configuration(acl)) == "AccessDeniedException"


def test_the_configuration_goes_with_its_web_acl(fixed: Cloud) -> None:
    waf, acl = fixed.client("wafv2"), _web_acl(fixed)
    waf.put_logging_configuration(LoggingConfiguration=_configuration(acl))
    waf.delete_web_acl(Name=acl["Name"], Id=acl["Id"], Scope="CLOUDFRONT", LockToken=acl["LockToken"])
    missing = refused(waf.get_logging_configuration, ResourceArn=acl["ARN"])
    assert missing == "WAFNonexistentItemException"


def _described_anew(cloud: Cloud) -> str:
    waf, acl = cloud.client("wafv2"), _web_acl(cloud)
    name = {"Name": acl["Name"], "Id": acl["Id"], "Scope": "CLOUDFRONT"}
    waf.update_web_acl(
        **name,
        LockToken=acl["LockToken"],
        DefaultAction={"Allow": {}},
        VisibilityConfig=SEEN,
        Description="new",
    )
    return str(waf.get_web_acl(**name)["WebACL"]["Description"])


def test_a_description_can_be_changed(fixed: Cloud) -> None:
    assert _described_anew(fixed) == "new"


def test_stock_does_not_know_logging(stock: Cloud) -> None:
    call = stock.client("wafv2").put_logging_configuration
    assert refused(call, LoggingConfiguration=_configuration(_web_acl(stock))) == "InvalidAction"


def test_stock_keeps_the_old_description(stock: Cloud) -> None:
    assert _described_anew(stock) == "old"

"""Finders of what exists once per account."""

from __future__ import annotations

from typing import Any

from ops.adoption.answers import Find, missing, tags


def _trail(cloudtrail: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    answer = missing(lambda: cloudtrail.get_trail(Name=after["name"]), "TrailNotFoundException")
    if not answer:
        return None
    arn = str(answer["Trail"]["TrailARN"])
    (found,) = cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    return arn if tags(found["TagsList"]) == ours else None


def _oidc_provider(iam: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    issuer = after["url"].removeprefix("https://")
    for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        arn = str(provider["Arn"])
        if arn.endswith(f":oidc-provider/{issuer}"):
            answer = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
            return arn if tags(answer.get("Tags", [])) == ours else None
    return None


def _budget(budgets: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    account, name = after["account_id"], after["name"]
    answer = missing(lambda: budgets.describe_budget(AccountId=account, BudgetName=name), "NotFoundException")
    if not answer:
        return None
    found = budgets.list_tags_for_resource(ResourceARN=f"arn:aws:budgets::{account}:budget/{name}")
    return f"{account}:{name}" if tags(found.get("ResourceTags", [])) == ours else None


def _anomaly_monitor(costs: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    monitors = costs.get_anomaly_monitors()["AnomalyMonitors"]
    return _of_costs(costs, {m["MonitorName"]: m["MonitorArn"] for m in monitors}, after["name"], ours)


def _anomaly_subscription(costs: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    subscriptions = costs.get_anomaly_subscriptions()["AnomalySubscriptions"]
    named = {s["SubscriptionName"]: s["SubscriptionArn"] for s in subscriptions}
    return _of_costs(costs, named, after["name"], ours)


def _of_costs(costs: Any, named: dict[str, str], name: str, ours: dict[str, str]) -> str | None:
    arn = named.get(name)
    if arn is None:
        return None
    return arn if tags(costs.list_tags_for_resource(ResourceArn=arn)["ResourceTags"]) == ours else None


def _analyzer(analyzers: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["analyzer_name"]
    answer = missing(lambda: analyzers.get_analyzer(analyzerName=name), "ResourceNotFoundException")
    return name if answer and answer["analyzer"].get("tags", {}) == ours else None


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_cloudtrail": ("cloudtrail", _trail),
    "aws_iam_openid_connect_provider": ("iam", _oidc_provider),
    "aws_budgets_budget": ("budgets", _budget),
    "aws_ce_anomaly_monitor": ("ce", _anomaly_monitor),
    "aws_ce_anomaly_subscription": ("ce", _anomaly_subscription),
    "aws_accessanalyzer_analyzer": ("accessanalyzer", _analyzer),
}

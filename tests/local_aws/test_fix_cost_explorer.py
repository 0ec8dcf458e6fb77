"""fixes/cost_explorer.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, refused, unique

TAGS = [{"Key": "a", "Value": "1"}]


def _monitor(costs: Any) -> tuple[str, str]:
    name = unique("monitor")
    made = costs.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": name, "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"},
        ResourceTags=TAGS,
    )
    return name, str(made["MonitorArn"])


def _subscription(costs: Any, monitor: str) -> str:
    made = costs.create_anomaly_subscription(
        AnomalySubscription={
            "SubscriptionName": unique("subscription"),
            "MonitorArnList": [monitor],
            "Subscribers": [{"Type": "EMAIL", "Address": "alerts@example.com"}],
            "Frequency": "DAILY",
        },
        ResourceTags=TAGS,
    )
    return str(made["SubscriptionArn"])


def test_a_monitor_and_its_subscription_from_making_to_removal(fixed: Cloud) -> None:
    costs = fixed.client("ce")
    name, monitor = _monitor(costs)
    (found,) = costs.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"]
    assert (found["MonitorName"], found["MonitorDimension"]) == (name, "SERVICE")
    costs.update_anomaly_monitor(MonitorArn=monitor, MonitorName=f"{name}-2")
    assert f"{name}-2" in [m["MonitorName"] for m in costs.get_anomaly_monitors()["AnomalyMonitors"]]

    subscription = _subscription(costs, monitor)
    costs.update_anomaly_subscription(SubscriptionArn=subscription, Frequency="WEEKLY")
    (kept,) = costs.get_anomaly_subscriptions(MonitorArn=monitor)["AnomalySubscriptions"]
    assert (kept["Frequency"], kept["Subscribers"][0]["Status"]) == ("WEEKLY", "CONFIRMED")

    costs.delete_anomaly_subscription(SubscriptionArn=subscription)
    costs.delete_anomaly_monitor(MonitorArn=monitor)
    ask = costs.get_anomaly_monitors
    assert refused(ask, MonitorArnList=[monitor]) == "UnknownMonitorException"
    again = costs.delete_anomaly_subscription
    assert refused(again, SubscriptionArn=subscription) == "UnknownSubscriptionException"


def test_a_subscription_needs_a_monitor_that_exists(fixed: Cloud) -> None:
    costs = fixed.client("ce")
    missing = "arn:aws:ce::123456789012:anomalymonitor/none"
    assert refused(lambda: _subscription(costs, missing)) == "UnknownMonitorException"


def test_tags_come_and_go(fixed: Cloud) -> None:
    costs = fixed.client("ce")
    _, monitor = _monitor(costs)
    costs.tag_resource(ResourceArn=monitor, ResourceTags=[{"Key": "b", "Value": "2"}])
    costs.untag_resource(ResourceArn=monitor, ResourceTagKeys=["a"])
    assert costs.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == [{"Key": "b", "Value": "2"}]


def test_it_needs_permission(fixed: Cloud) -> None:
    assert refused(fixed.user().client("ce").get_anomaly_monitors) == "AccessDeniedException"


def test_stock_does_not_know_the_service(stock: Cloud) -> None:
    assert refused(stock.client("ce").get_anomaly_monitors) in ("400", "404", "501")

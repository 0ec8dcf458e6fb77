"""Cost Explorer's anomaly monitors and subscriptions, control plane.

Upstream, MiniStack 1.5.33: core/router.py, SERVICE_PATTERNS has no such service; each call is answered with
an error. The fix keeps monitors, subscriptions and tags, so that Terraform can make, read, change and remove
them. No cost is watched: nothing here costs anything.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ops.local_aws.fixes.new_services import Operation, Refused, Request, add_json_service

SERVICE = "ce"


class Service:
    """The operations, each from a request's members to a response's members."""

    def __init__(self) -> None:
        from ministack.core.responses import AccountScopedDict

        # Cost Explorer is one service for all regions.
        self.monitors: Any = AccountScopedDict()
        self.subscriptions: Any = AccountScopedDict()
        self.tags: Any = AccountScopedDict()
        self.operations: dict[str, Operation] = {
            "CreateAnomalyMonitor": self.create_monitor,
            "GetAnomalyMonitors": self.get_monitors,
            "UpdateAnomalyMonitor": self.update_monitor,
            "DeleteAnomalyMonitor": self.delete_monitor,
            "CreateAnomalySubscription": self.create_subscription,
            "GetAnomalySubscriptions": self.get_subscriptions,
            "UpdateAnomalySubscription": self.update_subscription,
            "DeleteAnomalySubscription": self.delete_subscription,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }

    def create_monitor(self, request: Request) -> dict[str, Any]:
        """Makes a monitor."""
        arn = _arn("anomalymonitor")
        today = datetime.now(UTC).date().isoformat()
        dates = {"CreationDate": today, "LastUpdatedDate": today}
        self.monitors[arn] = {**request["AnomalyMonitor"], "MonitorArn": arn, **dates}
        self.tags[arn] = _tags(request)
        return {"MonitorArn": arn}

    def get_monitors(self, request: Request) -> dict[str, Any]:
        """Those asked for, or all."""
        return {"AnomalyMonitors": _asked(self.monitors, request.get("MonitorArnList"), "Monitor")}

    def update_monitor(self, request: Request) -> dict[str, Any]:
        """Gives a monitor another name."""
        arn = request["MonitorArn"]
        monitor = _known(self.monitors, arn, "Monitor")
        self.monitors[arn] = {**monitor, "MonitorName": request.get("MonitorName", monitor["MonitorName"])}
        return {"MonitorArn": arn}

    def delete_monitor(self, request: Request) -> dict[str, Any]:
        """Removes a monitor."""
        _known(self.monitors, request["MonitorArn"], "Monitor")
        del self.monitors[request["MonitorArn"]]
        self.tags.pop(request["MonitorArn"], None)
        return {}

    def create_subscription(self, request: Request) -> dict[str, Any]:
        """Makes a subscription of monitors that exist."""
        from ministack.core.responses import get_account_id

        wanted = request["AnomalySubscription"]
        for monitor in wanted["MonitorArnList"]:
            _known(self.monitors, monitor, "Monitor")
        arn = _arn("anomalysubscription")
        self.subscriptions[arn] = _confirmed(
            {**wanted, "SubscriptionArn": arn, "AccountId": get_account_id()}
        )
        self.tags[arn] = _tags(request)
        return {"SubscriptionArn": arn}

    def get_subscriptions(self, request: Request) -> dict[str, Any]:
        """Those asked for, or all; of one monitor where it is named."""
        found = _asked(self.subscriptions, request.get("SubscriptionArnList"), "Subscription")
        monitor = request.get("MonitorArn")
        return {"AnomalySubscriptions": [s for s in found if not monitor or monitor in s["MonitorArnList"]]}

    def update_subscription(self, request: Request) -> dict[str, Any]:
        """Changes the members that are given."""
        arn = request["SubscriptionArn"]
        known = _known(self.subscriptions, arn, "Subscription")
        for monitor in request.get("MonitorArnList") or []:
            _known(self.monitors, monitor, "Monitor")
        self.subscriptions[arn] = _confirmed({**known, **request})
        return {"SubscriptionArn": arn}

    def delete_subscription(self, request: Request) -> dict[str, Any]:
        """Removes a subscription."""
        _known(self.subscriptions, request["SubscriptionArn"], "Subscription")
        del self.subscriptions[request["SubscriptionArn"]]
        self.tags.pop(request["SubscriptionArn"], None)
        return {}

    def tag(self, request: Request) -> dict[str, Any]:
        """Adds tags."""
        arn = self._tagged(request)
        self.tags[arn] = {**self.tags[arn], **_tags(request)}
        return {}

    def untag(self, request: Request) -> dict[str, Any]:
        """Removes tags."""
        arn = self._tagged(request)
        removed = request["ResourceTagKeys"]
        self.tags[arn] = {key: value for key, value in self.tags[arn].items() if key not in removed}
        return {}

    def list_tags(self, request: Request) -> dict[str, Any]:
        """The tags of a monitor or a subscription."""
        found = self.tags[self._tagged(request)]
        return {"ResourceTags": [{"Key": key, "Value": value} for key, value in found.items()]}

    def _tagged(self, request: Request) -> str:
        arn = str(request["ResourceArn"])
        if arn not in self.monitors and arn not in self.subscriptions:
            raise Refused("ResourceNotFoundException", f"There is no resource {arn}")
        return arn


def _asked(store: Any, arns: list[str] | None, kind: str) -> list[dict[str, Any]]:
    return [_known(store, arn, kind) for arn in arns] if arns else list(store.values())


def _known(store: Any, arn: str, kind: str) -> dict[str, Any]:
    if arn not in store:
        raise Refused(f"Unknown{kind}Exception", f"There is no {kind.lower()} {arn}")
    found: dict[str, Any] = store[arn]
    return found


def _confirmed(subscription: dict[str, Any]) -> dict[str, Any]:
    """An address needs no confirmation; AWS answers with a status for each."""
    addresses = [{"Status": "CONFIRMED", **subscriber} for subscriber in subscription["Subscribers"]]
    return {**subscription, "Subscribers": addresses}


def _tags(request: Request) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request.get("ResourceTags") or []}


def _arn(kind: str) -> str:
    from ministack.core.responses import get_account_id

    return f"arn:aws:ce::{get_account_id()}:{kind}/{uuid4()}"


def install() -> None:
    """Adds the service."""
    service = Service()
    stores = {"monitors": service.monitors, "subscriptions": service.subscriptions, "tags": service.tags}
    add_json_service(SERVICE, "AWSInsightsIndexService", "cost_explorer", service.operations, stores)

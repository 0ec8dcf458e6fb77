"""Application Auto Scaling, control plane.

Upstream, MiniStack 1.5.33: core/router.py, SERVICE_PATTERNS has no such service; each call is answered
with 400. The fix keeps scalable targets, policies and tags, so that Terraform can make, read, change and
remove them. Nothing is scaled: the emulator has no load.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from ops.local_aws.fixes.new_services import Refused, Request, add_json_service

SERVICE = "application-autoscaling"
TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
"""What identifies a scalable target."""

SUSPENDABLE = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


class Service:
    """The operations, each from a request's members to a response's members."""

    def __init__(self) -> None:
        from ministack.core.responses import AccountRegionScopedDict

        self.targets: Any = AccountRegionScopedDict()
        self.policies: Any = AccountRegionScopedDict()
        self.tags: Any = AccountRegionScopedDict()
        self.operations: dict[str, Callable[[Request], dict[str, Any]]] = {
            "RegisterScalableTarget": self.register_target,
            "DeregisterScalableTarget": self.deregister_target,
            "DescribeScalableTargets": self.describe_targets,
            "PutScalingPolicy": self.put_policy,
            "DeleteScalingPolicy": self.delete_policy,
            "DescribeScalingPolicies": self.describe_policies,
            "DescribeScalingActivities": lambda _: {"ScalingActivities": []},
            "DescribeScheduledActions": lambda _: {"ScheduledActions": []},
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": lambda request: {"Tags": self._tags_of(request["ResourceARN"])},
        }

    def register_target(self, request: Request) -> dict[str, Any]:
        """Makes a target or changes the members that are given."""
        name = _name(request)
        target = self.targets.get(name)
        if target is None:
            _require_resource(request)
            target = _new_target(name)
        for member in ("MinCapacity", "MaxCapacity", "RoleARN"):
            if request.get(member) is not None:
                target[member] = request[member]
        target["SuspendedState"] = {**target["SuspendedState"], **(request.get("SuspendedState") or {})}
        if target.get("MinCapacity", 0) > target.get("MaxCapacity", 0):
            raise Refused("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        self.targets[name] = target
        if request.get("Tags"):
            self.tag({"ResourceARN": target["ScalableTargetARN"], "Tags": request["Tags"]})
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def deregister_target(self, request: Request) -> dict[str, Any]:
        """Removes a target and, as AWS does, its policies."""
        name = _name(request)
        target = self.targets.pop(name, None)
        if target is None:
            raise Refused("ObjectNotFoundException", f"No scalable target found for {_text(name)}")
        self.tags.pop(target["ScalableTargetARN"], None)
        for policy in [policy for policy in self.policies if policy[:3] == name]:
            del self.policies[policy]
        return {}

    def describe_targets(self, request: Request) -> dict[str, Any]:
        """Targets of a namespace, narrowed to resources and a dimension where these are given."""
        resources = request.get("ResourceIds")
        found = [target for target in self.targets.values() if _fits(target, request, resources)]
        return {"ScalableTargets": found}

    def put_policy(self, request: Request) -> dict[str, Any]:
        """Makes or replaces a policy of a registered target."""
        name = _name(request)
        if name not in self.targets:
            raise Refused("ObjectNotFoundException", f"No scalable target registered for {_text(name)}")
        entry = (*name, request["PolicyName"])
        known = self.policies.get(entry) or {
            "PolicyARN": _arn(
                "autoscaling",
                f"scalingPolicy:{uuid4()}:resource/{name[0]}/{name[1]}:policyName/{entry[3]}",
            ),
            "CreationTime": time.time(),
        }
        self.policies[entry] = {
            "PolicyARN": known["PolicyARN"],
            "CreationTime": known["CreationTime"],
            "Alarms": [],
            **{
                member: value
                for member, value in request.items()
                if member in (*TARGET, "PolicyName", "PolicyType") or member.endswith("PolicyConfiguration")
            },
        }
        return {"PolicyARN": known["PolicyARN"], "Alarms": []}

    def delete_policy(self, request: Request) -> dict[str, Any]:
        """Removes a policy."""
        if self.policies.pop((*_name(request), request["PolicyName"]), None) is None:
            raise Refused("ObjectNotFoundException", f"No scaling policy found: {request['PolicyName']}")
        return {}

    def describe_policies(self, request: Request) -> dict[str, Any]:
        """Policies of a namespace, narrowed to a resource, a dimension and names where these are given."""
        resources = [request["ResourceId"]] if request.get("ResourceId") else None
        names = request.get("PolicyNames")
        fitting = [found for found in self.policies.values() if _fits(found, request, resources)]
        return {"ScalingPolicies": [found for found in fitting if not names or found["PolicyName"] in names]}

    def tag(self, request: Request) -> dict[str, Any]:
        """Adds tags to a target."""
        self.tags[request["ResourceARN"]] = {**self._tags_of(request["ResourceARN"]), **request["Tags"]}
        return {}

    def untag(self, request: Request) -> dict[str, Any]:
        """Removes tags of a target."""
        kept = self._tags_of(request["ResourceARN"])
        self.tags[request["ResourceARN"]] = {
            key: value for key, value in kept.items() if key not in request["TagKeys"]
        }
        return {}

    def _tags_of(self, arn: str) -> dict[str, str]:
        return dict(self.tags.get(arn) or {})


def _name(request: Request) -> tuple[str, str, str]:
    namespace, resource, dimension = (str(request.get(member, "")) for member in TARGET)
    return namespace, resource, dimension


def _text(name: tuple[str, str, str]) -> str:
    return f"service namespace: {name[0]}, resource ID: {name[1]}, scalable dimension: {name[2]}"


def _arn(service: str, resource: str) -> str:
    from ministack.core.responses import get_account_id, get_region

    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def _new_target(name: tuple[str, str, str]) -> dict[str, Any]:
    from ministack.core.responses import get_account_id

    role = (
        "aws-service-role/dynamodb.application-autoscaling.amazonaws.com"
        "/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
    )
    return {
        **dict(zip(TARGET, name, strict=True)),
        "ScalableTargetARN": _arn(SERVICE, f"scalable-target/{uuid4().hex[:26]}"),
        "CreationTime": time.time(),
        "RoleARN": f"arn:aws:iam::{get_account_id()}:role/{role}",
        "SuspendedState": dict.fromkeys(SUSPENDABLE, False),
    }


def _require_resource(request: Request) -> None:
    """A target of DynamoDB must name a table, or an index of one, that exists."""
    from ministack.services import dynamodb

    if request.get("ServiceNamespace") != "dynamodb":
        return
    # table/<name> or table/<name>/index/<name>
    parts = str(request.get("ResourceId", "")).split("/")
    table = dynamodb._tables.get(parts[1]) if len(parts) in (2, 4) else None
    indexes = [index["IndexName"] for index in (table or {}).get("GlobalSecondaryIndexes") or []]
    if table is None or (len(parts) == 4 and parts[3] not in indexes):
        raise Refused("ValidationException", f"DynamoDB table does not exist: {request.get('ResourceId')}")


def _fits(found: dict[str, Any], request: Request, resources: list[str] | None) -> bool:
    return (
        found["ServiceNamespace"] == request.get("ServiceNamespace")
        and (not resources or found["ResourceId"] in resources)
        and request.get("ScalableDimension") in (None, "", found["ScalableDimension"])
    )


def install() -> None:
    """Adds the service."""
    service = Service()
    stores = {"targets": service.targets, "policies": service.policies, "tags": service.tags}
    add_json_service(
        SERVICE, "AnyScaleFrontendService", "application_autoscaling", service.operations, stores
    )

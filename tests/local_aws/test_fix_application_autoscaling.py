"""fixes/application_autoscaling.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, refused


def _target(table: str, index: str = "") -> dict[str, Any]:
    resource = f"table/{table}/index/{index}" if index else f"table/{table}"
    kind = "index" if index else "table"
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": resource,
        "ScalableDimension": f"dynamodb:{kind}:ReadCapacityUnits",
    }


POLICY = {
    "PolicyName": "read",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    },
}


def test_a_target_and_its_policy_from_making_to_removal(fixed: Cloud) -> None:
    scaling, target = fixed.client("application-autoscaling"), _target(fixed.table(), "GSI1")
    arn = scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=10, Tags={"a": "1"})
    scaling.register_scalable_target(**target, MaxCapacity=20)
    found = {"ServiceNamespace": "dynamodb", "ResourceIds": [target["ResourceId"]]}
    (kept,) = scaling.describe_scalable_targets(**found)["ScalableTargets"]
    assert (kept["MinCapacity"], kept["MaxCapacity"]) == (1, 20)
    assert scaling.list_tags_for_resource(ResourceARN=arn["ScalableTargetARN"])["Tags"] == {"a": "1"}

    made = scaling.put_scaling_policy(**target, **POLICY)
    again = scaling.put_scaling_policy(**target, **POLICY)
    assert again["PolicyARN"] == made["PolicyARN"]
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb", PolicyNames=["read"])[
        "ScalingPolicies"
    ]
    assert {name: policy[name] for name in POLICY} == POLICY

    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scalable_targets(**found)["ScalableTargets"] == []
    assert refused(scaling.deregister_scalable_target, **target) == "ObjectNotFoundException"
    assert refused(scaling.delete_scaling_policy, **target, PolicyName="read") == "ObjectNotFoundException"


def test_what_does_not_exist_or_fit_is_refused(fixed: Cloud) -> None:
    scaling, table = fixed.client("application-autoscaling"), fixed.table()
    register = scaling.register_scalable_target
    limits = {"MinCapacity": 1, "MaxCapacity": 2}
    assert refused(register, **_target("no-such-table"), **limits) == "ValidationException"
    assert refused(register, **_target(table, "no-such-index"), **limits) == "ValidationException"
    assert refused(register, **_target(table), MinCapacity=3, MaxCapacity=2) == "ValidationException"
    assert refused(scaling.put_scaling_policy, **_target(table), **POLICY) == "ObjectNotFoundException"


def test_it_needs_permission(fixed: Cloud) -> None:
    call = fixed.user().client("application-autoscaling").describe_scalable_targets
    assert refused(call, ServiceNamespace="dynamodb") == "AccessDeniedException"


def test_stock_does_not_know_the_service(stock: Cloud) -> None:
    call = stock.client("application-autoscaling").describe_scalable_targets
    assert refused(call, ServiceNamespace="dynamodb") == "400"

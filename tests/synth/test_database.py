"""The table as synthesized."""

from __future__ import annotations

import json

import pytest

from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import stack

PROVISIONED = {
    "DYNAMODB_BILLING_MODE": "PROVISIONED",
    "DYNAMODB_READ_CAPACITY_MIN": "2",
    "DYNAMODB_READ_CAPACITY_MAX": "20",
    "DYNAMODB_WRITE_CAPACITY_MIN": "3",
    "DYNAMODB_WRITE_CAPACITY_MAX": "30",
    "DYNAMODB_TARGET_UTILIZATION": "60",
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_single_table(environment: str) -> None:
    table = stack(environment).only("aws_dynamodb_table")
    assert table["name"] == f"spec-wizard-sessions-{environment}"
    assert (table["hash_key"], table["range_key"]) == ("PK", "SK")
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    assert table["server_side_encryption"]["enabled"] is True
    assert "table-key" in table["server_side_encryption"]["kms_key_arn"]
    (index,) = table["global_secondary_index"]
    assert index == {
        "name": "GSI1",
        "hash_key": "GSI1PK",
        "range_key": "GSI1SK",
        "projection_type": "ALL",
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_prod_is_protected_and_recoverable(environment: str) -> None:
    table = stack(environment).only("aws_dynamodb_table")
    prod = environment == "prod"
    assert table["deletion_protection_enabled"] is prod
    assert table.get("lifecycle") == ({"prevent_destroy": True} if prod else None)
    assert table["point_in_time_recovery"] == (
        {"enabled": True, "recovery_period_in_days": 35} if prod else {"enabled": False}
    )


def test_trap_08_ttl_attribute_is_enabled_and_not_declared_as_a_key() -> None:
    table = stack("dev").only("aws_dynamodb_table")
    assert table["ttl"] == {"attribute_name": "expiresAt", "enabled": True}
    assert [a["name"] for a in table["attribute"]] == ["PK", "SK", "GSI1PK", "GSI1SK"]
    assert {a["type"] for a in table["attribute"]} == {"S"}


def test_trap_09_stream_shows_both_images_and_somebody_may_read_it() -> None:
    synthesized = stack("dev")
    table = synthesized.only("aws_dynamodb_table")
    assert (table["stream_enabled"], table["stream_view_type"]) == (True, "NEW_AND_OLD_IMAGES")
    policy = synthesized.all("aws_iam_role_policy")["consumers/stream/stream-consumer/role/table-stream-read"]
    read = json.loads(policy["policy"])["Statement"][0]
    assert set(read["Action"]) >= {"dynamodb:GetRecords", "dynamodb:GetShardIterator"}
    assert [resource.rsplit(".", 1)[1] for resource in read["Resource"]] == ["stream_arn}"]


def test_trap_10_provisioned_scales_table_and_index_for_reads_and_writes() -> None:
    synthesized = stack("dev", **PROVISIONED)
    targets = synthesized.all("aws_appautoscaling_target")
    assert {
        path: (t["scalable_dimension"], t["min_capacity"], t["max_capacity"]) for path, t in targets.items()
    } == {
        "database/table-read-target": ("dynamodb:table:ReadCapacityUnits", 2, 20),
        "database/table-write-target": ("dynamodb:table:WriteCapacityUnits", 3, 30),
        "database/index-read-target": ("dynamodb:index:ReadCapacityUnits", 2, 20),
        "database/index-write-target": ("dynamodb:index:WriteCapacityUnits", 3, 30),
    }
    assert {path: t["resource_id"].rsplit("}", 1)[1] for path, t in targets.items() if "index" in path} == {
        "database/index-read-target": "/index/GSI1",
        "database/index-write-target": "/index/GSI1",
    }
    policies = synthesized.all("aws_appautoscaling_policy")
    assert len(policies) == 4
    for path, policy in policies.items():
        tracking = policy["target_tracking_scaling_policy_configuration"]
        metric = tracking["predefined_metric_specification"]["predefined_metric_type"]
        assert metric == f"DynamoDB{'Read' if 'read' in path else 'Write'}CapacityUtilization"
        assert tracking["target_value"] == 60


def test_trap_10_terraform_leaves_to_auto_scaling_what_it_moves() -> None:
    table = stack("dev", **PROVISIONED).only("aws_dynamodb_table")
    assert (table["read_capacity"], table["write_capacity"]) == (2, 3)
    assert table["lifecycle"]["ignore_changes"] == [
        "read_capacity",
        "write_capacity",
        "global_secondary_index",
    ]


def test_trap_10_on_demand_has_no_capacity_and_no_scaling() -> None:
    synthesized = stack("dev")
    assert "aws_appautoscaling_target" not in synthesized.json["resource"]
    assert "read_capacity" not in synthesized.only("aws_dynamodb_table")


def test_trap_12_a_restored_table_is_the_next_generation() -> None:
    """Everything that names the table follows it, because all go by reference."""
    first, second = stack("prod"), stack("prod", DYNAMODB_TABLE_GENERATION="2")
    assert second.only("aws_dynamodb_table")["name"] == "spec-wizard-sessions-prod-r2"
    (old,), (new,) = (s.json["resource"]["aws_dynamodb_table"] for s in (first, second))
    assert f"{{aws_dynamodb_table.{old}." not in second.text
    resources = json.loads(json.dumps(second.resources()).replace(new, old).replace("-prod-r2", "-prod"))
    table, expected = resources.pop("database/table-r2"), first.resources()
    # Its construct path differs, nothing else.
    assert {**table, "//": None} == {**expected.pop("database/table"), "//": None}
    assert resources == expected


def _forgotten(generation: str) -> list[str]:
    removed = stack("prod", DYNAMODB_TABLE_GENERATION=generation).json["removed"]
    assert all(one["lifecycle"] == {"destroy": False} for one in removed)
    return [one["from"] for one in removed]


def test_a_change_of_generation_destroys_no_table() -> None:
    """The generations around the live one are forgotten by their addresses, never destroyed."""
    addresses = {
        number: f"aws_dynamodb_table.{next(iter(found))}"
        for number in "1234"
        for found in [stack("prod", DYNAMODB_TABLE_GENERATION=number).json["resource"]["aws_dynamodb_table"]]
    }
    assert len(set(addresses.values())) == 4
    assert _forgotten("1") == [addresses["2"]]
    assert _forgotten("2") == [addresses["1"], addresses["3"]]
    assert _forgotten("3") == [addresses["1"], addresses["2"], addresses["4"]]


def test_a_restored_table_is_taken_over_and_never_made_empty() -> None:
    assert "import" not in stack("prod").json
    second = stack("prod", DYNAMODB_TABLE_GENERATION="2").json
    (name,) = second["resource"]["aws_dynamodb_table"]
    assert second["import"] == [{"id": "spec-wizard-sessions-prod-r2", "to": f"aws_dynamodb_table.{name}"}]

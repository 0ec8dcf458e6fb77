"""What a plan does to the bill, from the JSON that Terraform writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from ops.cost.change import change
from ops.cost.estimate import Amount, CostChange, Estimate
from ops.plans import document
from ops.plans.synthesized import Synthesized

Values = Mapping[str, Any] | None
KEY = "aws_kms_key.security_table-key_771F6453"
DASHBOARD = "aws_cloudwatch_dashboard.monitoring_dashboard_00000000"
TABLE = "aws_dynamodb_table.database_table_89143D61"
CODE = Synthesized({KEY: {"//": {"metadata": {"path": "dev/security/table-key/key"}}}})


def entry(address: str, before: Values, after: Values, *actions: str, **more: Any) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.partition(".")[0],
        "name": address.partition(".")[2],
        "change": {"actions": list(actions), "before": before, "after": after, **more},
    }


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    """The prior state follows from the changes."""
    prior = [
        {
            "address": one["address"],
            "mode": one["mode"],
            "type": one["type"],
            "values": one["change"]["before"],
        }
        for one in changes
        if one["change"]["before"] is not None and "deposed" not in one
    ]
    return {
        "resource_changes": list(changes),
        "prior_state": {"values": {"root_module": {"resources": prior}}},
    }


def of(*changes: dict[str, Any], environment: str = "dev") -> CostChange:
    return change(plan(*changes), CODE, environment)


def test_a_new_key_and_a_dashboard_that_goes() -> None:
    found = of(
        entry(KEY, None, {"enable_key_rotation": True}, "create"),
        entry(DASHBOARD, {"dashboard_name": "d"}, None, "delete"),
    )
    assert found.before.services == {"CloudWatch": Amount(3.0, 3.0)}
    assert found.after.services == {"KMS": Amount(1.0, 3.0)}
    assert found.difference == Amount(-2.0, 0.0)
    assert found.services == {"CloudWatch": Amount(-3.0, -3.0), "KMS": Amount(1.0, 3.0)}
    (charge,) = found.after.charges
    assert charge.construct_path == "dev/security/table-key/key"


def test_what_is_replaced_or_stays_is_counted_once() -> None:
    values = {"enable_key_rotation": False}
    for actions in (("no-op",), ("update",), ("delete", "create"), ("create", "delete")):
        found = of(entry(KEY, values, values, *actions))
        assert found.before.total == found.after.total == Amount(1.0, 1.0)
        assert found.services == {}


def test_what_is_forgotten_stays_on_the_bill() -> None:
    found = of(entry(KEY, {"enable_key_rotation": False}, None, "forget"))
    assert found.after.total == Amount(1.0, 1.0)


def test_a_replaced_object_that_waits_to_be_deleted_and_data_that_is_read_are_no_cost() -> None:
    deposed = {**entry(DASHBOARD, {"dashboard_name": "old"}, None, "delete"), "deposed": "12345678"}
    read = {**entry("data.aws_kms_key.x", None, {"id": "1"}, "read"), "mode": "data", "type": "aws_kms_key"}
    assert of(deposed, read).after.total == Amount(0.0, 0.0)


def test_a_changed_billing_mode_shows() -> None:
    def table(mode: str, units: int) -> dict[str, Any]:
        index = {"name": "GSI1", "read_capacity": units, "write_capacity": units}
        return {
            "billing_mode": mode,
            "read_capacity": units,
            "write_capacity": units,
            "global_secondary_index": [index],
            "point_in_time_recovery": [{"enabled": False}],
        }

    found = of(entry(TABLE, table("PAY_PER_REQUEST", 0), table("PROVISIONED", 50), "update"))
    # 100 units of each for 730 hours: 47.45 for writes, 9.49 for reads.
    assert 56 < found.services["DynamoDB"].low <= 56.94
    assert 56 < found.services["DynamoDB"].high <= 56.94


def test_attributes_that_only_an_apply_knows_do_no_harm() -> None:
    """A new alarm's dimensions, and a new queue's name."""
    alarm = "aws_cloudwatch_metric_alarm.monitoring_alarms_api-errors_00000000"
    queries = [{"id": "t", "expression": "m0", "metric": []}, {"id": "m0", "metric": [{"period": 300}]}]
    found = of(
        entry(alarm, None, {"metric_query": queries}, "create", after_unknown={"arn": True}),
        entry("aws_sqs_queue.chat_jobs_queue_3E10A4A5", None, {"name_prefix": None}, "create"),
        entry("aws_cloudwatch_log_group.chat_stage_execution-log_F235A37A", None, {}, "create"),
    )
    assert found.after.unpriced == ()
    assert [one.low for one in found.after.charges if one.address == alarm] == [1.0]


def test_what_has_no_price_is_named_before_and_after() -> None:
    nat = "aws_nat_gateway.network_gateway_00000000"
    found = of(entry(nat, None, {}, "create"))
    assert found.before.unpriced == ()
    assert found.after.unpriced == (nat,)


def test_an_accounts_stack_and_a_read_plan() -> None:
    read = document.read(plan(entry("aws_cloudtrail.audit-trail_8AEAD1CA", None, {}, "create")))
    found = change(read, CODE, "account", members=("dev",), today=date(2026, 12, 1))
    all_three = change(read, CODE, "account-123456789012")
    assert 0 < found.after.total.high < all_three.after.total.high


def test_another_region_is_said_to_have_the_prices_of_us_east_1() -> None:
    alarm = "aws_cloudwatch_composite_alarm.a_00000000"
    made = plan(entry(alarm, None, {}, "create"), entry(KEY, None, {}, "create"))
    (note,) = change(made, CODE, "dev", region="eu-central-1", today=date(2026, 12, 1)).after.notes
    assert note == "eu-central-1 has no prices of its own: us-east-1's stand in for 1 of 2 rows."


def test_old_prices_are_told() -> None:
    notes = change(plan(entry(KEY, None, {}, "create")), CODE, "dev", today=date(2036, 1, 1)).after.notes
    assert any("are older than six months: kms.key, kms.requests" in note for note in notes)


def test_as_json_is_json() -> None:
    text = json.dumps(of(entry(KEY, None, {}, "create")).as_json())
    assert json.loads(text)["difference"] == {"low": 1.0, "high": 1.0}


def test_what_others_make_of_the_contract_still_works() -> None:
    """An estimate needs no more than its services."""
    found = CostChange(Estimate({"KMS": Amount(0.1, 0.2)}), Estimate({"KMS": Amount(0.3, 0.2)}))
    assert found.after.total == Amount(0.3, 0.2)
    assert found.services == {"KMS": Amount(0.2, 0.0)}

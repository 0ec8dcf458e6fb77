"""How far back point-in-time recovery reaches.

Upstream, MiniStack 1.5.33: services/dynamodb.py `_update_continuous_backups` drops RecoveryPeriodInDays and
`_describe_continuous_backups` does not answer it, so Terraform sets it again at every plan. AWS keeps it,
35 days where none is named.
"""

from __future__ import annotations

import json
from typing import Any

DEFAULT_DAYS = 35


def install() -> None:
    """Keeps the period and puts it into both answers."""
    from ministack.core.responses import AccountRegionScopedDict, json_response
    from ministack.services import dynamodb

    from ops.local_aws.fixes import registration

    periods = AccountRegionScopedDict()  # table name -> days
    update, describe = dynamodb._update_continuous_backups, dynamodb._describe_continuous_backups

    def with_period(data: dict[str, Any], answer: Any) -> Any:
        status, _, body = answer[:3]
        if status != 200:
            return answer
        document = json.loads(body)
        recovery = document["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] == "ENABLED":
            name = dynamodb._normalize_table_name(data.get("TableName"))
            recovery["RecoveryPeriodInDays"] = periods.get(name, DEFAULT_DAYS)
        return json_response(document)

    def update_with_period(data: dict[str, Any]) -> Any:
        answer = update(data)
        days = data.get("PointInTimeRecoverySpecification", {}).get("RecoveryPeriodInDays")
        if answer[0] == 200 and days:
            periods[dynamodb._normalize_table_name(data.get("TableName"))] = days
        return with_period(data, answer)

    def describe_with_period(data: dict[str, Any]) -> Any:
        return with_period(data, describe(data))

    dynamodb._update_continuous_backups = update_with_period
    dynamodb._describe_continuous_backups = describe_with_period
    registration.register("dynamodb_recovery_period_local", {"periods": periods})

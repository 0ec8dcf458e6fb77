"""Once a day: how long each API key has been in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.secret_age.settings import Settings
from functions.shared import clients, logs
from functions.shared.settings import load

log = logs.logger("secret_age")

DAY_S = 86_400


def handle(event: dict[str, Any], context: object) -> None:
    """Print the age of each secret's current value. RuntimeError: some could not be looked at.

    A secret that never had a value has no age: alarms treat it as missing data.
    """
    settings = load(Settings)
    unknown = []
    for name, arn in settings.secrets().items():
        try:
            set_at = current_since(arn)
        except (BotoCoreError, ClientError):
            # The others are measured nevertheless.
            log.exception("A secret cannot be looked at", secret=name)
            unknown.append(name)
            continue
        if set_at is None:
            log.info("A secret has no value", secret=name)
            continue
        metrics = logs.metrics(settings.environment, Secret=name)
        metrics.add_metric("SecretAgeDays", MetricUnit.Count, age_days(set_at, datetime.now(UTC)))
        metrics.flush_metrics()
    if unknown:
        raise RuntimeError(f"not measured: {', '.join(unknown)}")


def current_since(arn: str) -> datetime | None:
    """When the value in use was set; None if there is none.

    The list of versions says it without the value. DescribeSecret does not: its LastChangedDate moves with
    every new tag or description.
    """
    arguments: dict[str, str] = {"SecretId": arn}
    while True:
        page = clients.client("secretsmanager").list_secret_version_ids(**arguments)
        for version in page["Versions"]:
            if "AWSCURRENT" in version.get("VersionStages", []):
                created: datetime = version["CreatedDate"]
                return created
        if "NextToken" not in page:
            return None
        arguments["NextToken"] = page["NextToken"]


def age_days(since: datetime, now: datetime) -> float:
    """Days and fractions of a day; never negative, whatever the clocks say."""
    return max(0.0, round((now - since).total_seconds() / DAY_S, 3))

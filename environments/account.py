"""The part of the configuration that is about the AWS account: environments of one account agree on it."""

from typing import Annotated

from pydantic import AfterValidator

from environments import rules
from environments.settings import Model, Setting, WholeNumber, between


class AccountConfig(Model):
    """What exists once per AWS account. The account's stack is made of it, see `accounts.py`."""

    github_repository: Annotated[
        Annotated[str, AfterValidator(rules.repository_is_owner_and_name)] | None,
        Setting(
            variable="GITHUB_OIDC_REPOSITORY",
            allowed="owner/name, or owner@ID/name@ID: whichever its tokens claim",
            purpose=(
                "The repository whose workflows may plan and deploy, by short-lived credentials."
                " Not set: none may."
            ),
            example="flowency/spec-wizard-infra",
        ),
    ] = None
    monthly_budget_usd: Annotated[
        WholeNumber,
        between(1, 1_000_000),
        Setting(
            variable="MONTHLY_BUDGET_USD",
            allowed="US dollars, a whole number from 1 to 1000000",
            purpose="Monthly cost of the whole account; ALERT_EMAIL is told at 80 % of it and above.",
            example="50",
        ),
    ] = 50
    cost_anomaly_usd: Annotated[
        WholeNumber,
        between(1, 1_000_000),
        Setting(
            variable="COST_ANOMALY_USD",
            allowed="US dollars, a whole number from 1 to 1000000",
            purpose="Unexpected cost of which ALERT_EMAIL is told on the same day.",
            example="10",
        ),
    ] = 10
    trail_retention_days: Annotated[
        WholeNumber,
        between(1, 3650),
        Setting(
            variable="CLOUDTRAIL_RETENTION_DAYS",
            allowed="whole days from 1 to 3650",
            purpose="How long CloudTrail's files are kept in their bucket.",
            example="365",
        ),
    ] = 365
    trail_log_retention_days: Annotated[
        WholeNumber,
        AfterValidator(rules.retention_is_accepted_by_cloudwatch),
        Setting(
            variable="CLOUDTRAIL_LOG_RETENTION_DAYS",
            allowed=f"days that CloudWatch Logs accepts: {', '.join(map(str, rules.RETENTION_DAYS))}",
            purpose="How long CloudTrail's events can be searched in CloudWatch Logs.",
            example="90",
        ),
    ] = 90

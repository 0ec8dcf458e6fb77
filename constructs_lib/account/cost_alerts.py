"""Cost: a monthly budget, and an alert on the day when a service costs more than it used to."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.budgets_budget import BudgetsBudget, BudgetsBudgetNotification
from cdktf_cdktf_provider_aws.ce_anomaly_monitor import CeAnomalyMonitor
from cdktf_cdktf_provider_aws.ce_anomaly_subscription import (
    CeAnomalySubscription,
    CeAnomalySubscriptionSubscriber,
    CeAnomalySubscriptionThresholdExpression,
    CeAnomalySubscriptionThresholdExpressionDimension,
)
from constructs import Construct

from environments import Account, naming

NOTIFICATIONS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Type and per cent of the budget."""


class CostAlerts(Construct):
    """Both are of the whole account, whatever made the cost; both write to the alert addresses directly.

    No topic stands between: an address of a budget or of an anomaly subscription needs no confirmation, one
    of a topic stays pending until somebody clicks a link within two days (trap 50).

    Budgets and Cost Explorer have one endpoint for all regions, which the provider finds by itself.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account) -> None:
        super().__init__(scope, id_)
        BudgetsBudget(
            self,
            "budget",
            account_id=account.aws_account_id,
            name=naming.resource(naming.ACCOUNT, "monthly"),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(account.settings.monthly_budget_usd),
            limit_unit="USD",
            notification=[
                BudgetsBudgetNotification(
                    notification_type=type_,
                    comparison_operator="GREATER_THAN",
                    threshold=per_cent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=list(account.alert_emails),
                )
                for type_, per_cent in NOTIFICATIONS
            ],
        )
        monitor = CeAnomalyMonitor(
            self,
            "anomaly-monitor",
            name=naming.resource(naming.ACCOUNT, "services"),
            monitor_type="DIMENSIONAL",
            monitor_dimension="SERVICE",
        )
        CeAnomalySubscription(
            self,
            "anomaly-subscription",
            name=naming.resource(naming.ACCOUNT, "anomalies"),
            # Daily is the shortest interval that AWS offers to e-mail addresses.
            frequency="DAILY",
            monitor_arn_list=[monitor.arn],
            threshold_expression=CeAnomalySubscriptionThresholdExpression(
                dimension=CeAnomalySubscriptionThresholdExpressionDimension(
                    key="ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    match_options=["GREATER_THAN_OR_EQUAL"],
                    values=[str(account.settings.cost_anomaly_usd)],
                )
            ),
            subscriber=[
                CeAnomalySubscriptionSubscriber(type="EMAIL", address=address)
                for address in account.alert_emails
            ],
        )

"""What Terraform asks of CloudWatch for an environment's monitoring; the rest is in `ci/services.py`."""

from __future__ import annotations

from dataclasses import replace

from constructs_lib.ci.permissions import Permission, Place, actions
from constructs_lib.ci.security import keys
from constructs_lib.stack_settings import US_EAST_1
from environments import naming


def monitoring(place: Place) -> list[Permission]:
    """Alarms, the dashboard, saved queries, filters on log groups; and in us-east-1 the topic and its key."""
    account = place.account_id
    found = [
        Permission(
            "Alarms",
            place.everywhere("cloudwatch", f"alarm:{place.prefix}"),
            actions("cloudwatch", "ListTagsForResource"),
            actions("cloudwatch", "PutMetricAlarm DeleteAlarms TagResource UntagResource"),
        ),
        Permission(
            "CompositeAlarms",
            ["*"],
            actions("cloudwatch", "DescribeAlarms"),
            actions("cloudwatch", "PutCompositeAlarm"),
            reason="CloudWatch's API reference asks for both without a narrower scope.",
        ),
        Permission(
            "Dashboards",
            [f"arn:aws:cloudwatch::{account}:dashboard/{place.prefix}"],
            actions("cloudwatch", "GetDashboard"),
            actions("cloudwatch", "PutDashboard DeleteDashboards"),
        ),
        Permission(
            "LogFilters",
            place.arns("logs", f"log-group:{naming.log_group(place.environment, '*')}"),
            actions("logs", "DescribeMetricFilters DescribeSubscriptionFilters"),
            actions("logs", "PutSubscriptionFilter DeleteSubscriptionFilter"),
        ),
        Permission(
            "SavedQueries",
            ["*"],
            actions("logs", "DescribeQueryDefinitions"),
            actions("logs", "PutQueryDefinition DeleteQueryDefinition"),
            reason="A saved query is named by an id that AWS makes; AWS checks no resource for it.",
        ),
    ]
    return found if place.region == US_EAST_1 else [*found, *_us_east_1(place)]


def _us_east_1(place: Place) -> list[Permission]:
    """CloudFront's alarm tells a topic of its own region, which is encrypted with a key of that region."""
    there = replace(place, region=US_EAST_1)
    wanted = ("LookAtKeys", "CreateKeys", "TagNewKeys", "Keys", "Aliases")
    return [
        *(
            replace(p, sid=f"{p.sid}InUsEast1")
            for p in keys(there)
            if p.sid in wanted and p.resources != ["*"]
        ),
        Permission(
            "TopicsInUsEast1",
            there.arns("sns", place.prefix),
            actions("sns", "GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource"),
            actions("sns", "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource"),
        ),
    ]

"""fixes/cloudtrail_trails.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws import auditing
from tests.local_aws.cloud import Cloud

LOG_GROUP = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")


def _tags(client: Any, arn: str) -> list[dict[str, str]]:
    (found,) = client.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    tags: list[dict[str, str]] = found["TagsList"]
    return tags


def test_a_new_trail_has_its_log_group_and_its_tags(fixed: Cloud) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    client.create_trail(**trail.settings)
    (found,) = client.describe_trails(trailNameList=[trail.arn])["trailList"]
    assert [found[name] for name in LOG_GROUP] == [trail.settings[name] for name in LOG_GROUP]
    assert _tags(client, trail.arn) == trail.settings["TagsList"]


def test_it_is_switched_on_and_off(fixed: Cloud) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    client.create_trail(**trail.settings)
    states = [client.get_trail_status(Name=trail.name)["IsLogging"]]
    client.start_logging(Name=trail.arn)
    states.append(client.get_trail_status(Name=trail.name)["IsLogging"])
    client.stop_logging(Name=trail.arn)
    states.append(client.get_trail_status(Name=trail.name)["IsLogging"])
    assert states == [False, True, False]


def test_the_next_trail_of_the_name_has_no_tags_of_the_last(fixed: Cloud) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    client.create_trail(**trail.settings)
    client.add_tags(ResourceId=trail.arn, TagsList=[{"Key": "Later", "Value": "1"}])
    client.delete_trail(Name=trail.arn)
    client.create_trail(**{**trail.settings, "TagsList": []})
    assert _tags(client, trail.arn) == []


def test_stock_drops_log_group_and_tags(stock: Cloud) -> None:
    trail, client = auditing.trail(stock), stock.client("cloudtrail")
    client.create_trail(**trail.settings)
    (found,) = client.describe_trails(trailNameList=[trail.arn])["trailList"]
    assert not found.keys() & {*LOG_GROUP}
    assert _tags(client, trail.arn) == []

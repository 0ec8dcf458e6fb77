"""fixes/event_invoke_configs.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud
from tests.local_aws.functions import LOGS, deploy

AGE = "MaximumEventAgeInSeconds"


def _ages(cloud: Cloud) -> list[int | None]:
    """What is read back after an age was not set, and after one was."""
    lambda_ = cloud.client("lambda")
    name = deploy(cloud, statements=[LOGS]).name
    found = []
    for settings in ({}, {AGE: 3600}):
        answer = lambda_.put_function_event_invoke_config(
            FunctionName=name, MaximumRetryAttempts=1, **settings
        )
        read = lambda_.get_function_event_invoke_config(FunctionName=name)
        assert read.get(AGE) == answer.get(AGE)
        assert read["MaximumRetryAttempts"] == 1
        found.append(read.get(AGE))
    return found


def test_an_age_that_was_not_set_is_not_told(fixed: Cloud) -> None:
    assert _ages(fixed) == [None, 3600]


def test_stock_tells_six_hours(stock: Cloud) -> None:
    assert _ages(stock) == [21600, 3600]

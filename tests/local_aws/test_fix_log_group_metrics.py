"""fixes/log_group_metrics.py"""

from __future__ import annotations

from tests.local_aws.alarming import value_of
from tests.local_aws.cloud import Cloud
from tests.local_aws.log_groups import LogGroup


def test_what_a_group_takes_in_is_measured(fixed: Cloud) -> None:
    group = LogGroup(fixed)
    group.write("abc", "é")
    of = {"LogGroupName": group.name}
    assert value_of(fixed, "AWS/Logs", "IncomingLogEvents", "Sum", **of) == 2
    assert value_of(fixed, "AWS/Logs", "IncomingBytes", "Sum", **of) == 3 + 2 + 2 * 26


def test_stock_measures_no_group(stock: Cloud) -> None:
    group = LogGroup(stock)
    group.write("abc")
    assert value_of(stock, "AWS/Logs", "IncomingLogEvents", "Sum", LogGroupName=group.name) is None

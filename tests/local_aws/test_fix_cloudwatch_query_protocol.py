"""fixes/cloudwatch_query_protocol.py"""

from __future__ import annotations

import html

from tests.local_aws.alarming import Alarm, Metric, form
from tests.local_aws.cloud import Cloud, unique

BODY = '{"widgets":[{"properties":{"title":"A & B <c>"}}]}'


def _math_alarm(cloud: Cloud, name: str) -> str:
    fields = {
        "AlarmName": name,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": "2",
        "Threshold": "1.5",
        "ActionsEnabled": "false",
        "Metrics.member.1.Id": "e",
        "Metrics.member.1.Expression": "FILL(m,0)",
        "Metrics.member.1.ReturnData": "true",
        "Metrics.member.2.Id": "m",
        "Metrics.member.2.ReturnData": "false",
        "Metrics.member.2.MetricStat.Stat": "Sum",
        "Metrics.member.2.MetricStat.Period": "300",
        "Metrics.member.2.MetricStat.Metric.Namespace": "N",
        "Metrics.member.2.MetricStat.Metric.MetricName": "M",
        "Metrics.member.2.MetricStat.Metric.Dimensions.member.1.Name": "A",
        "Metrics.member.2.MetricStat.Metric.Dimensions.member.1.Value": "<b>",
        "Tags.member.1.Key": "k",
        "Tags.member.1.Value": "v",
    }
    assert "<PutMetricAlarmResponse" in form(cloud, Action="PutMetricAlarm", **fields)
    return form(cloud, Action="DescribeAlarms", **{"AlarmNames.member.1": name})


def test_an_alarm_is_described_as_it_was_put(fixed: Cloud) -> None:
    name = unique("alarm")
    described = _math_alarm(fixed, name)
    for expected in (
        "<Expression>FILL(m,0)</Expression>",
        "<ActionsEnabled>false</ActionsEnabled>",
        "<Threshold>1.5</Threshold>",
        "<Value>&lt;b&gt;</Value>",
        "<ReturnData>false</ReturnData>",
        "<Period>300</Period>",
    ):
        assert expected in described
    alarm = fixed.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert (alarm["EvaluationPeriods"], alarm["Threshold"], alarm["ActionsEnabled"]) == (2, 1.5, False)
    tags = fixed.client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_numbers_lists_and_times_are_written_by_the_model(fixed: Cloud) -> None:
    metric = Metric(fixed, A="b")
    metric.put(1, 2, 3)
    answer = form(
        fixed,
        Action="GetMetricData",
        StartTime="2020-01-01T00:00:00Z",
        EndTime="2100-01-01T00:00:00Z",
        **{
            "MetricDataQueries.member.1.Id": "m",
            "MetricDataQueries.member.1.MetricStat.Stat": "p50",
            "MetricDataQueries.member.1.MetricStat.Period": "300",
            "MetricDataQueries.member.1.MetricStat.Metric.Namespace": metric.namespace,
            "MetricDataQueries.member.1.MetricStat.Metric.MetricName": metric.name,
            "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name": "A",
            "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value": "b",
        },
    )
    assert "<Values><member>2.0</member></Values>" in answer
    assert "Z</member></Timestamps>" in answer


def test_a_dashboard_comes_back_as_it_was_put(fixed: Cloud) -> None:
    name = unique("dashboard")
    form(fixed, Action="PutDashboard", DashboardName=name, DashboardBody=BODY)
    answer = form(fixed, Action="GetDashboard", DashboardName=name)
    assert html.unescape(answer.partition("<DashboardBody>")[2].partition("</DashboardBody>")[0]) == BODY
    assert "A & B" not in answer
    assert fixed.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"] == BODY


def test_an_error_is_one_of_the_protocol(fixed: Cloud) -> None:
    answer = form(fixed, Action="GetDashboard", DashboardName="missing")
    assert "<Code>ResourceNotFound</Code>" in answer


def test_the_other_protocols_are_as_they_were(fixed: Cloud) -> None:
    metric = Metric(fixed)
    assert Alarm(fixed, metric).described()["MetricName"] == metric.name


def test_stock_leaves_out_what_was_put(stock: Cloud) -> None:
    assert "<Expression>" not in _math_alarm(stock, unique("alarm"))
    name = unique("dashboard")
    form(stock, Action="PutDashboard", DashboardName=name, DashboardBody=BODY)
    assert "A & B" in form(stock, Action="GetDashboard", DashboardName=name)

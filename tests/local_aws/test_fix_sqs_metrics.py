"""fixes/sqs_metrics.py"""

from __future__ import annotations

from tests.local_aws.alarming import Alarm, Metric, until, value_of
from tests.local_aws.cloud import Cloud, unique


def _metric(cloud: Cloud, queue: str, name: str) -> Metric:
    metric = Metric(cloud, "AWS/SQS", QueueName=queue)
    metric.name = name
    return metric


def test_a_message_in_a_dead_letter_queue_sets_an_alarm_off(fixed: Cloud) -> None:
    sqs, name = fixed.client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    visible = _metric(fixed, name, "ApproximateNumberOfMessagesVisible")
    alarm = Alarm(fixed, visible, Statistic="Maximum", Threshold=0.0, TreatMissingData="notBreaching")
    assert until(alarm.state, "OK") == "OK"
    sqs.send_message(QueueUrl=url, MessageBody="1")
    assert until(alarm.state, "ALARM") == "ALARM"


def test_the_oldest_message_grows_old(fixed: Cloud) -> None:
    sqs, name = fixed.client("sqs"), unique("queue")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName=name)["QueueUrl"], MessageBody="1")
    metric = "ApproximateAgeOfOldestMessage"
    assert until(lambda: value_of(fixed, "AWS/SQS", metric, "Minimum", QueueName=name) is not None, True)


def test_an_emptied_queue_is_empty(fixed: Cloud) -> None:
    sqs, name = fixed.client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="1")
    metric = "ApproximateNumberOfMessagesVisible"
    assert until(lambda: value_of(fixed, "AWS/SQS", metric, "Maximum", QueueName=name), 1) == 1
    sqs.purge_queue(QueueUrl=url)
    assert until(lambda: value_of(fixed, "AWS/SQS", metric, "Minimum", QueueName=name), 0) == 0


def test_calls_are_counted(fixed: Cloud) -> None:
    sqs, name = fixed.client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="1")
    entries = [{"Id": number, "MessageBody": number} for number in "ab"]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    for what in ("Sent", "Received", "Deleted"):
        assert value_of(fixed, "AWS/SQS", f"NumberOfMessages{what}", "Sum", QueueName=name) == 3


def test_stock_measures_no_queue(stock: Cloud) -> None:
    sqs, name = stock.client("sqs"), unique("queue")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName=name)["QueueUrl"], MessageBody="1")
    metrics = stock.client("cloudwatch").list_metrics
    assert until(lambda: metrics(Namespace="AWS/SQS")["Metrics"] != [], True, patience_s=2) is False

"""fixes/lambda_environments.py, lambda_environment.py, lambda_bootstrap.py, fixes/lambda_logs.py"""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from ops.local_aws.fixes import lambda_environments
from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud, allow, document, refused, unique
from tests.local_aws.functions import LOGS, Function, deploy, eventually, metric_sum

JSON_FORMAT = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}

FAILURES = """
    import os, sys, time
    PROCESS = os.getpid()
    def handle(event, context):
        print("line of " + event["how"])
        if event["how"] == "raise":
            raise ValueError("no")
        if event["how"] == "exit":
            sys.exit(3)
        if event["how"] == "sleep":
            time.sleep(60)
        if event["how"] == "no json":
            return {1, 2}
        return PROCESS
"""


def _group(cloud: Cloud) -> str:
    name = unique("/application/group")
    cloud.client("logs").create_log_group(logGroupName=name)
    return name


def _platform(function: Function) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in function.log() if line.startswith("{")]
    return [line for line in lines if str(line.get("type", "")).startswith("platform.")]


def test_logs_go_to_the_functions_group_in_json(fixed: Cloud) -> None:
    source = """
        import json
        def handle(event, context):
            print(json.dumps({"level": "INFO", "message": "hello", "stream": context.log_stream_name}))
            return context.log_group_name
    """
    group = _group(fixed)
    function = deploy(fixed, source, LoggingConfig={**JSON_FORMAT, "LogGroup": group})
    assert function.invoke() == group
    start, line, report = [json.loads(line) for line in function.log()]
    assert start["type"] == "platform.start"
    assert line["message"] == "hello"
    assert line["stream"].split("/")[3].startswith(f"{function.name}[$LATEST]")
    assert report["type"] == "platform.report"
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"]["durationMs"] > 0
    assert "initDurationMs" in report["record"]["metrics"]


def test_an_environment_has_one_stream_and_one_start(fixed: Cloud) -> None:
    function = deploy(fixed, LoggingConfig={**JSON_FORMAT, "LogGroup": _group(fixed)})
    for number in range(3):
        assert function.invoke({"number": number}) == {"number": number}
    assert [seen["number"] for seen in function.seen()] == [0, 1, 2]
    assert len(fixed.client("logs").describe_log_streams(logGroupName=function.group)["logStreams"]) == 1
    reports = [line["record"]["metrics"] for line in _platform(function) if line["type"] == "platform.report"]
    assert ["initDurationMs" in metrics for metrics in reports] == [True, False, False]


def test_every_line_arrives_whatever_the_amount(fixed: Cloud) -> None:
    source = """
        def handle(event, context):
            for number in range(5000):
                print(f"line {number}")
    """
    function = deploy(fixed, source)
    function.invoke()
    logs, lines = fixed.client("logs"), []
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=function.group):
        lines += [event["message"] for event in page["events"] if event["message"].startswith("line ")]
    assert lines == [f"line {number}" for number in range(5000)]


@pytest.mark.parametrize("missing", ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"])
def test_each_right_to_log_is_needed(fixed: Cloud, missing: str) -> None:
    rights = [action for action in LOGS["Action"] if action != missing]
    function = deploy(fixed, statements=[allow(rights, LOGS["Resource"])])
    function.invoke()
    assert function.log() == []


def test_an_existing_group_needs_no_right_to_create_it(fixed: Cloud) -> None:
    group = _group(fixed)
    resource = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}:log-stream:*"
    rights = allow(["logs:CreateLogStream", "logs:PutLogEvents"], resource)
    function = deploy(fixed, statements=[rights], LoggingConfig={"LogGroup": group})
    function.invoke()
    assert len(function.seen()) == 1


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        ("raise", "error", "ValueError"),
        ("exit", "error", "Runtime.ExitError"),
        ("no json", "error", "Runtime.MarshalError"),
        ("sleep", "timeout", "Sandbox.Timedout"),
    ],
)
def test_a_failure_is_answered_logged_and_counted(fixed: Cloud, how: str, status: str, error: str) -> None:
    function = deploy(fixed, FAILURES, timeout_s=1, LoggingConfig={**JSON_FORMAT, "LogGroup": _group(fixed)})
    answer = function.call({"how": how})
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == error
    assert f"line of {how}" in function.log()
    report = _platform(function)[-1]["record"]
    assert (report["status"], report["errorType"]) == (status, error)
    assert [function.metric(name) for name in ("Invocations", "Errors", "Throttles")] == [1, 1, 0]
    assert isinstance(function.invoke({"how": "work"}), int)
    assert [function.metric(name) for name in ("Invocations", "Errors", "Throttles")] == [2, 1, 0]
    assert function.metric("Duration") > 0


def test_an_exception_is_one_line_with_level_error(fixed: Cloud) -> None:
    function = deploy(fixed, FAILURES, LoggingConfig={**JSON_FORMAT, "LogGroup": _group(fixed)})
    function.invoke({"how": "raise"})
    [line] = [json.loads(line) for line in function.log() if "stackTrace" in line]
    assert (line["level"], line["errorType"], line["errorMessage"]) == ("ERROR", "ValueError", "no")
    assert 'raise ValueError("no")' in line["stackTrace"][0]


def test_an_exception_does_not_end_the_environment(fixed: Cloud) -> None:
    function = deploy(fixed, FAILURES)
    process = function.invoke({"how": "work"})
    function.invoke({"how": "raise"})
    assert function.invoke({"how": "work"}) == process
    function.invoke({"how": "exit"})
    assert function.invoke({"how": "work"}) != process


def test_a_module_that_cannot_be_imported_fails_each_invocation(fixed: Cloud) -> None:
    function = deploy(fixed, "import no_such_module")
    for _ in range(2):
        assert function.invoke()["errorType"] == "ModuleNotFoundError"
    assert any("no_such_module" in line for line in function.log())
    assert function.metric("Errors") == 2


def test_a_killed_environment_fails_its_invocation(fixed: Cloud) -> None:
    source = """
        import os, time
        def handle(event, context):
            open(event["file"], "w").write(str(os.getpid()))
            time.sleep(event["sleep"])
            return "done"
    """
    function = deploy(fixed, source, timeout_s=30)
    file = fixed.instance.directory / unique("process")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(function.invoke, {"file": str(file), "sleep": 25})
        process = int(eventually(lambda: file.exists() and file.read_text()) or 0)
        os.kill(process, signal.SIGKILL)
        assert running.result(10)["errorType"] == "Runtime.ExitError"
    assert function.invoke({"file": str(file), "sleep": 0}) == "done"


def test_no_more_environments_than_the_limit_and_none_throttled(fixed: Cloud) -> None:
    source = """
        import os, time
        def handle(event, context):
            time.sleep(0.1)
            return os.getpid()
    """
    function = deploy(fixed, source, timeout_s=30)
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        processes = list(pool.map(lambda _: function.invoke(), range(48)))
    assert all(isinstance(process, int) for process in processes)
    assert 2 <= len(set(processes)) <= lambda_environments.LIMIT
    assert function.metric("Throttles") == 0


def test_functions_that_wait_do_not_wait_for_each_other(fixed: Cloud) -> None:
    source = "import time\ndef handle(event, context):\n    time.sleep(0.02)\n    return event['number']"
    functions = [deploy(fixed, source, timeout_s=30) for _ in range(2)]
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(functions[number % 2].invoke, {"number": number}) for number in range(160)]
        answers = [one.result(60) for one in asked]
    assert answers == list(range(160))


def test_reserved_concurrency_throttles(fixed: Cloud) -> None:
    function = deploy(fixed)
    client = fixed.client("lambda")
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    assert refused(client.invoke, FunctionName=function.name) == "TooManyRequestsException"
    assert function.metric("Invocations") == 0
    # The client tries more than once.
    assert function.metric("Throttles") >= 1


def test_a_function_acts_as_its_role_over_tls(fixed: Cloud) -> None:
    source = """
        import os, boto3
        def handle(event, context):
            return {
                "arn": boto3.client("sts").get_caller_identity()["Arn"],
                "endpoint": os.environ["AWS_ENDPOINT_URL"],
                "inherited": sorted(n for n in os.environ if n.startswith(("MINISTACK", "STATE_"))),
            }
    """
    function = deploy(fixed, source)
    found = function.invoke()
    role = function.role.rpartition("/")[2]
    assert found == {
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{function.name}",
        "endpoint": fixed.endpoint,
        "inherited": [],
    }


def test_new_code_and_variables_are_used_at_once(fixed: Cloud) -> None:
    from tests.local_aws.functions import archive

    source = "import os\ndef handle(event, context): return os.environ.get('A')"
    function, client = deploy(fixed, source), fixed.client("lambda")
    assert function.invoke() is None
    client.update_function_configuration(FunctionName=function.name, Environment={"Variables": {"A": "1"}})
    assert function.invoke() == "1"
    client.update_function_code(
        FunctionName=function.name, ZipFile=archive("def handle(event, context): return 'new'")
    )
    assert function.invoke() == "new"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_environments_end_with_the_server(instance: LocalAws, tmp_path: Path, how: str) -> None:
    source = """
        import os, time
        def handle(event, context):
            open(event["file"], "a").write(f"{os.getpid()}\\n")
            time.sleep(event["sleep"])
    """
    instance.start()
    function = deploy(Cloud(instance), source, timeout_s=60)
    idle, busy = tmp_path / "idle", tmp_path / "busy"
    function.invoke({"file": str(idle), "sleep": 0})
    client = Cloud(instance).client("lambda")
    for file, seconds in ((busy, 50), (tmp_path / "other", 50)):
        payload = json.dumps({"file": str(file), "sleep": seconds})
        client.invoke(FunctionName=function.name, InvocationType="Event", Payload=payload)
    other = tmp_path / "other"
    assert eventually(lambda: busy.exists() and busy.read_text() and other.exists() and other.read_text())
    processes = {int(line) for file in (idle, busy, other) for line in file.read_text().split()}
    status = instance.status()
    if how == "kill":
        assert status.pid
        os.kill(status.pid, signal.SIGKILL)
    else:
        instance.stop()
    assert eventually(lambda: not any(Path(f"/proc/{process}").exists() for process in processes), 5)


def test_metrics_in_the_embedded_format_are_counted(fixed: Cloud) -> None:
    namespace = unique("Namespace")
    source = """
        import json, time
        def handle(event, context):
            directive = {"Namespace": event["namespace"], "Dimensions": [["Environment"]],
                         "Metrics": [{"Name": "Answers", "Unit": "Count"}]}
            stamp = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
            print(json.dumps({"_aws": stamp, "Environment": "dev", "Answers": 3}))
    """
    function = deploy(fixed, source, LoggingConfig={**JSON_FORMAT, "LogGroup": _group(fixed)})
    function.invoke({"namespace": namespace})
    dimensions = {"Environment": "dev"}
    assert eventually(lambda: metric_sum(fixed, namespace, "Answers", dimensions) == 3)


def test_a_warm_invocation_is_fast(fixed: Cloud) -> None:
    function = deploy(fixed, "def handle(event, context): return 1")
    function.invoke()
    client, times = fixed.client("lambda"), []
    for _ in range(20):
        started = time.perf_counter()
        client.invoke(FunctionName=function.name)
        times.append(time.perf_counter() - started)
    # Stock waits 50 ms for a first line; half of that leaves room for a busy machine.
    assert sorted(times)[5] < 0.04


def test_stock_writes_text_for_each_invocation_whatever_the_role_allows(stock: Cloud) -> None:
    group = _group(stock)
    function = deploy(stock, statements=[], LoggingConfig={**JSON_FORMAT, "LogGroup": group})
    function.invoke()
    function.invoke()
    assert any(line.startswith("START RequestId") for line in function.log())
    assert len(stock.client("logs").describe_log_streams(logGroupName=group)["logStreams"]) == 2


def test_stock_ends_the_environment_of_a_handler_that_raises(stock: Cloud) -> None:
    function = deploy(stock, FAILURES)
    process = function.invoke({"how": "work"})
    function.invoke({"how": "raise"})
    assert function.invoke({"how": "work"}) != process


def test_stock_starts_a_process_for_every_event_at_once(stock: Cloud) -> None:
    source = "import os, time\ndef handle(event, context):\n    time.sleep(1.5)\n    return os.getpid()"
    function = deploy(stock, source)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        processes = set(pool.map(lambda _: function.invoke(), range(12)))
    assert len(processes) > lambda_environments.LIMIT


def _without_trust(cloud: Cloud) -> Function:
    """A function whose role trusted Lambda only until the function was made."""
    function = deploy(cloud)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    cloud.client("iam").update_assume_role_policy(
        RoleName=function.role.rpartition("/")[2], PolicyDocument=document(trust)
    )
    return function


def test_a_role_that_does_not_trust_lambda_starts_nothing(fixed: Cloud) -> None:
    function = _without_trust(fixed)
    answer = function.call()
    assert answer["FunctionError"] == "Unhandled"
    assert "cannot be assumed by Lambda" in json.loads(answer["Payload"].read())["errorMessage"]


def test_stock_asks_no_role(stock: Cloud) -> None:
    assert _without_trust(stock).invoke({"a": 1}) == {"a": 1}

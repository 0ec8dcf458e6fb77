"""Small functions with roles of their own, and what they leave behind."""

from __future__ import annotations

import io
import json
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, Statement, allow, document, unique

T = TypeVar("T")

PATIENCE_S = 20.0

LOGS = allow(
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:*",
)


def eventually(look: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """The first true answer; the last one if time runs out."""
    deadline = time.monotonic() + patience_s
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def archive(source: str) -> bytes:
    """A zip with this module as `app`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr("app.py", textwrap.dedent(source))
    return content.getvalue()


def execution_role(cloud: Cloud, *statements: Statement) -> str:
    """ARN of a new role that Lambda assumes."""
    iam, name = cloud.client("iam"), unique("function-role")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
    permit_role(cloud, str(made["Arn"]), *statements)
    return str(made["Arn"])


def permit_role(cloud: Cloud, role: str, *statements: Statement) -> None:
    """Replaces what a role may do."""
    iam, name = cloud.client("iam"), role.rpartition("/")[2]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document(*statements))
    elif iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName="test")


@dataclass(frozen=True)
class Function:
    """A deployed function."""

    cloud: Cloud
    name: str
    arn: str
    role: str
    group: str

    def invoke(self, event: Any = None) -> Any:
        """Its result, or the error object."""
        return json.loads(self.call(event)["Payload"].read())

    def call(self, event: Any = None) -> Any:
        """The whole answer of Invoke."""
        return self.cloud.client("lambda").invoke(FunctionName=self.name, Payload=json.dumps(event or {}))

    def permit(self, service: str, source_arn: str | None = None) -> None:
        """Lets a service invoke it for a resource."""
        extra = {"SourceArn": source_arn} if source_arn else {}
        self.cloud.client("lambda").add_permission(
            FunctionName=self.name,
            StatementId=unique("permission"),
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
            **extra,
        )

    def log(self) -> list[str]:
        """All lines of its group, oldest first."""
        logs = self.cloud.client("logs")
        try:
            streams = logs.describe_log_streams(logGroupName=self.group)["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        events = [
            event
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=self.group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
        return [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]

    def seen(self, marker: str = "SEEN ") -> list[Any]:
        """What it printed after the marker, as JSON."""
        return [json.loads(line.removeprefix(marker)) for line in self.log() if line.startswith(marker)]

    def await_seen(self, count: int = 1) -> list[Any]:
        """The same, once there are so many."""
        eventually(lambda: len(self.seen()) >= count)
        return self.seen()

    def metric(self, name: str) -> float:
        """Sum of an AWS/Lambda metric."""
        dimensions = {"FunctionName": self.name}
        return metric_sum(self.cloud, "AWS/Lambda", name, dimensions)


def metric_sum(cloud: Cloud, namespace: str, name: str, dimensions: dict[str, str]) -> float:
    """Sum over the last hour."""
    now = time.time()
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 60,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


ECHO = """
    import json
    def handle(event, context):
        print("SEEN " + json.dumps(event))
        return event
"""


def deploy(
    cloud: Cloud,
    source: str = ECHO,
    statements: Iterable[Statement] = (LOGS,),
    *,
    variables: dict[str, str] | None = None,
    timeout_s: int = 10,
    **more: Any,
) -> Function:
    """A new function, ready to be invoked."""
    client, name = cloud.client("lambda"), unique("function")
    role = execution_role(cloud, *statements)
    made = client.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="app.handle",
        Timeout=timeout_s,
        Code={"ZipFile": archive(source)},
        Environment={"Variables": variables or {}},
        **more,
    )
    group = more.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
    return Function(cloud, name, made["FunctionArn"], role, group)

"""Functions: their logs, what becomes of failures, and what must not be in their variables."""

from __future__ import annotations

from ops import masking
from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack, references

ASYNCHRONOUS = (
    "sns.amazonaws.com",
    "events.amazonaws.com",
    "s3.amazonaws.com",
    "logs.",
    "scheduler.amazonaws.com",
)
"""Services that invoke without waiting: what fails is retried and then lost, or goes to a destination."""
TIMES = 6
"""A queue's visibility timeout in timeouts of its function. Source: Lambda developer guide, Amazon SQS."""


@rule(
    "SW_FUNCTION_LOGS",
    "aws_lambda_function",
    guards="traps 45 and 54",
    what="A function writes JSON into a log group of the stack",
    mend="Set logging_config with log_format JSON and a log group: Lambda's own would have no end and no key",
)
def function_logs(stack: Stack, function: Resource) -> str:
    if function.get("logging_config", "log_format") != "JSON":
        return "log_format is not JSON, so no filter finds its errors"
    group = str(function.get("logging_config", "log_group"))
    return "" if "${aws_cloudwatch_log_group." in group else "its log group is not of the stack"


@rule(
    "SW_FUNCTION_VARIABLES",
    "aws_lambda_function",
    guards="trap 47; why CKV_AWS_173 is skipped",
    what="A function's variables hold no secret",
    mend="Put it into Secrets Manager, and its ARN into the variable",
)
def variables(stack: Stack, function: Resource) -> str:
    for name, value in (function.get("environment", "variables") or {}).items():
        text = str(value)
        is_reference = text.startswith("${") and text.endswith("}")
        if not is_reference and (
            masking.is_called_like_one(name, text) or masking.LOOKS_LIKE_A_SECRET.search(text)
        ):
            return f"{name} looks like one"
    return ""


@rule(
    "SW_FAILURE_KEPT",
    "aws_lambda_permission",
    guards="trap 44",
    what="What an asynchronous invocation could not do is kept",
    mend="Give the function an aws_lambda_function_event_invoke_config with on_failure",
)
def failure_kept(stack: Stack, permission: Resource) -> str:
    if not str(permission.get("principal")).startswith(ASYNCHRONOUS):
        return ""
    for function in stack.referred(permission, "aws_lambda_function"):
        for config in stack.referring(function, "aws_lambda_function_event_invoke_config"):
            if config.get("destination_config", "on_failure", "destination"):
                return ""
    return f"{permission.get('principal')} invokes it, and it has no on_failure destination"


@rule(
    "SW_SOURCE_FAILURE_KEPT",
    "aws_lambda_event_source_mapping",
    guards="trap 44",
    what="What a function could not take from a stream or a queue is kept, and only that is tried again",
    mend="Set destination_config.on_failure for a stream, redrive_policy on a queue, and"
    " ReportBatchItemFailures",
)
def source_failure_kept(stack: Stack, mapping: Resource) -> str:
    if "ReportBatchItemFailures" not in (mapping.get("function_response_types") or []):
        return "function_response_types lacks ReportBatchItemFailures"
    if _sources(stack, mapping, "aws_dynamodb_table"):
        kept = mapping.get("destination_config", "on_failure", "destination_arn")
        if not kept:
            return "the stream has no on_failure destination"
        tries = mapping.get("maximum_retry_attempts")
        return (
            "" if isinstance(tries, int) and tries >= 0 else "one bad record would stop the stream for a day"
        )
    for queue in _sources(stack, mapping, "aws_sqs_queue"):
        if not queue.get("redrive_policy"):
            return f"{queue.construct} has no redrive_policy"
    return ""


@rule(
    "SW_QUEUE_PATIENT",
    "aws_lambda_event_source_mapping",
    guards="trap 39",
    what=f"A queue hides a message for {TIMES} timeouts of its function",
    mend="Raise visibility_timeout_seconds: else a second function answers while the first still does",
)
def queue_patient(stack: Stack, mapping: Resource) -> str:
    for queue in _sources(stack, mapping, "aws_sqs_queue"):
        for function in stack.referred(mapping, "aws_lambda_function"):
            hidden, timeout = queue.get("visibility_timeout_seconds") or 30, function.get("timeout") or 3
            if hidden < TIMES * timeout:
                return f"it hides for {hidden} s, the function may take {timeout} s"
    return ""


def _sources(stack: Stack, mapping: Resource, type_: str) -> list[Resource]:
    """What the function is fed from; the mapping may refer to others, such as a queue for failures."""
    named = set(references(str(mapping.get("event_source_arn"))))
    return [one for one in stack.referred(mapping, type_) if one.address in named]

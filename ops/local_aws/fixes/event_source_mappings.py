"""Event source mappings are refused where Lambda could not read the source with the function's role.

Upstream, MiniStack 1.5.33: services/lambda_svc.py, _create_esm asks nothing; a mapping without rights, or
with a queue whose messages reappear while the function still works on them, is made and then reads; a second
one of the same source and function is made beside the first. The codes and the order of checks are AWS's
(CreateEventSourceMapping, InvalidParameterValueException, ResourceConflictException).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.execution_roles import Function, permits, permits_key

QUEUE_RIGHTS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
STREAM_RIGHTS = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")


def install() -> None:
    """Wraps the creation of mappings."""
    from ministack.core.responses import error_response_json
    from ministack.services import lambda_svc, sqs

    inner = lambda_svc._create_esm

    def create(request: Mapping[str, Any]) -> Any:
        source = str(request.get("EventSourceArn", ""))
        name, qualifier, refused = lambda_svc._resolve_existing_esm_function(request.get("FunctionName", ""))
        if refused:
            return refused
        _, function = lambda_svc._get_func_record_for_qualifier(name, qualifier)
        problem = None
        if ":sqs:" in source and (queue := sqs._queue_by_arn(source)):
            problem = queue_problem(function, queue)
        elif ":dynamodb:" in source and not may_read_stream(function, source):
            problem = (
                f"Cannot access stream {source}. Please ensure the role can perform the "
                f"{', '.join(STREAM_RIGHTS[:-1])}, and {STREAM_RIGHTS[-1]} Actions on your stream in IAM."
            )
        if problem:
            return error_response_json("InvalidParameterValueException", problem, 400)
        for other in lambda_svc._esms.values():
            mapped = other["EventSourceArn"], other["FunctionName"], other["Qualifier"]
            if mapped == (source, name, qualifier):
                conflict = (
                    f"An event source mapping of {source} and function {name} already exists. Please update "
                    f"or delete the existing mapping with UUID {other['UUID']}"
                )
                return error_response_json("ResourceConflictException", conflict, 409)
        return inner(request)

    lambda_svc._create_esm = create


def queue_problem(function: Function, queue: Mapping[str, Any]) -> str | None:
    """Why a queue cannot be a source of the function."""
    attributes = queue["attributes"]
    for right in QUEUE_RIGHTS:
        if not permits(function, f"sqs:{right}", attributes["QueueArn"]):
            return f"The provided execution role does not have permissions to call {right} on SQS"
    visibility, timeout = int(attributes.get("VisibilityTimeout", 30)), int(function.get("Timeout") or 3)
    if visibility < timeout:
        return (
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )
    return None


def may_poll(function: Function, queue: Mapping[str, Any]) -> bool:
    """Whether the role may receive from a queue and decrypt what it gets."""
    attributes = queue["attributes"]
    arn = attributes["QueueArn"]
    return all(
        permits(function, f"sqs:{right}", arn) for right in ("ReceiveMessage", "GetQueueAttributes")
    ) and permits_key(function, "kms:Decrypt", attributes.get("KmsMasterKeyId"), "sqs", {"aws:sqs:arn": arn})


def may_read_stream(function: Function, arn: str) -> bool:
    """Whether the role may read a table's stream and use the table's key."""
    from ministack.core.responses import get_account_id
    from ministack.services import dynamodb

    table = arn.partition(":table/")[2].partition("/")[0]
    key = ((dynamodb._tables.get(table) or {}).get("SSEDescription") or {}).get("KMSMasterKeyArn")
    context = {"aws:dynamodb:tableName": table, "aws:dynamodb:subscriberId": get_account_id()}
    return all(permits(function, f"dynamodb:{right}", arn) for right in STREAM_RIGHTS) and permits_key(
        function, "kms:Decrypt", key, "dynamodb", context
    )

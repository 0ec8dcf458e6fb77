"""A log group's key: whether CloudWatch Logs may use it, and its change after the group was made.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, `handle_request` knows `kmsKeyId` of CreateLogGroup,
but neither AssociateKmsKey nor DisassociateKmsKey, which Terraform calls when the key of a log group is
replaced; and it asks no key's policy. AWS refuses a key that does not let logs.<region>.amazonaws.com
encrypt for that group, and takes no events while it does not (CloudWatch Logs User Guide, "Encrypt log data
in CloudWatch Logs using AWS KMS"). The fix does so, for what services write as for what callers do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.service_principals import allows

USES = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")


def install() -> None:
    """Adds both actions; wraps the making of groups and the writing of events."""
    from ministack.services import cloudwatch_logs as logs

    handle, create, put = logs.handle_request, logs._create_log_group, logs._put_log_events

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in ("AssociateKmsKey", "DisassociateKmsKey"):
            return await handle(method, path, headers, body, query_params)
        return _change(json.loads(body or b"{}"), associate=action == "AssociateKmsKey")

    def create_log_group(request: Mapping[str, Any]) -> Any:
        name, key = request.get("logGroupName", ""), request.get("kmsKeyId")
        return _refusal(name) if key and not _may_encrypt(name, key) else create(request)

    def put_log_events(request: Mapping[str, Any]) -> Any:
        name = request.get("logGroupName", "")
        key = (logs._log_groups.get(name) or {}).get("kmsKeyId")
        return _refusal(name) if key and not _may_encrypt(name, key) else put(request)

    logs.handle_request, logs._create_log_group = handle_request, create_log_group
    logs._put_log_events = put_log_events


def _change(request: Mapping[str, Any], *, associate: bool) -> Any:
    from ministack.core.responses import error_response_json, json_response
    from ministack.services import cloudwatch_logs as logs

    name = request.get("logGroupName") or str(request.get("resourceIdentifier", "")).rpartition(":")[2]
    group = logs._log_groups.get(name)
    if group is None:
        message = f"The specified log group does not exist: {name}"
        return error_response_json("ResourceNotFoundException", message, 400)
    key = request.get("kmsKeyId") if associate else None
    if key and not _may_encrypt(name, key):
        return _refusal(name)
    group["kmsKeyId"] = key
    return json_response({})


def _may_encrypt(group: str, reference: str) -> bool:
    """Whether the key's policy and state let CloudWatch Logs use it for this group."""
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import kms

    key = kms._resolve_key(reference)
    if key is None or kms._check_key_state(key) is not None:
        return False
    context = {
        "kms:encryptioncontext:aws:logs:arn": _arn(group),
        "kms:encryptioncontextkeys": ["aws:logs:arn"],
        "aws:sourcearn": _arn(group),
        "aws:sourceaccount": get_account_id(),
    }
    policy, _ = kms.key_policy_for_arn(key["Arn"])
    service = f"logs.{get_region()}.amazonaws.com"
    return all(allows(policy, service, action, key["Arn"], context) for action in USES)


def _refusal(group: str) -> Any:
    from ministack.core.responses import error_response_json

    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{_arn(group)}'"
    return error_response_json("AccessDeniedException", message, 400)


def _arn(group: str) -> str:
    from ministack.services import cloudwatch_logs as logs

    return str(logs._make_group_arn(group)).removesuffix(":*")

"""Permission to use the customer key of an S3 object, a DynamoDB table or a secret; kms:EncryptionContext.

Upstream, MiniStack 1.5.33: app.py, _dispatch_service_request asks for KMS permissions in direct calls of
KMS only, and gives those no kms:EncryptionContext:* condition keys. A role without kms:Decrypt thus reads
a table and a bucket that would refuse it on AWS. The fix asks, on behalf of the caller and after all
other checks, for kms:GenerateDataKey at a write and kms:Decrypt at a read of an object, and for
kms:Decrypt at any use of a table's items, with kms:ViaService, kms:CallerAccount and the encryption
context of the service. The sources of S3 copies are not covered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.s3_policy_conditions import KEY_HEADER

Context = Mapping[str, str]

ITEM_ACTIONS = frozenset(
    [
        "PutItem",
        "GetItem",
        "UpdateItem",
        "DeleteItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
        "TransactGetItems",
        "TransactWriteItems",
        "ExecuteStatement",
    ]
)

ANONYMOUS = (
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
)


def install() -> None:
    """Wraps the handlers of S3, DynamoDB and Secrets Manager, and the condition keys of KMS."""
    _install_s3()
    _install_dynamodb()
    _install_secrets()
    _install_direct_calls()


def _install_s3() -> None:
    from ministack.services import s3

    inner = s3.handle_request

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query_params: Any, **more: Any
    ) -> Any:
        bucket, _, name = path.lstrip("/").partition("/")
        if not name or more.get("internal"):
            return await inner(method, path, headers, body, query_params, **more)
        if method in ("PUT", "POST"):
            merged = s3._merge_hoisted_amz_headers(headers, query_params)
            # Neither tags, locks nor the parts of an upload are encrypted anew by the caller's wish.
            if not query_params.keys() & {"tagging", "acl", "retention", "legal-hold", "partNumber"}:
                written, refused = s3._resolve_sse_write_headers(merged, bucket)
                key = (written or {}).get(KEY_HEADER) if refused is None else None
                context = _s3_context(bucket, name, key)
                if no := refusal("s3", "kms:GenerateDataKey", key, headers, query_params, context):
                    return no
        answer = await inner(method, path, headers, body, query_params, **more)
        if method == "GET" and answer[0] in (200, 206):
            sent = {header.lower(): value for header, value in dict(answer[1]).items()}
            key = sent.get(KEY_HEADER)
            context = _s3_context(bucket, name, key)
            if no := refusal("s3", "kms:Decrypt", key, headers, query_params, context):
                return no
        return answer

    s3.handle_request = handle_request


def _s3_context(bucket: str, name: str, key: str | None) -> Context:
    """With an S3 bucket key the context is the bucket's ARN, without one the object's."""
    from ministack.services import s3

    if key is None:
        return {}
    configuration = s3._bucket_encryption.get(bucket) or b""
    text = configuration.decode() if isinstance(configuration, bytes) else configuration
    bucket_key = "<BucketKeyEnabled>true</BucketKeyEnabled>" in text
    return {"aws:s3:arn": f"arn:aws:s3:::{bucket}" if bucket_key else f"arn:aws:s3:::{bucket}/{name}"}


def _install_dynamodb() -> None:
    from ministack.core.responses import get_account_id
    from ministack.services import dynamodb

    inner = dynamodb.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in ITEM_ACTIONS:
            for name in sorted(_tables(body)):
                description = (dynamodb._tables.get(name) or {}).get("SSEDescription") or {}
                context = {"aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": get_account_id()}
                key = description.get("KMSMasterKeyArn")
                if no := refusal("dynamodb", "kms:Decrypt", key, headers, query_params, context):
                    return no
        return await inner(method, path, headers, body, query_params)

    dynamodb.handle_request = handle_request


def _tables(body: bytes) -> set[str]:
    """Names of the tables that a request for items names."""
    from ministack.services import dynamodb

    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return set()
    named: list[Any] = [request.get("TableName"), *(request.get("RequestItems") or {})]
    for part in request.get("TransactItems") or []:
        named += [operation.get("TableName") for operation in part.values() if isinstance(operation, dict)]
    return {dynamodb._normalize_table_name(name) for name in named if isinstance(name, str)}


def _install_secrets() -> None:
    from ministack.services import secretsmanager

    inner = secretsmanager.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        answer = await inner(method, path, headers, body, query_params)
        if headers.get("x-amz-target", "").endswith(".GetSecretValue") and answer[0] == 200:
            found = json.loads(answer[2])
            _, secret = secretsmanager._resolve(found["ARN"])
            context = {"SecretARN": found["ARN"], "SecretVersionId": found.get("VersionId", "")}
            key = (secret or {}).get("KmsKeyId")
            if no := refusal("secretsmanager", "kms:Decrypt", key, headers, query_params, context):
                return no
        return answer

    secretsmanager.handle_request = handle_request


def _install_direct_calls() -> None:
    from ministack.core import iam_actions

    inner = iam_actions.request_tag_context

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(inner(service, iam_action, body, params))
        if service == "kms":
            request = json.loads(body or b"{}")
            for name in ("EncryptionContext", "SourceEncryptionContext"):
                context.update(_context_keys(request.get(name) or {}))
        return context

    # The only function that every service's condition keys come through.
    iam_actions.request_tag_context = request_tag_context


def _context_keys(context: Context) -> dict[str, Any]:
    keys: dict[str, Any] = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    if context:
        keys["kms:EncryptionContextKeys"] = list(context)
    return keys


def refusal(
    service: str, action: str, reference: str | None, headers: Any, query_params: Any, context: Context
) -> Any:
    """The answer that refuses the caller the key, None if he may use it or if AWS owns it."""
    from ministack.core import iam_evaluator as iam
    from ministack.core.iam_actions import access_denied_response
    from ministack.core.responses import get_account_id, get_region, new_uuid
    from ministack.core.router import extract_access_key_id
    from ministack.services import kms, s3

    key = kms._resolve_key(reference) if reference else None
    if key is None or key.get("KeyManager") == "AWS":
        return None
    access_key = extract_access_key_id(headers, query_params)
    if not access_key:
        # A call from within MiniStack is not anonymous.
        if service != "s3" or not iam._anonymous.get():
            return None
        return s3._error("InvalidArgument", ANONYMOUS, 400)
    principal = iam.resolve_principal(access_key, get_account_id())
    # Without policies it is root; bad credentials were refused before.
    if isinstance(principal, iam.AuthError) or principal.policies is None:
        return None
    region = get_region()
    conditions = {
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
        "kms:CallerAccount": principal.account,
        **_context_keys(context),
    }
    evaluation = iam.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=key["Arn"],
        region=region,
        service_context={name.lower(): value for name, value in conditions.items()},
        principal_keys=principal.keys,
    )
    decision = iam.combine_resource_policy(
        iam.evaluate(evaluation, principal.policies, *principal.limits),
        evaluation,
        *kms.key_policy_for_arn(key["Arn"]),
        required=True,
        limits=principal.limits,
    )
    if decision.decision == "Allow":
        return None
    return access_denied_response(
        service,
        action,
        principal.arn,
        new_uuid(),
        headers=headers,
        message=f"User: {principal.arn} is not authorized to perform: {action} on resource: {key['Arn']}"
        f" {_reason(decision, action)}",
    )


def _reason(decision: Any, action: str) -> str:
    if decision.decision == "Deny":
        return "with an explicit deny"
    return f"because no identity-based policy allows the {action} action"

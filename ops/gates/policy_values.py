"""What grants access in attributes of its own, read as the statement that AWS makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ops.gates.iam import statements
from ops.gates.iam.statements import ALLOW, Statement


def permission(values: Mapping[str, Any]) -> Statement:
    """The statement that Lambda writes into a function's policy.

    Source: Lambda developer guide, "Granting permissions to AWS services" and "Function URLs".
    """
    tests = [
        ("ArnLike", "aws:SourceArn", values.get("source_arn")),
        ("StringEquals", "aws:SourceAccount", values.get("source_account")),
        ("StringEquals", "aws:PrincipalOrgID", values.get("principal_org_id")),
        ("StringEquals", "lambda:FunctionUrlAuthType", values.get("function_url_auth_type")),
        ("StringEquals", "lambda:EventSourceToken", values.get("event_source_token")),
    ]
    resource = ":".join(str(one) for one in (values.get("function_name"), values.get("qualifier")) if one)
    return _one(str(values.get("principal")), [str(values.get("action"))], resource, tests)


def layer(values: Mapping[str, Any]) -> Statement:
    """The statement of a layer's policy: who may take the layer into their functions."""
    tests = [("StringEquals", "aws:PrincipalOrgID", values.get("organization_id"))]
    return _one(
        str(values.get("principal")), [str(values.get("action"))], str(values.get("layer_name")), tests
    )


def grant(values: Mapping[str, Any]) -> Statement:
    """What a grant of a key allows."""
    constraints: Sequence[Mapping[str, Any]] = values.get("constraints") or ()
    tests = [
        ("StringEquals", f"kms:EncryptionContext {kind} {name}", value)
        for block in constraints
        for kind, context in block.items()
        for name, value in (context or {}).items()
    ]
    operations = [f"kms:{one}" for one in values.get("operations") or ()]
    return _one(str(values.get("grantee_principal")), operations, str(values.get("key_id")), tests)


def _one(
    principal: str, actions: list[str], resource: str, tests: Iterable[tuple[str, str, Any]]
) -> Statement:
    is_service = ".amazonaws.com" in principal and not principal.startswith("arn:")
    found: dict[str, dict[str, str]] = {}
    for operator, key, value in tests:
        if value:
            found.setdefault(operator, {})[key] = str(value)
    document = {
        "Version": statements.CURRENT_VERSION,
        "Statement": {
            "Effect": ALLOW,
            "Principal": {"Service" if is_service else "AWS": principal},
            "Action": actions,
            "Resource": resource,
            "Condition": found,
        },
    }
    return statements.of(document)[0]


def default_key_policy(account_id: str) -> Statement:
    """What a key's policy says once its own is destroyed: the account may do everything with it.

    Source: the AWS provider, `resourceKeyPolicyDelete`.
    """
    return _one(f"arn:aws:iam::{account_id}:root", ["kms:*"], "*", ())

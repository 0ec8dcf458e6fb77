"""What a request is about: resources and condition keys that narrow policies of deployers are written with.

Upstream, MiniStack 1.5.33: core/iam_actions.py, extract_resource_arn names no resource ("*") where the
request has it in another member than usual: aliases of KMS, OIDC providers, budgets, a new distribution,
analyzers, cost anomalies, and the tags of tables, topics, trails, configuration sets and distributions; so
that only a policy for "*" allows it. extract_iam_action there takes the permissions of Budgets for the names
of its operations; AWS's are ViewBudget and ModifyBudget. So it does with batches of SQS, which AWS allows by
the permission for one message (SQS developer guide, "Amazon SQS batch actions"). request_tag_context there
finds no aws:RequestTag in CloudFront's XML. Nothing supplies kms:ResourceAliases, iam:PermissionsBoundary and
dynamodb:LeadingKeys, nor aws:ResourceTag of distributions (services/tagging.py) and of a key that a service
uses on behalf of the caller. The fix does.

For an alias AWS asks for the permission on its key as well: not covered, the alias alone is asked for.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

ARN_MEMBERS = {
    "dynamodb": "ResourceArn",
    "sns": "ResourceArn",
    "ses": "ResourceArn",
    "cloudfront": "Resource",
    "cloudtrail": "ResourceIdList",
    "iam": "OpenIDConnectProviderArn",
    "budgets": "ResourceARN",
}
"""Service -> member of the request that has the ARN, where no other one names the resource."""
TAG = re.compile(rb"<Tag>\s*<Key>([^<]*)</Key>\s*<Value>([^<]*)</Value>")
NEW_DISTRIBUTION = re.compile(r"/[0-9-]+/distribution/?$")
ANALYZER = re.compile(r"/analyzer/([^/]+)$")
ANOMALY_MEMBERS = ("MonitorArnList", "SubscriptionArnList", "MonitorArn", "SubscriptionArn", "ResourceArn")

BOUNDED = frozenset(
    {
        *("CreateRole", "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy"),
        *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
    }
)


def install() -> None:
    """Wraps the functions that tell what a request asks for, and the one that resolves condition keys."""
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import tagging

    tagging._RESOURCE_TAG_COLLECTORS["cloudfront"] = tagging._collect_cloudfront
    inner_resource, inner_context = iam_actions.extract_resource_arn, iam_actions.request_tag_context
    inner_key, inner_action = iam_evaluator._resolve_condition_key, iam_actions.extract_iam_action

    def extract_iam_action(service: str, *request: Any) -> Any:
        action = inner_action(service, *request)
        if service == "budgets" and action and not action.endswith("ForResource"):
            return f"budgets:{'ViewBudget' if 'Describe' in action else 'ModifyBudget'}"
        return action.removesuffix("Batch") if service == "sqs" and action else action

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, *scope: str
    ) -> Any:
        arn = inner_resource(service, method, path, headers, body, query_params, *scope)
        return (_named(service, path, body, query_params, scope) or arn) if arn == "*" else arn

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(inner_context(service, iam_action, body, params))
        action = iam_action.partition(":")[2]
        if service == "iam" and action in BOUNDED and (boundary := _boundary(action, params)):
            context["iam:PermissionsBoundary"] = boundary
        if service == "dynamodb" and (keys := _leading_keys(_json(body))):
            context["dynamodb:LeadingKeys"] = keys
        if service == "cloudfront":
            context.update({f"aws:RequestTag/{k.decode()}": v.decode() for k, v in TAG.findall(body)})
        return context

    def resolve(key: str, context: Any) -> Any:
        if context.resource_arn.startswith("arn:aws:kms:"):
            name = key.lower()
            if name == "kms:resourcealiases":
                return _aliases(context.resource_arn) or None
            if name.startswith("aws:resourcetag/"):
                return _key_tags(context.resource_arn).get(name.partition("/")[2])
        return inner_key(key, context)

    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
    iam_evaluator._resolve_condition_key = resolve


def _named(service: str, path: str, body: bytes, query_params: Any, scope: tuple[str, ...]) -> str:
    region, account = scope
    if service == "cloudfront" and NEW_DISTRIBUTION.search(path):
        return f"arn:aws:cloudfront::{account}:distribution/*"
    if service == "kms" and (alias := _json(body).get("AliasName")):
        return f"arn:aws:kms:{region}:{account}:{alias}"
    if service == "budgets" and (name := _json(body).get("BudgetName")):
        return f"arn:aws:budgets::{account}:budget/{name}"
    if service == "access-analyzer":
        found = ANALYZER.search(path)
        name = found and f"arn:aws:access-analyzer:{region}:{account}:analyzer/{found[1]}"
        return name or unquote(path).removeprefix("/tags/")
    if service == "ce":
        return next(filter(None, (_first(_json(body), member) for member in ANOMALY_MEMBERS)), "")
    member = ARN_MEMBERS.get(service, "")
    return _first(_json(body), member) or _first(query_params, member)


def _boundary(action: str, params: Any) -> str:
    """The one that the request sets, or the one that the role has."""
    from ministack.core.responses import get_account_id
    from ministack.services import iam

    if action in ("CreateRole", "PutRolePermissionsBoundary"):
        return _first(params, "PermissionsBoundary")
    role = iam._roles.get_scoped(get_account_id(), None, _first(params, "RoleName")) or {}
    found = role.get("PermissionsBoundary") or ""
    return str(found.get("PermissionsBoundaryArn", "") if isinstance(found, dict) else found)


def _leading_keys(request: dict[str, Any]) -> list[str]:
    """Hash key values of the items that a request for one table names."""
    from ministack.services import dynamodb

    table = dynamodb._tables.get(dynamodb._normalize_table_name(str(request.get("TableName")))) or {}
    hash_key = next((k["AttributeName"] for k in table.get("KeySchema", []) if k["KeyType"] == "HASH"), "")
    item = request.get("Key") or request.get("Item") or {}
    return [str(value) for value in item.get(hash_key, {}).values()]


def _aliases(arn: str) -> list[str]:
    from ministack.services import kms

    key = kms._resolve_key(arn) or {}
    return [name.rpartition(":")[2] for name, target in kms._aliases.items() if target == key.get("KeyId")]


def _key_tags(arn: str) -> dict[str, str]:
    """Tags of a key; names in lower case."""
    from ministack.services import kms

    key = kms._resolve_key(arn) or {}
    return {tag["TagKey"].lower(): tag["TagValue"] for tag in key.get("Tags", [])}


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _first(params: Any, name: str) -> str:
    value = (params or {}).get(name) or ""
    return str(value[0] if isinstance(value, list) else value)

"""Statements that let strangers in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from ops.gates.iam.patterns import KNOWN, UNKNOWN
from ops.gates.iam.statements import ALLOW, Statement, Test, shown

FIXING = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:principalorgid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:userid",
        "aws:sourceip",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "kms:calleraccount",
        "lambda:eventsourcetoken",
    }
)
"""Context keys whose fixed values say who it is.

Source: S3 user guide, "The meaning of public"; kms:CallerAccount: KMS developer guide.
"""

POSITIVE = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "IpAddress"})
EVERYWHERE = re.compile(r".*/[0-7]")
"""S3 takes a network wider than /8 for the whole internet."""

ALMIGHTY = re.compile(
    r"(FullAccess|ReadOnlyAccess|PowerUserAccess|Administrator(Access)?|SecurityAudit|ViewOnlyAccess|DataScientist)$"
)
"""Managed policies of AWS that are all of a service, all of its reading, or more, by their names."""

ESCALATING = (
    *("iam:PassRole", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:PutGroupPolicy"),
    *("iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AddUserToGroup"),
    *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy"),
    *("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"),
    *("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "sts:AssumeRole"),
)
"""By each of these, on everything, whoever has it comes to have whatever somebody in the account has."""

EVERY_ROLE = re.compile(r"\*|arn:aws[\w-]*:iam::[\d*]*:(\*|role/\*|user/\*|group/\*|policy/\*)")

OF_STACK = re.compile(rf"{UNKNOWN}aws_[^{KNOWN}]*arn{KNOWN}")
"""At the beginning of an ARN: that of a resource of the stack, which only the apply will know."""

SHARED_SERVICES = frozenset({"cloudfront.amazonaws.com"})
"""Services that read on behalf of whoever set them up, in any account."""


def open_to(statement: Statement) -> str:
    """Which strangers an Allow statement lets in, such as "anybody"; "" for none."""
    if statement.effect != ALLOW or _is_fixed(statement.tests):
        return ""
    principals = statement.principals
    if principals.is_everything or principals.negated:
        return "" if principals.negated and not principals.values else "anybody"
    for kind, name in (value.split(":", 1) for value in sorted(principals.values)):
        if kind == "Service" and (name in SHARED_SERVICES or _invokes(statement)):
            return f"whoever uses {name}, in any AWS account"
        if kind == "Federated" and not any(_names_subject(test) for test in statement.tests):
            return f"whoever {shown(name)} signs in"
    return ""


def strangers(statement: Statement, account_id: str) -> list[str]:
    """What of an Allow statement a new resource's policy has to be asked about, one phrase each.

    account_id: the account that the resource is in, "" where it is not known. It may do with its own
    resources what its IAM policies say, as every key policy begins.
    """
    if statement.effect != ALLOW:
        return []
    if statement.attached:
        return [f"what {statement.attached} does"] if ALMIGHTY.search(statement.attached) else []
    found = []
    principals, actions = statement.principals, statement.actions
    if "*" in principals.values and not principals.negated:
        found.append("for * (anybody)")
    elif principals.negated and principals.values:
        found.append(f"for everybody but {', '.join(map(shown, sorted(principals.values)))}")
    elif foreign := [one for one in sorted(principals.values) if not _is_ours(one, account_id)]:
        found += [f"for {shown(one)}, which is not known to be of this AWS account" for one in foreign]
    elif principals.values and all(_is_root(one, account_id) for one in principals.values):
        return []
    if actions.negated:
        found.append("every action but a few")
    else:
        found += [f"the actions {one}" for one in sorted(actions.values) if re.fullmatch(r"[^:]*:?\*", one)]
        found += [f"{one} on everything" for one in _escalating(statement) if not one.endswith(":*")]
    return found


def _invokes(statement: Statement) -> bool:
    """Whether it lets a service call a function: for all who have set it up, if no condition says who.

    Source: Lambda API reference, AddPermission.
    """
    return any(action.lower().startswith("lambda:") for action in statement.actions.values)


def _escalating(statement: Statement) -> Iterator[str]:
    """Actions of an identity's policy by which it may give itself more, on everything and on no condition."""
    if statement.principals.values or statement.tests or statement.actions.negated:
        return
    if any(map(EVERY_ROLE.fullmatch, statement.resources.values)) or statement.resources.is_everything:
        for action in sorted(statement.actions.values):
            if any(fnmatchcase(one.lower(), action.lower()) for one in ESCALATING):
                yield action


def _is_root(principal: str, account_id: str) -> bool:
    return principal == f"AWS:arn:aws:iam::{account_id}:root"


def _is_ours(principal: str, account_id: str) -> bool:
    kind, _, name = principal.partition(":")
    if re.fullmatch(rf"{UNKNOWN}aws_[^{KNOWN}]*{KNOWN}", name):
        return True  # a resource of this stack
    if kind == "Service":
        return name.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    parts = name.split(":")
    return kind != "CanonicalUser" and len(parts) > 5 and bool(account_id) and parts[4] == account_id


def _is_fixed(tests: Iterable[Test]) -> bool:
    return any(
        test.key in FIXING
        and test.operator in POSITIVE
        and not test.if_exists
        and test.set_of != "ForAllValues"
        and all(_is_one(value) for value in test.values)
        for test in tests
    )


def _is_one(value: str) -> bool:
    """No wildcard, or one within the resources of a certain account; no network as wide as the internet."""
    parts = value.split(":", 5)
    if OF_STACK.match(value) or (len(parts) == 6 and re.fullmatch(r"\d{12}", parts[4])):
        return True
    return not re.search(r"[*?]", value) and not EVERYWHERE.fullmatch(value)


def _names_subject(test: Test) -> bool:
    """Whether it says who may come: OpenID Connect's `sub`, SAML's, or a claim as narrow."""
    return (
        test.operator in POSITIVE
        and not test.if_exists
        and "*" not in test.values
        and (test.key.endswith((":sub", ":oaud", ":namequalifier", ":repository", ":job_workflow_ref")))
    )

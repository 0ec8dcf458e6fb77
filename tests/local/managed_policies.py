"""A managed policy without one permission for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(iam: Any, arn: str, sid: str, action: str) -> Iterator[None]:
    """The policy with this ARN, whose statement `sid` has lost the action; a statement of nothing goes.

    MiniStack makes no older version the default: it is written anew. IAM keeps five versions.
    """
    version = iam.get_policy_version(PolicyArn=arn, VersionId=_default(iam, arn))["PolicyVersion"]
    document = version["Document"]
    left = []
    for statement in document["Statement"]:
        actions = [a for a in statement["Action"] if (statement["Sid"], a) != (sid, action)]
        left += [{**statement, "Action": actions}] if actions else []
    assert left != document["Statement"], f"{arn} has no {action} in {sid}"
    _replace(iam, arn, {**document, "Statement": left})
    try:
        yield
    finally:
        _replace(iam, arn, document)


def _default(iam: Any, arn: str) -> str:
    return str(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"])


def _replace(iam: Any, arn: str, document: Any) -> None:
    """Let the policy say this, in a new version that takes the place of the one in force."""
    before = _default(iam, arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    iam.delete_policy_version(PolicyArn=arn, VersionId=before)

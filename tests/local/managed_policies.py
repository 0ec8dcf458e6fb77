"""A managed policy without one permission for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(iam: Any, arn: str, sid: str, action: str) -> Iterator[None]:
    """The policy with this ARN, whose statement `sid` has lost the action; a statement of nothing goes."""
    before = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=before)["PolicyVersion"]["Document"]
    left = []
    for statement in document["Statement"]:
        actions = [a for a in statement["Action"] if (statement["Sid"], a) != (sid, action)]
        left += [{**statement, "Action": actions}] if actions else []
    assert left != document["Statement"], f"{arn} has no {action} in {sid}"
    changed = json.dumps({**document, "Statement": left})
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=changed, SetAsDefault=True)
    try:
        yield
    finally:
        iam.set_default_policy_version(PolicyArn=arn, VersionId=before)
        iam.delete_policy_version(PolicyArn=arn, VersionId=made["PolicyVersion"]["VersionId"])

"""A plan of as many resources as wanted, of every kind, each with the attributes of a real one."""

from __future__ import annotations

import json
from typing import Any

from ops.plans.synthesized import Synthesized
from ops.review.model import Review
from tests.support.plans.builders import Json, change, code, plan, review

KINDS = ("create", "update", "update", "delete", "delete,create", "create,delete", "no-op", "update")


def attributes(number: int, version: int) -> dict[str, Any]:
    """Twenty attributes, some of them alike in all resources, a policy among them."""
    statement = {
        "Sid": "A",
        "Effect": "Allow",
        "Action": ["s3:GetObject", f"s3:Put{version}"],
        "Resource": f"arn:aws:s3:::b{number}/*",
    }
    return {
        "id": f"resource-{number}",
        "arn": f"arn:aws:lambda:us-east-1:111122223333:function:spec-wizard-{number}",
        "name": f"spec-wizard-{number}",
        "description": f"Number {number}, version {version}",
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "memory_size": 128 * version,
        "environment": [{"variables": {"LOG_LEVEL": "INFO", "NUMBER": str(number), "VERSION": str(version)}}],
        "tags": {"Project": "spec-wizard", "Version": str(version)},
        "tags_all": {"Project": "spec-wizard", "Version": str(version), "Environment": "dev"},
        **{f"setting_{letter}": f"value {letter} of {number}" for letter in "abcdefghijk"},
    }


def document(resources: int = 2_000) -> Json:
    """The plan JSON."""
    return plan(*(_change(number) for number in range(resources)))


def _change(number: int) -> Json:
    kind = KINDS[number % len(KINDS)]
    before = None if kind == "create" else attributes(number, 1)
    after = None if kind == "delete" else attributes(number, 1 if kind == "no-op" else 2)
    more: dict[str, Any] = {}
    if "create" in kind and after:
        del after["id"], after["arn"]
        more["after_unknown"] = {"id": True, "arn": True}
    if "," in kind:
        more |= {"replace_paths": [["name"]], "action_reason": "replace_because_cannot_update"}
    return change(address(number), kind, before, after, **more)


def address(number: int) -> str:
    return f"aws_lambda_function.part{number % 40}_function{number}"


def behind(resources: int = 2_000) -> Synthesized:
    """The code: each refers to the one before it."""
    bodies: dict[str, Json] = {
        address(number).replace(".", "__", 1): {
            "path": f"part{number % 40}/function{number}",
            "role": f"${{{address(number - 1)}.arn}}" if number else "r",
        }
        for number in range(resources)
    }
    return code("dev", **bodies)


def stack(resources: int = 2_000) -> Json:
    """The code as a synthesized stack's JSON."""
    bodies = behind(resources).bodies.items()
    return {"resource": {"aws_lambda_function": {name.partition(".")[2]: dict(one) for name, one in bodies}}}


def whole(resources: int = 2_000) -> Review:
    """The review of it."""
    return review(document(resources), behind=behind(resources))

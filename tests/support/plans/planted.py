"""One text in every place of a review: a secret that must not be seen, or markup that must stay text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from ops.cost.estimate import Amount, CostChange, Estimate
from ops.gates.finding import Acknowledgement, Finding, Gate
from ops.parity.differences import ParityDifference
from ops.plans.synthesized import Synthesized
from ops.review.model import Review
from tests.support.plans.builders import Json, change, failure, output, plan, review

Marking = Callable[[Json, str], None]


def planted(text: str, *markings: Marking) -> Review:
    """A review with this text in every place that one comes from. markings: each marks it in one place."""
    key = json.dumps(text)
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Sid": text, "Action": text, "Resource": f"x/{text}/y"}],
        }
    )
    values = {
        "plain": text,
        "within": f"before-{text}-after",
        "list": ["a", text],
        "map": {"k": text, text: "v"},
        "blocks": [{"name": text, "value": 1}],
        "policy": policy,
        "twice": json.dumps({"inner": policy}),
        "tags": {"Owner": text, text: "x"},
        text: "an attribute",
        "long": "x " * 250 + text,
    }
    other = {**dict.fromkeys(values, "z"), "map": {}, "blocks": [], "list": [], "policy": "{}", "tags": {}}
    unknown = {"after_unknown": {"map": {text: True}, "plain": True, text: True}}
    reasons = {"action_reason": text, "replace_paths": [[text], ["map", text]]}
    document = plan(
        change(f"aws_x.create[{key}]", "create", None, values),
        change(f"aws_x.update[{key}]", "update", values, other),
        change(f"aws_x.back[{key}]", "update", other, values),
        change(f"aws_x.unknown[{key}]", "update", values, {"a": 1}, **unknown),
        change(f"aws_x.replace[{key}]", "delete,create", values, other, **reasons),
        change(f"aws_x.delete[{key}]", "delete", {"id": text}, deposed=text),
        change(
            f"aws_x.move[{key}]",
            "no-op",
            values,
            values,
            previous_address=f"aws_x.p[{key}]",
            importing={"id": text},
        ),
        change(f"data.aws_x.read[{key}]", "read", None, values),
        drift=[
            change(f"aws_x.drift[{key}]", "update", values, other),
            change(f"aws_x.gone[{key}]", "delete", {"id": text, **values}, None),
        ],
        outputs={
            text: output("create", None, text),
            "was": output("update", values, None, after_unknown=True),
            "is": output("update", "a", {"b": [text]}),
            "gone": output("delete", text),
        },
        deferred_changes=[
            {"reason": text, "resource_change": change(f"aws_x.later[{key}]", "create", None, values)}
        ],
        checks=[
            {
                "address": {"to_display": text},
                "status": "fail",
                "instances": [{"problems": [{"message": text}]}],
            }
        ],
        action_invocations=[{"address": f"action.x.y[{key}]"}],
    )
    for marking in markings:
        marking(document, text)
    said = Acknowledgement(text, text, date(2026, 12, 31))
    findings = (
        Finding(Gate.BROADENING, f"aws_x.update[{key}]", text, text, (text, f"- {text}"), None),
        Finding(Gate.DATA_LOSS, f"aws_x.delete[{key}]", text, text, (), said),
    )
    return review(
        document,
        behind=Synthesized(
            {
                "aws_x.update": {"//": {"metadata": {"path": f"dev/{text}"}}, "a": "${aws_x.near.id}"},
                "aws_x.near": {"//": {"metadata": {"path": f"dev/near/{text}"}}},
            }
        ),
        findings=findings,
        cost=CostChange(Estimate({}), Estimate({text: Amount(1, 2)}, (text,))),
        parity=(ParityDifference(text, text, (text,), (text,), (text,)),),
        failure=failure(
            message=f"Error: {text}\n{text}",
            hint=text,
            address=text,
            construct_path=text,
            next_command=f"x {text}",
        ),
    )

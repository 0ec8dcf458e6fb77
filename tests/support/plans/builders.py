"""The pieces: a resource's change, a plan, the code behind it, and the review of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ops.bundles.manifest import Failure, Manifest, Run
from ops.plans import document
from ops.plans.synthesized import Synthesized
from ops.review.model import Review

Json = dict[str, Any]
MADE = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def change(address: str, actions: str, before: Any = None, after: Any = None, **more: Any) -> Json:
    """An entry of `resource_changes`. actions: with commas. more: of its `change`, or the entry's own."""
    mode, rest = ("data", address[5:]) if address.startswith("data.") else ("managed", address)
    type_, _, name = rest.partition(".")
    own: Json = {
        key: more.pop(key) for key in ("action_reason", "previous_address", "deposed") if key in more
    }
    return {
        "address": address,
        "mode": mode,
        "type": type_,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": actions.split(","),
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": {} if before else False,
            "after_sensitive": {} if after else False,
            **more,
        },
        **own,
    }


def output(actions: str, before: Any = None, after: Any = None, **more: Any) -> Json:
    """An entry of `output_changes`."""
    marks = {"after_unknown": False, "before_sensitive": False, "after_sensitive": False}
    return {"actions": [actions], "before": before, "after": after, **marks, **more}


def plan(
    *changes: Json, drift: Sequence[Json] = (), outputs: Mapping[str, Json] | None = None, **more: Any
) -> Json:
    """A plan's document. more: of its top level."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(changes),
        "resource_drift": list(drift),
        "output_changes": dict(outputs or {}),
        "applyable": True,
        "complete": True,
        "errored": False,
        **more,
    }


def code(environment: str = "dev", **bodies: Json) -> Synthesized:
    """The stack's code. bodies: by address with __ for its dot; `path` in one is the construct's."""
    return Synthesized(
        {
            name.replace("__", "."): {
                "//": {"metadata": {"path": f"{environment}/{body.get('path', name.partition('__')[2])}"}},
                **{key: value for key, value in body.items() if key != "path"},
            }
            for name, body in bodies.items()
        }
    )


def review(
    plan_json: Json | None, environment: str = "dev", behind: Synthesized | None = None, **more: Any
) -> Review:
    """The review of a plan. more: findings, cost, parity; `failure` and `run` go into the manifest."""
    manifest = Manifest(
        environment=environment,
        aws_account_id="111122223333",
        aws_region="us-east-1",
        made=MADE,
        commit=COMMIT,
        terraform="1.11.4",
        lineage="11111111-2222-3333-4444-555555555555",
        serial=41,
        run=more.pop("run", Run(id="9001", number=12, attempt=2, url="https://ci.example/runs/9001")),
        failure=more.pop("failure", None),
    )
    read = document.read(plan_json) if plan_json is not None else None
    return Review(manifest, read, behind or code(environment), **more)


def failure(**changes: Any) -> Failure:
    """A plan that failed."""
    values = {
        "step": "plan",
        "code": 7,
        "message": "Error: creating IAM Role (spec-wizard-app): AccessDenied\nnot allowed: iam:CreateRole",
        "hint": "The plan role may not create roles.",
        "address": "aws_iam_role.security_app-role_1A2B3C4D",
        "construct_path": "prod/security/app-role",
        "next_command": "ops plan prod",
    }
    return Failure(**{**values, **changes})

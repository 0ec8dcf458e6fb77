"""One plan for every combination of actions that Terraform writes, and for what others count wrong."""

from __future__ import annotations

from tests.support.plans.builders import Json, change, output, plan

OLD = {"id": "t-1", "name": "t", "hash_key": "PK", "tags": {"a": "1"}}
NEW = {"id": "t-1", "name": "t", "hash_key": "PK", "tags": {"a": "2"}}
OTHER = {"name": "t", "hash_key": "pk", "tags": {"a": "1"}}
REPLACED = {
    "after_unknown": {"id": True},
    "replace_paths": [["hash_key"]],
    "action_reason": "replace_because_cannot_update",
}
TABLE = "aws_dynamodb_table.database_table_89143D61"

CASES: dict[str, Json] = {
    "create": plan(change(TABLE, "create", None, OTHER, after_unknown={"id": True, "arn": True})),
    "update": plan(change(TABLE, "update", OLD, NEW)),
    "delete": plan(change(TABLE, "delete", OLD, action_reason="delete_because_no_resource_config")),
    "replace, destroy first": plan(change(TABLE, "delete,create", OLD, OTHER, **REPLACED)),
    "replace, create first": plan(change(TABLE, "create,delete", OLD, OTHER, **REPLACED)),
    "replace and forget": plan(change(TABLE, "create,forget", OLD, OTHER, **REPLACED)),
    "forget": plan(change(TABLE, "forget", OLD, action_reason="delete_because_no_resource_config")),
    "tainted": plan(
        change(
            TABLE,
            "delete,create",
            OLD,
            OLD,
            action_reason="replace_because_tainted",
            after_unknown={"id": True},
        )
    ),
    "a later Terraform's reason": plan(
        change(TABLE, "delete", OLD, action_reason="delete_because_of_the_moon")
    ),
    "a later Terraform's action": plan(change(TABLE, "transmute", OLD, NEW)),
    "move": plan(change(TABLE, "no-op", OLD, OLD, previous_address="aws_dynamodb_table.old")),
    "move and update": plan(change(TABLE, "update", OLD, NEW, previous_address="aws_dynamodb_table.old")),
    "import": plan(change(TABLE, "no-op", OLD, OLD, importing={"id": "spec-wizard-t"})),
    "import and update": plan(change(TABLE, "update", OLD, NEW, importing={"id": "spec-wizard-t"})),
    "import by identity": plan(change(TABLE, "no-op", OLD, OLD, importing={"identity": {"arn": "arn:x"}})),
    "read": plan(
        change(
            "data.aws_iam_policy_document.d", "read", None, {}, action_reason="read_because_config_unknown"
        )
    ),
    "deposed": plan(change(TABLE, "delete", OLD, deposed="byebye01")),
    "move and replace": plan(
        change(TABLE, "delete,create", OLD, OTHER, previous_address="aws_dynamodb_table.old", **REPLACED)
    ),
    "import and replace": plan(
        change(TABLE, "create,delete", OLD, OTHER, importing={"id": "spec-wizard-t"}, **REPLACED)
    ),
    "deposed and update": plan(
        change(TABLE, "update", OLD, NEW), change(TABLE, "delete", OLD, deposed="byebye01")
    ),
    "forget a deposed one": plan(change(TABLE, "forget", OLD, deposed="byebye01")),
    "sensitivity alone": plan(
        change(TABLE, "update", OLD, OLD, before_sensitive={}, after_sensitive={"name": True})
    ),
    "no changes": plan(change(TABLE, "no-op", OLD, OLD)),
    "no-op with drift": plan(change(TABLE, "no-op", NEW, NEW), drift=[change(TABLE, "update", OLD, NEW)]),
    "deleted outside": plan(change(TABLE, "create", None, OTHER), drift=[change(TABLE, "delete", OLD, None)]),
    "deferred": plan(
        complete=False,
        deferred_changes=[
            {
                "reason": "provider_config_unknown",
                "resource_change": change("aws_dynamodb_table.later[*]", "create", None, OTHER),
            }
        ],
    ),
    "errored": plan(change(TABLE, "update", OLD, NEW), errored=True, complete=False, applyable=False),
    "check": plan(
        change(TABLE, "no-op", OLD, OLD),
        checks=[
            {"address": {"to_display": "check.ok"}, "status": "pass", "instances": []},
            {
                "address": {"to_display": "check.health"},
                "status": "fail",
                "instances": [{"status": "fail", "problems": [{"message": "not healthy"}]}],
            },
        ],
    ),
    "outputs": plan(
        outputs={
            "same": output("no-op", "a", "a"),
            "new": output("create", None, "b"),
            "gone": output("delete", "c"),
            "later": output("update", "d", None, after_unknown=True),
            "object": output("update", {"x": 1, "y": [1]}, {"x": 2, "y": [1]}),
            "hidden": output("update", "e", "f", before_sensitive=True, after_sensitive=True),
            "opened": output("no-op", "g", "g", before_sensitive=True),
        }
    ),
    "sensitive, unknown, nested": plan(
        change(
            TABLE,
            "update",
            {
                "map": {"a": "m-a", "b": "m-b"},
                "set": ["s-1", "s-2"],
                "list": [{"p": "l-1", "q": 1}],
                "all": {"z": "a-1"},
            },
            {"map": {"a": "m-a"}, "set": ["s-1", None], "list": [{"p": "l-2", "q": 2}], "all": {"z": "a-2"}},
            after_unknown={"map": {"b": True}, "set": [False, True]},
            before_sensitive={"set": [True, False], "list": [{"p": True}], "all": True},
            after_sensitive={"set": [True, False], "list": [{"p": True}], "all": True},
        )
    ),
    "unicode and markup": plan(
        change(
            'aws_ssm_parameter.p["ключ | `x` <b>"]',
            "update",
            {"value": "früher ``` @octocat #1 | <script>alert(1)</script>\r\n\x1b[31mred"},
            {"value": "日本語 🌈 ```` \u202etxt.exe https://evil.example/ </details>"},
        )
    ),
}

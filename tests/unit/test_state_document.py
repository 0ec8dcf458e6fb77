"""A state read from its bytes, or what is wrong with them; its addresses and construct paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.state import construct_paths
from ops.state.document import Damaged, parse, serial_at_the_head, with_serial
from tests.support.states import LINEAGE, resource, text

WHOLE = text(
    resource("aws_s3_bucket", "exports_1A2B", {"id": "exports"}),
    resource(
        "aws_iam_role",
        "role",
        {"index_key": 0, "attributes": {"id": "r0"}},
        {"index_key": 1, "attributes": {}},
    ),
    resource("aws_sqs_queue", "q", {"index_key": 'a"b', "attributes": {"id": "qa"}}),
    resource("aws_region", "here", {"id": "eu-west-1"}, mode="data"),
    resource("aws_kms_key", "key", {"id": "k"}, module="module.a"),
    resource("aws_iam_user", "u", {"id": "new"}, {"deposed": "0badcafe", "attributes": {"id": "old"}}),
    serial=7,
)


def test_addresses_are_those_of_terraform() -> None:
    state = parse(WHOLE)
    assert (state.serial, state.lineage, state.terraform_version) == (7, LINEAGE, "1.11.4")
    assert {one.address: one.id for one in state.instances} == {
        "aws_s3_bucket.exports_1A2B": "exports",
        "aws_iam_role.role[0]": "r0",
        "aws_iam_role.role[1]": "",
        'aws_sqs_queue.q["a\\"b"]': "qa",
        "data.aws_region.here": "eu-west-1",
        "module.a.aws_kms_key.key": "k",
        "aws_iam_user.u": "new",
        "aws_iam_user.u (deposed 0badcafe)": "old",
    }
    assert len(state.resources) == len(state.instances) - 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (WHOLE[:-3], "is truncated"),
        (WHOLE[: len(WHOLE) // 2], "is truncated"),
        (WHOLE[:1], "is truncated"),
        (WHOLE[: WHOLE.index(b"}") + 1], "is truncated"),  # it ends in a brace, but not in its own
        (b"<html>", "is no JSON"),
        (WHOLE.replace(b'"serial": 7', b'"serial" 7'), "is no JSON"),
        (WHOLE + WHOLE, "is no JSON: Extra data"),
        (b"\xff\xfe", "is no text"),
        (b"[]", "is no object"),
        (b"{}", "has the state format None"),
        (WHOLE.replace(b'"version": 4', b'"version": 3'), "has the state format 3"),
        (WHOLE.replace(b'"lineage"', b'"other"'), "lineage is None"),
        (WHOLE.replace(b'"serial": 7', b'"serial": "7"'), "serial is '7'"),
        (WHOLE.replace(b'"mode"', b'"node"'), "KeyError on 'mode'"),
    ],
)
def test_what_is_wrong_is_told(body: bytes, why: str) -> None:
    with pytest.raises(Damaged, match=why):
        parse(body)


def test_a_state_without_resources_is_sound() -> None:
    assert parse(text()).instances == ()


def test_a_cut_off_state_still_says_its_serial() -> None:
    assert serial_at_the_head(WHOLE[:120]) == 7
    assert serial_at_the_head(b"<html>") is None


def test_a_new_serial_changes_no_other_byte() -> None:
    exact = b'"id": "k", "size": 1.10, "large": 12345678901234567890, "serial": 7'
    body = WHOLE.replace(b'"id": "k"', exact)
    changed = with_serial(body, 12)
    assert changed == body.replace(b'"serial": 7,\n  "lineage"', b'"serial": 12,\n  "lineage"')
    assert parse(changed).serial == 12


def test_the_serial_that_is_raised_is_the_states_own() -> None:
    body = b'{"x": {"serial": 7}, ' + json.dumps(json.loads(WHOLE)).encode()[1:]
    assert json.loads(with_serial(body, 8))["x"] == {"serial": 7}
    with pytest.raises(Damaged):
        with_serial(b"{}", 1)


def test_construct_paths_come_from_the_synthesized_stack_and_are_never_guessed(tmp_path: Path) -> None:
    assert construct_paths.read(tmp_path) == {}
    block = {"//": {"metadata": {"path": "dev/storage/exports"}}}
    roles = {"role": {"//": {"metadata": {"path": "dev/role"}}}}
    stack = {"resource": {"aws_s3_bucket": {"exports_1A2B": block}, "aws_iam_role": roles}}
    (tmp_path / "cdk.tf.json").write_text(json.dumps(stack))
    paths = construct_paths.read(tmp_path)
    state = parse(WHOLE)
    found = {one.address: construct_paths.of(one, paths) for one in state.instances}
    assert found["aws_s3_bucket.exports_1A2B"] == "storage/exports"
    assert found["aws_iam_role.role[1]"] == "role[1]"
    assert found["module.a.aws_kms_key.key"] == ""
    (tmp_path / "cdk.tf.json").write_text("{")
    assert construct_paths.read(tmp_path) == {}

    def named(wanted: str) -> list[str]:
        return [one.address for one in construct_paths.matching(state.instances, paths, wanted)]

    exports = ["aws_s3_bucket.exports_1A2B"]
    assert named("storage/exports") == named("dev/storage/exports") == named(exports[0]) == exports
    assert named("role[1]") == named("aws_iam_role.role[1]") == ["aws_iam_role.role[1]"]
    assert named("aws_iam_role.role") == ["aws_iam_role.role[0]", "aws_iam_role.role[1]"]
    assert named("aws_iam_user.u") == ["aws_iam_user.u"]
    assert named("storage") == []

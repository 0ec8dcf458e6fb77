"""What is built on what: which resources are drawn, where, and what is said of those that are not."""

from __future__ import annotations

import pytest

from ops.plans import references
from ops.plans.synthesized import Synthesized
from ops.review import graph, reading
from ops.review.graph import Graph
from tests.support.plans import many, story
from tests.support.plans.builders import Json, change, code, plan, review


def drawn(document: Json, behind: Synthesized | None = None) -> Graph:
    found = graph.of(reading.of(review(document, behind=behind)))
    assert found
    return found


def chain(*kinds: str) -> tuple[Json, Synthesized]:
    """Resources of which each refers to the one before."""
    bodies = {
        f"aws_n__{index}": {"path": f"p/n{index}", "a": f"${{aws_n.{index - 1}.id}}"}
        for index in range(len(kinds))
    }
    bodies = {
        name.replace("__", "__r"): {**body, "a": body["a"].replace("aws_n.", "aws_n.r")}
        for name, body in bodies.items()
    }
    changes = [
        change(f"aws_n.r{index}", kind, {"v": 1}, {"v": 1 if kind == "no-op" else 2})
        for index, kind in enumerate(kinds)
    ]
    return plan(*changes), code(**bodies)


class TestWhatIsDrawn:
    def test_changed_ones_and_their_direct_neighbours(self) -> None:
        found = drawn(*chain("no-op", "no-op", "update", "no-op", "no-op"))
        assert [(node.label, node.action) for node in found.nodes] == [
            ("dev/p/n2", "update"),
            ("dev/p/n1", ""),
            ("dev/p/n3", ""),
        ]
        assert len(found.edges) == 2

    def test_from_left_to_right(self) -> None:
        found = drawn(*chain("update", "update", "update"))
        places = {node.label: node.x for node in found.nodes}
        assert places["dev/p/n0"] < places["dev/p/n1"] < places["dev/p/n2"]

    def test_no_two_lie_on_each_other(self) -> None:
        for found in (
            drawn(story.dev_plan(), story.code_of("dev")),
            drawn(many.document(100), many.behind(100)),
        ):
            places = [(node.x, node.y) for node in found.nodes]
            assert len(set(places)) == len(places)
            assert max(x for x, _ in places) < found.width
            assert max(y for _, y in places) < found.height

    def test_instances_of_one_block_are_one_node_of_the_most_dangerous_action(self) -> None:
        found = drawn(
            plan(change("aws_n.r[0]", "update", {"a": 1}, {"a": 2}), change('aws_n.r["x]y"]', "delete", {}))
        )
        assert [(node.label, node.action, node.entry) for node in found.nodes] == [("aws_n.r", "delete", 0)]

    def test_what_is_gone_keeps_what_it_was_built_on(self) -> None:
        prior = [
            {
                "address": "aws_n.gone",
                "type": "aws_n",
                "mode": "managed",
                "values": {},
                "depends_on": ["aws_n.kept"],
            },
            {"address": "aws_n.kept", "type": "aws_n", "mode": "managed", "values": {}},
        ]
        document = plan(
            change("aws_n.gone", "delete", {}), prior_state={"values": {"root_module": {"resources": prior}}}
        )
        found = drawn(document, code(aws_n__kept={"path": "kept"}))
        assert [node.label for node in found.nodes] == ["aws_n.gone", "dev/kept"]
        assert len(found.edges) == 1

    def test_a_circle_of_old_and_new_references_is_cut_open(self) -> None:
        behind = code(aws_n__a={"x": "${aws_n.b.id}"}, aws_n__b={"x": "${aws_n.a.id}"})
        found = drawn(
            plan(
                change("aws_n.a", "update", {"v": 1}, {"v": 2}),
                change("aws_n.b", "update", {"v": 1}, {"v": 2}),
            ),
            behind,
        )
        assert len(found.nodes) == 2
        assert found.nodes[0].x != found.nodes[1].x

    def test_nothing_changes_nothing_is_drawn(self) -> None:
        assert graph.of(reading.of(review(plan(change("a_b.c", "no-op", {}, {}))))) is None

    def test_a_long_chain_is_no_deep_recursion(self) -> None:
        layers = graph._layers(
            [f"n{i:04}" for i in range(3_000)], {f"n{i:04}": [f"n{i + 1:04}"] for i in range(2_999)}
        )
        assert max(layers.values()) == 2_999


class TestMany:
    def test_neighbours_go_first(self) -> None:
        kinds = ["update", "no-op"] * 80
        found = drawn(*chain(*kinds))
        assert len(found.nodes) == 80
        assert found.note == "80 neighbours that do not change are not drawn."

    def test_then_they_are_drawn_in_groups(self) -> None:
        found = graph.of(reading.of(many.whole()))
        assert found
        assert len(found.nodes) <= graph.MOST
        assert "1750 changed resources are too many to draw one by one" in found.note
        assert sum(int(node.label.rpartition("(")[2][:-1]) for node in found.nodes) == 1750

    def test_and_the_least_dangerous_groups_not_at_all(self) -> None:
        changes = [change(f"aws_n.r{index}", "update", {"v": 1}, {"v": 2}) for index in range(300)]
        changes.append(change("aws_n.lost", "delete", {}))
        bodies = {f"aws_n__r{index}": {"path": f"group{index}/x"} for index in range(300)}
        found = drawn(plan(*changes), code(**bodies))
        assert len(found.nodes) == graph.MOST
        assert "Of 301 groups the 120 with the most dangerous changes are drawn." in found.note
        assert found.nodes[0].action == "delete"


class TestReferences:
    def test_from_the_synthesized_stack(self) -> None:
        behind = code(
            aws_a__x={"arn": "${aws_b.y.arn}", "many": ["a-${aws_c.z[0].id}-b"], "depends_on": ["aws_d.w"]},
            aws_b__y={"self": "${aws_b.y.id}", "other": "var.aws_c.z"},
            aws_c__z={},
            aws_d__w={},
        )
        found = behind.references()
        assert found["aws_a.x"] == {"aws_b.y", "aws_c.z", "aws_d.w"}
        assert found["aws_b.y"] == frozenset()

    def test_from_a_plans_configuration_with_modules(self) -> None:
        expressions = {
            "a": {"references": ["aws_b.y.arn", "aws_b.y", "var.v", "each.key"]},
            "c": [{"d": {"references": ["data.aws_d.w.id"]}}],
        }
        root = {
            "resources": [
                {"address": "aws_a.x", "expressions": expressions, "depends_on": ["aws_c.z"]},
                {"address": "aws_b.y"},
                {"address": "aws_c.z", "count_expression": {"references": ["aws_b.y"]}},
                {"address": "data.aws_d.w"},
            ],
            "module_calls": {
                "m": {
                    "module": {
                        "resources": [
                            {"address": "aws_a.x", "expressions": {"a": {"references": ["aws_b.y.id"]}}},
                            {"address": "aws_b.y"},
                        ]
                    }
                }
            },
        }
        assert references.configured({"root_module": root}) == {
            "aws_a.x": {"aws_b.y", "aws_c.z", "data.aws_d.w"},
            "aws_b.y": frozenset(),
            "aws_c.z": {"aws_b.y"},
            "data.aws_d.w": frozenset(),
            "module.m.aws_a.x": {"module.m.aws_b.y"},
            "module.m.aws_b.y": frozenset(),
        }

    @pytest.mark.parametrize(
        ("address", "block"),
        [
            ("aws_a.x", "aws_a.x"),
            ("aws_a.x[0]", "aws_a.x"),
            ('aws_a.x["a]b"]', "aws_a.x"),
            ('aws_a.x["a\\"]b"]', "aws_a.x"),
            ('module.m["k"].aws_a.x[1]', "module.m.aws_a.x"),
        ],
    )
    def test_the_block_of_an_address(self, address: str, block: str) -> None:
        assert references.block(address) == block


def test_neighbours_have_one_order_in_every_run() -> None:
    """Sets of texts have another one in each process; the page is compared byte by byte."""
    names = [f"aws_x.{letter}" for letter in "bcdefghijk"]
    assert graph._neighbours(["aws_x.a"], {"aws_x.a": set(names)}) == names

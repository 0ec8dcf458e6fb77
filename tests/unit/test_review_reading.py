"""What a review says of every combination of actions: counts, words, reasons, risks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from ops.cost import change as cost_change
from ops.cost.estimate import Amount, CostChange, Estimate
from ops.gates.finding import Acknowledgement, Finding, Gate
from ops.review import markdown, money, reading, reasons, terminal
from ops.review.entries import Entry, Risk
from ops.review.model import Review
from ops.review.shapes import Reading
from tests.support.plans import cases, story
from tests.support.plans.builders import change, code, failure, plan, review
from tests.support.plans.cases import CASES, NEW, OLD, TABLE


def read(case: str) -> Reading:
    return reading.of(review(CASES[case]))


def only(case: str) -> Entry:
    (entry,) = read(case).entries
    return entry


def counted(found: Reading) -> dict[str, int]:
    return {name: number for name, number in asdict(found.counts).items() if number}


class TestCounts:
    @pytest.mark.parametrize(
        ("case", "expected"),
        [
            ("create", {"add": 1}),
            ("update", {"change": 1}),
            ("delete", {"destroy": 1}),
            ("replace, destroy first", {"replace": 1}),
            ("replace, create first", {"replace": 1}),
            ("replace and forget", {"add": 1, "forget": 1}),
            ("forget", {"forget": 1}),
            ("tainted", {"replace": 1}),
            ("move", {"move": 1}),
            ("move and update", {"move": 1, "change": 1}),
            ("import", {"imported": 1}),
            ("import and update", {"imported": 1, "change": 1}),
            ("import by identity", {"imported": 1}),
            ("read", {"reads": 1}),
            ("deposed", {"destroy": 1}),
            ("move and replace", {"replace": 1, "move": 1}),
            ("import and replace", {"replace": 1, "imported": 1}),
            ("deposed and update", {"change": 1, "destroy": 1}),
            ("forget a deposed one", {"forget": 1}),
            ("sensitivity alone", {"change": 1}),
            ("no changes", {"unchanged": 1}),
            ("no-op with drift", {"unchanged": 1, "drift": 1}),
            ("deleted outside", {"add": 1, "drift": 1}),
            ("deferred", {"deferred": 1}),
            ("outputs", {"outputs": 6}),
        ],
    )
    def test_exactly_what_an_apply_does(self, case: str, expected: dict[str, int]) -> None:
        assert counted(read(case)) == expected

    def test_a_phrase(self) -> None:
        found = reading.of(story.reviews()[0])
        assert found.counts.phrase() == (
            "1 to add, 2 to change, 2 to replace, 1 to destroy, 1 to move, 1 to import, 1 to forget, "
            "3 outputs to change"
        )
        assert read("no changes").counts.phrase() == "no changes"
        assert read("no changes").counts.apart() == "1 unchanged"


class TestActions:
    @pytest.mark.parametrize(
        ("case", "symbol", "action", "order"),
        [
            ("create", "+", "create", ""),
            ("update", "~", "update", ""),
            ("delete", "-", "delete", ""),
            ("replace, destroy first", "-/+", "replace", "destroyed first, then created"),
            ("replace, create first", "+/-", "replace", "created first, then the old one is destroyed"),
            ("replace and forget", "+/.", "replace", "the old one is forgotten and stays in AWS"),
            ("forget", ".", "forget", ""),
            ("move", ">", "move", ""),
            ("import", "&", "import", ""),
            ("import and update", "~", "update", ""),
            ("read", "<=", "read", ""),
            ("a later Terraform's action", "?", "transmute", ""),
        ],
    )
    def test_sign_word_and_order(self, case: str, symbol: str, action: str, order: str) -> None:
        entry = only(case)
        assert (entry.symbol, entry.action) == (symbol, action)
        assert order in entry.order
        assert bool(order) is bool(entry.order)

    def test_what_forces_a_replacement(self) -> None:
        entry = only("replace, destroy first")
        assert entry.why == "hash_key cannot be changed in place"
        assert [one.where for one in entry.attributes if one.forces] == ["hash_key"]

    def test_a_forcing_block_that_differs_by_its_name(self) -> None:
        before = {"attribute": [{"name": "PK", "type": "S"}, {"name": "SK", "type": "S"}]}
        after = {"attribute": [{"name": "PK", "type": "S"}, {"name": "SK", "type": "N"}]}
        forced = change(TABLE, "delete,create", before, after, replace_paths=[["attribute", 1, "type"]])
        (entry,) = reading.of(review(plan(forced))).entries
        assert [(one.where, one.forces) for one in entry.attributes] == [("attribute.SK.type", True)]
        assert entry.why == "forced by attribute[1].type"

    @pytest.mark.parametrize("reason", reasons.ACTIONS)
    def test_every_reason_has_words(self, reason: str) -> None:
        (entry,) = reading.of(review(plan(change(TABLE, "delete", OLD, action_reason=reason)))).entries
        assert entry.why
        assert "_because_" not in entry.why

    def test_a_reason_of_a_later_terraform_is_shown_as_it_is(self) -> None:
        assert only("a later Terraform's reason").why == "delete_because_of_the_moon"

    @pytest.mark.parametrize(
        ("case", "note"),
        [
            ("move", "moved from aws_dynamodb_table.old"),
            ("import", "imported as spec-wizard-t"),
            ("import by identity", "imported"),
            ("deposed", "the old object byebye01, left over from a replacement"),
            ("delete", "its id is t-1"),
            ("move and replace", "moved from aws_dynamodb_table.old"),
            ("import and replace", "imported as spec-wizard-t"),
            ("forget a deposed one", "the old object byebye01, left over from a replacement"),
            ("sensitivity alone", "its sensitivity changes"),
        ],
    )
    def test_notes(self, case: str, note: str) -> None:
        assert note in only(case).notes

    def test_an_update_of_what_is_marked_the_same_is_not_said_to_change_that(self) -> None:
        marks = {"before_sensitive": {"a": True, "b": [False]}, "after_sensitive": {"a": True}}
        (entry,) = reading.of(review(plan(change(TABLE, "update", OLD, OLD, **marks)))).entries
        assert entry.notes == ()

    def test_of_two_objects_at_one_address_each_is_told(self) -> None:
        old, changed = read("deposed and update").entries
        assert (old.action, old.symbol, changed.action) == ("delete", "-", "update")
        assert old.address == changed.address
        assert [one.where for one in changed.attributes] == ["tags.a"]

    def test_a_new_resource_with_what_it_is_given(self) -> None:
        made = change(
            TABLE,
            "create",
            None,
            {
                "name": "t",
                "empty": "",
                "none": None,
                "off": False,
                "tags": {"a": "1"},
                "tags_all": {"a": "1"},
            },
            after_unknown={"id": True, "policy": True},
        )
        (entry,) = reading.of(
            review(plan(made), behind=code(aws_dynamodb_table__database_table_89143D61={"policy": "x"}))
        ).entries
        assert [(one.where, one.after) for one in entry.attributes] == [
            ("name", "t"),
            ("off", "false"),
            ("tags", '{"a": "1"}'),
            ("policy", "(known after the apply)"),
        ]

    def test_of_a_replacement_what_only_aws_knows_is_only_named(self) -> None:
        before = {"id": "a", "arn": "arn:a", "name": "n", "role": "arn:old"}
        replaced = change(
            TABLE,
            "delete,create",
            before,
            {"name": "m"},
            after_unknown={"id": True, "arn": True, "role": True},
            replace_paths=[["name"]],
        )
        found = review(
            plan(replaced),
            behind=code(aws_dynamodb_table__database_table_89143D61={"role": "r", "name": "m"}),
        )
        (entry,) = reading.of(found).entries
        assert [(one.where, one.before, one.later) for one in entry.attributes] == [
            ("name", "n", False),
            ("id", "a", True),
            ("arn", "arn:a", True),
            ("role", "arn:old", False),
        ]
        named = "known after the apply: id, arn\n"
        assert named in markdown.comment([found])
        assert named in "\n".join(line.plain for line in terminal.lines(found)) + "\n"

    def test_tags_are_told_once(self) -> None:
        (entry,) = reading.of(story.reviews()[1]).entries
        assert [one.where for one in entry.attributes] == ["tags.Owner"]


class TestRisk:
    @pytest.mark.parametrize(
        ("case", "risk"),
        [
            ("create", Risk.ADDITION),
            ("delete", Risk.DESTRUCTIVE),
            ("replace, create first", Risk.DESTRUCTIVE),
            ("replace and forget", Risk.DESTRUCTIVE),
            ("forget", Risk.DESTRUCTIVE),
            ("update", Risk.HARMLESS),  # of nothing but tags
            ("move", Risk.HARMLESS),
            ("import and update", Risk.HARMLESS),
            ("sensitive, unknown, nested", Risk.CHANGE),
        ],
    )
    def test_of_an_action(self, case: str, risk: Risk) -> None:
        assert only(case).risk is risk

    @pytest.mark.parametrize(
        "type_", ["aws_iam_role_policy", "aws_kms_key", "aws_s3_bucket_public_access_block"]
    )
    def test_who_may_do_what(self, type_: str) -> None:
        (entry,) = reading.of(review(plan(change(f"{type_}.x", "update", {"a": 1}, {"a": 2})))).entries
        assert entry.risk is Risk.SECURITY

    def test_a_gate_decides_and_an_acknowledgement_lowers_it_by_one(self) -> None:
        said = Acknowledgement("wanted", "me", date(2026, 12, 31))
        for acknowledged, risk in ((None, Risk.GATED), (said, Risk.DESTRUCTIVE)):
            finding = Finding(Gate.EXPOSURE, TABLE, "dev/t", "open", (), acknowledged)
            (entry,) = reading.of(review(CASES["update"], findings=(finding,))).entries
            assert entry.risk is risk

    def test_the_most_dangerous_comes_first(self) -> None:
        risks = [entry.risk for entry in reading.of(story.reviews()[0]).entries]
        assert risks == sorted(risks, reverse=True)
        assert risks[0] is Risk.GATED


class TestTheRest:
    def test_drift_apart_and_whether_the_plan_acts_on_it(self) -> None:
        found = reading.of(story.reviews()[0]).drift
        assert [(one.construct, one.what, one.undone) for one in found] == [
            ("dev/chat/worker/function", "changed", True),
            ("dev/monitoring/alarms", "deleted", False),
        ]
        (only_tags,) = read("no-op with drift").drift
        assert [one.where for one in only_tags.attributes] == ["tags.a"]

    def test_outputs(self) -> None:
        found = {one.name: one for one in read("outputs").outputs}
        assert set(found) == {"new", "gone", "later", "object", "hidden", "opened"}

        def values(name: str) -> list[tuple[str, str, str]]:
            return [(one.where, one.before, one.after) for one in found[name].attributes]

        assert values("new") == [("new", "", "b")]
        assert values("gone") == [("gone", "c", "")]
        assert values("later") == [("later", "d", "(known after the apply)")]
        assert values("object") == [("object.x", "1", "2")]
        assert values("hidden") == [("hidden", "(sensitive)", "(sensitive)")]
        assert found["opened"].note == "its sensitivity changes"

    def test_deferred_changes_in_words(self) -> None:
        found = read("deferred")
        (one,) = found.deferred
        assert (one.action, one.address) == ("create", "aws_dynamodb_table.later[*]")
        assert one.why == "its provider's configuration is not known yet"
        assert found.state == "planned in part"

    def test_checks_that_do_not_hold_and_a_plan_that_is_not_whole(self) -> None:
        assert read("check").notes == ("check.health does not hold: not healthy",)
        found = read("errored")
        assert found.state == "planning failed half way"
        assert "cannot be applied" in found.notes[0]

    def test_nested_unknown_and_sensitive_places(self) -> None:
        found = {one.where: (one.before, one.after) for one in only("sensitive, unknown, nested").attributes}
        assert found == {
            "map.b": ("m-b", "(known after the apply)"),
            "set": ('["(sensitive)", "s-2"]', "(known after the apply)"),
            "list[0].p": ("(sensitive)", "(sensitive)"),
            "list[0].q": ("1", "2"),
            "all": ("(sensitive)", "(sensitive)"),
        }

    def test_a_failure_is_all_that_there_is(self) -> None:
        found = reading.of(review(None, "prod", failure=failure()))
        assert found.state == "plan failed"
        assert found.failed
        assert found.failed.construct == "prod/security/app-role"
        assert found.failed.next_command == "ops plan prod"
        assert len(found.failed.message) == 2

    def test_nothing_to_say(self) -> None:
        assert read("no changes").quiet
        assert read("no changes").state == "no changes"
        assert [case for case in CASES if read(case).quiet] == ["no changes"]

    def test_without_a_plan_nothing_is_said_to_be_as_the_code_says(self) -> None:
        found = review(None, "prod")
        assert not reading.of(found).quiet
        text = markdown.comment([found, review(CASES["no changes"], "dev")])
        assert text.startswith("### Plan: none for prod\n")
        assert "deployed is what the code says" not in text
        assert "<code>prod</code> no plan</summary>" in text

    def test_unicode_stays_and_what_a_terminal_would_obey_is_spelt_out(self) -> None:
        (attribute,) = only("unicode and markup").attributes
        assert "früher" in attribute.before
        assert "\\r\\n\\u001b[31mred" in attribute.before
        assert "日本語 🌈" in attribute.after
        assert "\\u202etxt" in attribute.after

    def test_one_that_was_read_is_not_read_again(self) -> None:
        found = read("update")
        assert reading.of(found) is found


class TestMoney:
    def test_the_change_of_a_bill(self) -> None:
        before = Estimate({"DynamoDB": Amount(1, 4), "Lambda": Amount(2, 2)})
        after = Estimate({"DynamoDB": Amount(1, 4), "SQS": Amount(0, 0.5)}, ("a.b",))
        found = money.of(CostChange(before, after))
        assert (found.delta, found.before, found.after) == (
            "-$2.00 to -$1.50",
            "$3.00 to $6.00",
            "$1.00 to $4.50",
        )
        assert found.services == (
            ("Lambda", "$2.00", "$0.00", "-$2.00"),
            ("SQS", "$0.00", "$0.00 to $0.50", "$0.00 to +$0.50"),
        )
        assert found.unpriced == (("a.b", ""),)
        assert found.cell == "-$2.00 to -$1.50, 1 not priced"

    def test_what_is_not_priced_is_said_beside_the_delta_and_why_below(self) -> None:
        """The other texts are of the whole change; they say the same."""
        gateway = "aws_nat_gateway.network_gateway_00000000"
        made = plan(change(gateway, "create", None, {}))
        cost = cost_change.change(made, code("dev"), "dev", region="eu-central-1", today=date(2036, 1, 1))
        for text in shown_by_all(review(made, cost=cost)):
            assert "no change, 1 not priced" in text
            assert gateway in text
            assert "nothing is known of the price of" in text
            assert "are older than six months" in text
            assert "Without what AWS gives every account for free" in text

    def test_what_the_prices_are_worth_is_said(self) -> None:
        told: dict[str, Any] = {"notes": ("x has no prices of its own.",), "from_memory": ("a.b", "c.d")}
        same = {"X": Amount(1, 2)}
        assert money.of(CostChange(Estimate(same), Estimate(same, **told))).notes == ()
        after = Estimate({"X": Amount(2, 2)}, **told)
        found = money.of(CostChange(Estimate(same), after))
        assert found.cell == "+$1.00 to $0.00"
        assert found.notes == (
            "Without what AWS gives every account for free; low to high is the usage that is assumed.",
            "Prices from memory, without a source: a.b, c.d.",
            "x has no prices of its own.",
        )
        for text in shown_by_all(review(CASES["update"], cost=CostChange(Estimate(same), after))):
            assert "Prices from memory, without a source: a.b, c.d." in text
            assert "x has no prices of its own." in text

    @pytest.mark.parametrize(
        ("amount", "shown"),
        [(Amount(0, 0), "no change"), (Amount(0.001, 0.004), "no change"), (Amount(1, 1), "+$1.00")],
    )
    def test_a_cent_is_the_least(self, amount: Amount, shown: str) -> None:
        assert money.delta(amount) == shown


def shown_by_all(found: Review) -> tuple[str, ...]:
    """As terminal, comment and page show it; the comment's escapes are taken away."""
    from ops.review import markdown, page, terminal

    return (
        "\n".join(map(str, terminal.lines(found))),
        markdown.comment([found]).replace("\\", ""),
        page.render([found]),
    )


def test_every_case_is_shown_by_every_output() -> None:
    for case, document in cases.CASES.items():
        for text in shown_by_all(review(document)):
            assert "dev" in text, case


def test_a_change_of_type_alone_is_a_difference() -> None:
    typed = plan(change(TABLE, "update", {"a": 1, "b": True, **NEW}, {"a": "1", "b": 1, **NEW}))
    (entry,) = reading.of(review(typed)).entries
    shown: list[Any] = [(one.where, one.before, one.after) for one in entry.attributes]
    assert shown == [("a", "1", '"1"'), ("b", "true", "1")]

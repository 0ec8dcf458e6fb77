"""A secret that is in a plan is in none of the outputs, wherever else it stands."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ops import masking
from ops.plans import secrets
from ops.plans.masking import without_secrets
from ops.review import markdown, page, terminal
from ops.review.model import Review
from ops.review.veil import Veil
from tests.support.plans.builders import Json, change, failure, output, plan, review
from tests.support.plans.planted import Marking, planted


def marked_leaf(document: Json, secret: str) -> None:
    document["resource_changes"].append(
        change(
            "aws_m.leaf", "update", {"x": 1, "p": secret}, {"x": 2, "p": secret}, after_sensitive={"p": True}
        )
    )


def marked_container(document: Json, secret: str) -> None:
    document["resource_changes"].append(
        change("aws_m.map", "update", {"m": {"k": [secret]}}, {"m": {"k": []}}, before_sensitive={"m": True})
    )


def marked_in_a_set(document: Json, secret: str) -> None:
    marks = {"before_sensitive": {"s": [False, True]}, "after_sensitive": {"s": [False]}}
    document["resource_changes"].append(
        change("aws_m.set", "update", {"s": ["a", secret]}, {"s": ["a"]}, **marks)
    )


def marked_as_a_whole(document: Json, secret: str) -> None:
    document["resource_changes"].append(
        change("aws_m.all", "delete", {"p": secret}, None, before_sensitive=True)
    )


def marked_in_drift(document: Json, secret: str) -> None:
    document["resource_drift"].append(
        change(
            "aws_m.drift",
            "update",
            {"p": "x"},
            {"p": secret},
            before_sensitive={"p": True},
            after_sensitive={"p": True},
        )
    )


def marked_output(document: Json, secret: str) -> None:
    document["output_changes"]["o"] = output("update", "x", {"deep": [secret]}, after_sensitive=True)


def marked_in_the_state(document: Json, secret: str) -> None:
    found = {
        "address": "data.aws_m.s",
        "mode": "data",
        "type": "aws_m",
        "values": {"p": secret},
        "sensitive_values": {"p": True},
    }
    document["prior_state"] = {"values": {"root_module": {"child_modules": [{"resources": [found]}]}}}


def marked_old_output(document: Json, secret: str) -> None:
    document["prior_state"] = {"values": {"outputs": {"o": {"sensitive": True, "value": secret}}}}


def marked_variable(document: Json, secret: str) -> None:
    document["variables"] = {"v": {"value": secret}, "w": {"value": "x"}}
    document["configuration"] = {"root_module": {"variables": {"v": {"sensitive": True}, "w": {}}}}


def marked_in_a_document(document: Json, secret: str) -> None:
    text = json.dumps({"user": "u", "phrase": secret})
    document["resource_changes"].append(
        change("aws_m.json", "create", None, {"secret_string": text}, after_sensitive={"secret_string": True})
    )


def marked_deferred(document: Json, secret: str) -> None:
    later = change("aws_m.later", "create", None, {"p": secret}, after_sensitive={"p": True})
    document["deferred_changes"].append({"reason": "unknown", "resource_change": later})


MARKINGS: tuple[Marking, ...] = (
    marked_leaf,
    marked_container,
    marked_in_a_set,
    marked_as_a_whole,
    marked_in_drift,
    marked_output,
    marked_in_the_state,
    marked_old_output,
    marked_variable,
    marked_in_a_document,
    marked_deferred,
)


def outputs_of(found: Review) -> dict[str, str]:
    shown = {
        "comment": markdown.comment([found]),
        "summary": markdown.summary([found]),
        "page": page.render([found]),
    }
    for name, width in (("piped", None), ("terminal", 200)):
        file = io.StringIO()
        terminal.show(found, Console(file=file, force_terminal=bool(width), width=width))
        shown[name] = file.getvalue()
    shown["json"] = json.dumps(terminal.as_json(found), ensure_ascii=False)
    return shown


def leaks(found: Review, core: str) -> list[str]:
    """The outputs in which it can be read, whatever it is escaped with."""
    unescaped = {name: html.unescape(text) for name, text in outputs_of(found).items()}
    return [
        name
        for name, text in unescaped.items()
        if core in text or core in re.sub(r"[\\\u200b\n]|&#8203;|\x1b\[[\d;]*m", "", text)
    ]


CORES = st.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", min_size=12, max_size=24)
LIKE_SECRETS = (
    "AKIAIOSFODNN7EXAMPLE",
    " sk-abcdefghij ",
    "://user:pa55word@host/",
    '{"password": "x", "y": "',
)
AROUND = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(LIKE_SECRETS),
)
NASTY = "pa/ss&w\"ord'<longer>\\\\é 1+2\n\U0001f308end"
"""Of signs that are written in other ways in JSON, in HTML and in addresses."""


class TestMarked:
    @settings(max_examples=80, deadline=None)
    @given(core=CORES, before=AROUND, after=AROUND, marking=st.sampled_from(MARKINGS))
    def test_marked_in_one_place_it_is_hidden_in_all(
        self, core: str, before: str, after: str, marking: Marking
    ) -> None:
        assert leaks(planted(f"{before}{core}{after}", marking), core) == []

    @pytest.mark.parametrize("before", LIKE_SECRETS)
    @pytest.mark.parametrize("after", LIKE_SECRETS)
    def test_one_that_has_a_key_in_it_is_hidden_as_a_whole(self, before: str, after: str) -> None:
        secret = f"{before}Tr0ub4dorzz{after}"
        assert leaks(planted(secret, marked_leaf), "Tr0ub4dorzz") == []
        told = without_secrets(f"Error: {secret} is refused")  # as the bundle of a failed run has it
        document = plan()
        marked_leaf(document, secret)
        assert leaks(review(document, failure=failure(message=told)), "Tr0ub4dorzz") == []

    @pytest.mark.parametrize("marking", MARKINGS)
    def test_of_an_ordinary_one_each_mark_is_followed(self, marking: Marking) -> None:
        document = plan()
        document["deferred_changes"] = []
        marking(document, "Tr0ub4dor&3xyz")
        assert "Tr0ub4dor&3xyz" in secrets.of(document)

    def test_without_a_mark_it_is_seen_in_every_output(self) -> None:
        """So the tests above would fail."""
        assert set(leaks(planted("correcthorsebattery"), "correcthorsebattery")) == {
            "comment",
            "summary",
            "page",
            "piped",
            "terminal",
            "json",
        }

    @pytest.mark.parametrize(
        "written",
        [
            html.escape(NASTY),
            html.escape(html.escape(NASTY)),
            NASTY.replace("&", "&amp;").replace("'", "&apos;").replace('"', "&quot;"),
            quote(NASTY, safe=""),
            quote(NASTY),
            quote_plus(NASTY),
            re.sub("%..", lambda found: found[0].lower(), quote(NASTY)),
            json.dumps(NASTY),
            json.dumps(json.dumps(json.dumps(NASTY))),
            json.dumps(NASTY, ensure_ascii=False),
            json.dumps(NASTY)
            .replace("&", "\\u0026")
            .replace("<", "\\u003c")
            .replace("/", "\\/"),  # as Go does
            base64.b64encode(NASTY.encode()).decode(),
            base64.urlsafe_b64encode(NASTY.encode()).decode().rstrip("="),
            *(base64.b64encode(f"{'u' * number}:{NASTY}:x".encode()).decode() for number in (1, 2, 3)),
        ],
    )
    def test_however_it_is_escaped(self, written: str) -> None:
        marked = change("aws_m.x", "delete", {"p": NASTY}, None, before_sensitive={"p": True})
        document = plan(marked, change("aws_m.y", "create", None, {"t": f"x {written} y"}))
        for name, text in outputs_of(review(document)).items():
            assert "(sensitive)" in text, name
            left = [
                written[at : at + 6] for at in range(3, len(written) - 9) if written[at : at + 6].isalnum()
            ]
            assert [part for part in left if part in text] == [], name

    def test_many_backslashes_take_no_time(self) -> None:
        veil = Veil(["\\" * 30 + '"' + "\\" * 30 + "secret"])
        assert veil.text("\\" * 5_000) == "\\" * 5_000

    def test_a_number_is_hidden_in_all_places(self) -> None:
        marks: dict[str, Any] = {"before_sensitive": {"pin": True}, "after_sensitive": {"pin": True}}
        document = plan(
            change("aws_m.x", "update", {"pin": 48151623, "o": 48151623}, {"pin": 1, "o": 2}, **marks),
            change("aws_m.y", "create", None, {"t": "pin 48151623", "n": [48151623], "seen": 123}),
            change("aws_m.s", "create", None, {"s": '{"p": 815162}'}, after_sensitive={"s": True}),
            change("aws_m.z", "create", None, {"t": {"x": 815162}, "u": "815162", "v": '{"x": 815162}'}),
        )
        for name, text in outputs_of(review(document)).items():
            assert "48151623" not in text, name
            assert "815162" not in text, name
            assert "123" in text, name
        assert (
            secrets.of(plan(change("a_b.c", "create", None, {"p": 443}, after_sensitive=True))) == frozenset()
        )

    def test_a_short_one_hides_the_texts_that_it_is(self) -> None:
        veil = Veil(["hunt3"])
        assert veil.value({"a": "hunt3", "b": ["hunt3"], "c": "hunt3r"}) == {
            "a": "(sensitive)",
            "b": ["(sensitive)"],
            "c": "hunt3r",
        }

    def test_words_that_are_too_short_hide_nothing(self) -> None:
        document = plan(change("a_b.c", "update", {"on": "yes"}, {"on": "no"}, before_sensitive={"on": True}))
        assert secrets.of(document) == frozenset()

    def test_what_a_resource_repeats_unmarked(self) -> None:
        """As terraform_data does: its output is its input."""
        marks: dict[str, Any] = {"before_sensitive": {"input": True}, "after_sensitive": {"input": True}}
        repeated = change(
            "terraform_data.x",
            "update",
            {"input": "seed-one", "output": "seed-one"},
            {"input": "n"},
            after_unknown={"output": True},
            **marks,
        )
        assert leaks(review(plan(repeated)), "seed-one") == []


class TestUnmarked:
    @settings(max_examples=30, deadline=None)
    @given(
        secret=st.one_of(
            st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True),
            st.from_regex(r"sk-ant-[A-Za-z0-9]{20,30}", fullmatch=True),
            st.from_regex(r"ghp_[A-Za-z0-9]{36}", fullmatch=True),
            st.from_regex(r"xoxb-[0-9]{12}-[A-Za-z0-9]{12}", fullmatch=True),
            st.from_regex(r"AIza[A-Za-z0-9]{35}", fullmatch=True),
            st.from_regex(r"eyJ[A-Za-z0-9]{12}\.[A-Za-z0-9]{12}\.[A-Za-z0-9]{12}", fullmatch=True),
        )
    )
    def test_what_looks_like_one_is_hidden_everywhere(self, secret: str) -> None:
        assert leaks(planted(secret), secret) == []

    @pytest.mark.parametrize(
        "name",
        ["password", "client_secret", "db-passwd", "API_KEY", "slack_bot_token", "dbPassword", "TOKEN"],
    )
    def test_what_is_called_like_one(self, name: str) -> None:
        values = {
            name: "swordfish1",
            "deep": [{name: "swordfish2"}],
            "json": json.dumps({name: 'swordfish3"swordfish6'}),
            "piece": "x=" + json.dumps({name: 'swordfish3"swordfish6'}),
            "map": {name: {"a": ["swordfish7"]}},
            "header": [{"name": name, "value": "swordfish8"}],
        }
        document = plan(
            change("a_b.new", "create", None, values),
            change("a_b.old", "update", {"x": 1}, {"x": 1, **values}),
            change("a_b.map", "update", {"m": {name: "swordfish4"}}, {"m": {name: "swordfish5"}}),
            *(
                change(f"a_b.below{number}", "update", {name: before}, {name: after})
                for number, (before, after) in enumerate(
                    [
                        ({"a": "swordfish1", "b": 1}, {"a": "swordfish2", "b": 1}),
                        ([{"name": "n", "x": "swordfish1"}], [{"name": "n", "x": "swordfish2"}]),
                        ('{"a": "swordfish1"}', '{"a": "swordfish2"}'),
                        (["swordfish1"], ["swordfish2"]),
                    ]
                )
            ),
            change(
                "a_b.header",
                "update",
                {"header": [{"name": name, "value": "swordfish1"}, {"name": "n", "value": "seen1"}]},
                {"header": [{"name": name, "value": "swordfish2"}, {"name": "n", "value": "seen2"}]},
            ),
        )
        shown = outputs_of(review(document))
        assert [name for name, text in shown.items() if "swordfish" in text] == []
        assert [name for name, text in shown.items() if "seen1" not in text] == []

    def test_what_is_named_after_a_secret_and_is_none(self) -> None:
        """A statement that is called so, and a metric's dimension."""
        policies = [
            json.dumps({"Statement": [{"Sid": "ReadSecret", "Action": action, "Resource": "*"}]})
            for action in ("a:One", "a:Two")
        ]
        document = plan(
            change("a_b.p", "update", {"policy": policies[0]}, {"policy": policies[1]}),
            change("a_b.m", "update", {"dimensions": {"Secret": "one-key"}}, {"dimensions": {"Secret": "z"}}),
            change("a_b.n", "create", None, {"dimensions": {"Secret": "another-key"}}),
        )
        for name, text in outputs_of(review(document)).items():
            assert [
                word for word in ("a:One", "a:Two", "one-key", "another-key") if word not in text
            ] == [], name

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"password": "aaaa1111"}, {"password": "bbbb2222"}),
            ({"v": "AKIAIOSFODNN7EXAMPLE"}, {"v": "AKIAIOSFODNN7EXAMPLF"}),
            ({"v": ["x", "sk-aaaabbbb"]}, {"v": ["x", "sk-aaaabbbc"]}),
            ({"v": "correct-horse-battery"}, {"v": "staple-of-the-new-one"}),  # marked elsewhere
        ],
    )
    def test_a_new_one_in_the_place_of_an_old_one_is_told_to_be_another(
        self, before: Json, after: Json
    ) -> None:
        marked = [
            change("aws_m.m", "delete", {"p": one}, None, before_sensitive={"p": True})
            for one in ("correct-horse-battery", "staple-of-the-new-one")
        ]
        document = plan(
            change("a_b.c", "update", before, after),
            *marked,
            drift=[change("a_b.d", "update", before, after)],
            outputs={"o": output("update", before, after)},
        )
        for name, text in outputs_of(review(document)).items():
            plain = re.sub(r"\x1b\[[\d;]*m", "", text)
            assert plain.count("another, also hidden") == 3, name
            assert "another type" not in plain, name
        (entry,) = (one for one in terminal.as_json(review(document))["entries"] if one["address"] == "a_b.c")
        assert [one["sensitive"] for one in entry["attributes"]] == [True]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("https://user:pa55word@host/x", "https://(x)@host/x"),
            ("postgres://sk-abcdefgh1234:pa55word@db", "postgres://(x)@db"),
            ("a AKIAIOSFODNN7EXAMPLE b", "a (x) b"),
            ("xAKIAIOSFODNN7EXAMPLE", "xAKIAIOSFODNN7EXAMPLE"),
            ("task-sk-abcdefghij", "task-(x)"),
            ("asksk-abcdefghij", "asksk-abcdefghij"),
            ("ghp_" + "a" * 36, "(x)"),
            ("github_pat_" + "a" * 30, "(x)"),
            ("xoxb-1234567890ab", "(x)"),
            ("AIza" + "b" * 35, "(x)"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "(x)"),
        ],
    )
    def test_the_patterns(self, text: str, expected: str) -> None:
        assert masking.without_secrets(text, "(x)") == expected

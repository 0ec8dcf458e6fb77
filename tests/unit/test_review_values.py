"""Values that are long, or read alike, in every output: two that differ are told apart, and to the end."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from ops.plans import texts
from ops.review import page
from ops.review.model import Review
from tests.support.plans.builders import change, output, plan, review
from tests.unit.test_review_masking import outputs_of

HTML = f"<html>{'<p>Hello, and a line of a mail.</p>' * 165}</html>"
"""As long as the mails of this project are: 5,800 characters."""


def plain(text: str) -> str:
    """An output without its colours, folds and entities."""
    return html.unescape(re.sub(r"\x1b\[[\d;]*m|</?mark>", "", text)).replace("\n", "")


def updated(before: Any, after: Any) -> Review:
    return review(
        plan(
            change("aws_ses_template.t", "update", {"html": before}, {"html": after}),
            drift=[change("aws_ses_template.d", "update", {"html": before}, {"html": after})],
            outputs={"mail": output("update", before, after)},
        )
    )


class TestLong:
    BEFORE, AFTER = (f"{HTML}Yours, {name}" for name in ("Ann", "Bob"))

    @pytest.mark.parametrize("name", ["comment", "summary", "page", "piped", "terminal", "json"])
    def test_two_that_differ_at_the_end_are_shown_where_they_do(self, name: str) -> None:
        text = plain(outputs_of(updated(self.BEFORE, self.AFTER))[name])
        assert "as another type" not in text
        assert text.count("Yours, Ann") == text.count("Yours, Bob") == 3

    def test_how_long_it_is_is_told_as_it_was(self) -> None:
        shown = outputs_of(review(plan(change("a_b.c", "update", {"v": "a" * 9_000}, {"v": "b" * 9_000}))))
        for name in ("comment", "summary", "piped", "terminal"):
            assert set(re.findall(r"\((\d+) characters\)", plain(shown[name]))) == {"9000"}, name
        assert "a" * 9_000 in shown["json"]

    def test_a_part_says_of_what_it_is_one(self) -> None:
        before, after = texts.cut_pair("x" * 300 + "A", "x" * 300 + "B" + "y" * 300, 100)
        assert before == f"…{'x' * 24}A (301 characters)"
        assert after == f"…{'x' * 24}B{'y' * 75}… (601 characters)"

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("x" * 10, "x" * 10 + "y", ("x" * 10, "x" * 10 + "y")),
            ("", "y" * 40, ("", f"{'y' * 30}… (40 characters)")),
            ("x" * 40, "x" * 41, (f"…{'x' * 24} (40 characters)", f"…{'x' * 25} (41 characters)")),
            ("ab" + "x" * 40, "ac", (f"ab{'x' * 28}… (42 characters)", "ac")),
        ],
    )
    def test_cut_as_a_pair(self, before: str, after: str, expected: tuple[str, str]) -> None:
        assert texts.cut_pair(before, after, 30) == expected

    def test_the_page_has_all_of_it_and_marks_what_differs(self) -> None:
        text = page.render([updated(self.BEFORE, self.AFTER)])
        assert html.escape(self.BEFORE[:-3], quote=False) in html.unescape(text).replace("<", "&lt;").replace(
            ">", "&gt;"
        )
        assert "Yours, <mark>Ann</mark></td>" in text
        assert "Yours, <mark>Bob</mark></td>" in text


class TestAlike:
    @pytest.mark.parametrize(
        ("before", "after", "told"),
        [
            ({"a": 1}, '{"a": 1}', "the same, as another type"),
            (["{}", '{"a": 1}'], ["{}", '{"a":1}'], "another, which reads the same"),
            ("a\nb", "a\\nb", "another, which reads the same"),
        ],
    )
    def test_what_reads_the_same_is_told_to_differ(self, before: Any, after: Any, told: str) -> None:
        for name, text in outputs_of(updated(before, after)).items():
            assert plain(text).count(told) == 3, name

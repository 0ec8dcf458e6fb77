"""The page of a review as text; tests/unit/test_review_browser.py looks at it in a browser."""

from __future__ import annotations

import re

import pytest

from ops.review import page
from tests.support import goldens
from tests.support.plans import cases, many, story
from tests.support.plans.builders import failure, review


def test_the_whole_story() -> None:
    text = page.render(story.reviews())
    shown = text[text.index("<body>") : text.index("<script>")]
    goldens.check("review-page.html", "\n".join(line for line in shown.splitlines() if line.strip()) + "\n")


def test_it_names_nothing_outside_of_itself() -> None:
    text = page.render(story.reviews())
    assert re.findall(r"(?<![\w-])(?:src|href|action|data)=\"(?!#)[^\"]*\"", text) == []
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", text) == []
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= set(re.findall(r'id="([^"]+)"', text))


def test_its_policy_lets_pass_its_own_style_and_script_and_nothing_else() -> None:
    text = page.render([review(cases.CASES["update"])])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; "
        r"base-uri 'none'; form-action 'none'",
        policy[1].replace("&#39;", "'"),
    )
    assert " style=" not in text
    assert " onclick=" not in text


@pytest.mark.parametrize("case", cases.CASES)
def test_ids_are_there_once(case: str) -> None:
    ids = re.findall(
        r'\bid="([^"]+)"', page.render([review(cases.CASES[case], name) for name in ("dev", "prod")])
    )
    assert len(set(ids)) == len(ids)


def test_a_failed_plan_shows_no_counts() -> None:
    text = page.render([review(None, "prod", failure=failure())])
    assert "no changes" not in text
    assert "not allowed: iam:CreateRole" in text
    assert "<code>ops plan prod</code>" in text


def test_few_entries_are_open_and_many_are_not() -> None:
    assert page.render([review(cases.CASES["update"])]).count(" open>") == 1
    assert page.render([many.whole(100)]).count(" open>") == 0

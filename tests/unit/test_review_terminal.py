"""A review in a terminal and in a pipe."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from ops.review import terminal
from ops.review.model import Review
from tests.support import goldens
from tests.support.plans import cases, many, story
from tests.support.plans.builders import plan, review


def printed(*reviews: Review, width: int | None = None) -> str:
    """Piped, or on a terminal of this width."""
    output = io.StringIO()
    console = Console(
        file=output,
        force_terminal=width is not None,
        width=width,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        color_system="truecolor" if width else None,
    )
    for one in reviews:
        terminal.show(one, console)
    return output.getvalue()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_the_whole_story() -> None:
    goldens.check("review-terminal.txt", printed(*story.reviews()))


def test_a_pipe_gets_no_escape_and_whole_lines() -> None:
    for case in cases.CASES.values():
        assert "\x1b" not in printed(review(case))
    assert max(map(len, printed(story.reviews()[0]).splitlines())) > 120


@pytest.mark.parametrize("width", [30, 80, 120])
def test_a_terminal_gets_colour_and_no_line_wider_than_it_is(width: int) -> None:
    told = [printed(*story.reviews(), width=width)]
    told += [printed(review(case), width=width) for case in cases.CASES.values()]
    assert "\x1b[1;31m" in told[0]
    for text in told:
        assert max(cell_len(line) for line in plain(text).splitlines()) <= width


def test_a_folded_address_is_whole() -> None:
    text = plain(printed(*story.reviews(), width=30)).replace("\n", "").replace(" ", "")
    assert "aws_dynamodb_table.database_table_89143D61" in text


def test_gates_come_before_resources_open_ones_first() -> None:
    text = printed(story.reviews()[0])
    order = [text.index(word) for word in ("GATE data-loss", "acknowledged broadening", "-/+ replace")]
    assert order == sorted(order)


def test_markup_in_a_value_is_text() -> None:
    text = printed(
        review(plan(cases.change("a_b.c", "update", {"v": "[bold]x[/]"}, {"v": "[red]"}))), width=80
    )
    assert "[bold]x[/] → [red]" in plain(text)


def test_a_first_deploy_does_not_list_what_the_code_says() -> None:
    creates = [cases.change(f"a_b.c{number}", "create", None, {"name": f"n{number}"}) for number in range(21)]
    assert "name: n7" in printed(review(plan(*creates[:20])))
    text = printed(review(plan(*creates)))
    assert "name: n7" not in text
    assert "The attributes of 21 new resources are not listed here" in text


def test_two_thousand_resources_have_a_line_each() -> None:
    lines = printed(many.whole()).splitlines()
    assert sum(" aws_lambda_function." in line for line in lines) == 1_750


def test_values_are_cut_to_the_width_around_what_differs() -> None:
    before, after = ("x" * 300 + end + "y" * 300 for end in ("A", "B"))
    text = plain(
        printed(review(plan(cases.change("a_b.c", "update", {"v": before}, {"v": after}))), width=100)
    )
    assert "xA" in text
    assert "xB" in text


def test_for_programs() -> None:
    found = json.loads(json.dumps(terminal.as_json(story.reviews()[0])))
    assert (found["environment"], found["state"], found["planned"]) == ("dev", "planned", True)
    assert found["counts"]["replace"] == 2
    table = found["entries"][0]
    assert (table["construct"], table["action"], table["risk"]) == ("dev/database/table", "replace", "gated")
    assert [one["where"] for one in table["attributes"] if one["forces"]] == ["hash_key"]
    assert found["facts"]["commit"] == "0123456789ab"
    assert found["cost"]["delta"] == "+$0.20 to +$0.90"
    failed = terminal.as_json(story.reviews()[2])["failed"]
    assert (failed["step"], failed["next_command"]) == ("plan", "ops plan prod")

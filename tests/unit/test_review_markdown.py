"""A review as Markdown: what is on top, what is shed first, and that no value becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ops.gates.finding import Finding, Gate
from ops.plans.synthesized import Synthesized
from ops.review import markdown, markup, page, reading, shedding, terminal
from ops.review.entries import Risk
from ops.review.markdown import Links
from tests.support import goldens
from tests.support.plans import cases, many, story
from tests.support.plans.builders import change, failure, output, plan, review

LINKS = Links("https://ci.example/runs/9001#artifacts", "https://ci.example/runs/9001", summary=True)
MARKER = "<!-- spec-wizard-plan run=12.2 -->"
GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parsed(text: str) -> list[Token]:
    """All tokens, those in a line as well."""
    return [inner for token in GFM.parse(text) for inner in (token, *(token.children or ()))]


def balanced(text: str) -> None:
    """Every fence is closed, every <details>, too, and nothing of a value is left outside."""
    fence = ""
    opened = 0
    for line in text.splitlines():
        run = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif run:
            fence = run[0]
        else:
            opened += line.startswith("<details") - (line == "</details>")
            assert opened in (0, 1)
    assert fence == ""
    assert opened == 0
    assert sum(token.type == "fence" for token in parsed(text)) == len(re.findall(r"^`{3,}\w+$", text, re.M))


class TestComment:
    def test_the_whole_story(self) -> None:
        text = markdown.comment(story.reviews(), marker=MARKER, links=LINKS)
        goldens.check("review-comment.md", text)
        balanced(text)

    def test_a_summary_of_a_step(self) -> None:
        goldens.check("review-summary.md", markdown.summary(story.reviews(), links=LINKS))

    def test_the_table_is_on_top_with_a_row_for_each_environment(self) -> None:
        lines = markdown.comment(story.reviews(), marker=MARKER).splitlines()
        assert lines[0] == MARKER
        assert lines[1] == "### Plan: failed for prod; 1 finding nobody acknowledged; changes in dev, staging"
        rows = {
            line.split("|")[1].strip(" `"): [c.strip() for c in line.split("|")[2:-1]] for line in lines[5:8]
        }
        titles = [cell.strip() for cell in lines[3].split("|")[2:-1]]
        dev = dict(zip(titles, rows["dev"], strict=True))
        assert (dev["Add"], dev["Replace"], dev["Forget"]) == ("**1**", "**2**", "**1**")
        assert dev["Gates"] == "**1 closed**, 1 acknowledged"
        assert dev["Cost a month"] == "+$0.20 to +$0.90, 1 not priced"
        assert dict(zip(titles, rows["prod"], strict=True))["State"] == "plan failed"

    def test_every_environment_is_folded_and_open_where_somebody_must_act(self) -> None:
        text = markdown.comment(story.reviews())
        assert re.findall(r"<details.*\n<summary><code>(\w+)", text) == ["dev", "staging", "prod"]
        assert re.findall(r"(<details.*)\n", text) == ["<details open>", "<details>", "<details open>"]

    def test_what_is_dangerous_comes_first(self) -> None:
        text = markdown.comment(story.reviews()[:1])
        places = [
            text.index(word) for word in ("**data-loss** (closed)", "**replace** `dev/database", "**move**")
        ]
        assert places == sorted(places)

    def test_without_changes_it_is_short(self) -> None:
        quiet = [review(cases.CASES["no changes"], name) for name in ("dev", "staging", "prod")]
        text = markdown.comment(quiet, marker=MARKER, links=LINKS)
        assert text.splitlines() == [
            MARKER,
            "### Plan: no changes",
            "",
            "dev, staging, prod: deployed is what the code says. Commit `0123456789ab`. "
            "[artifact](https://ci.example/runs/9001#artifacts), "
            "[run and its summary](https://ci.example/runs/9001)",
        ]

    def test_one_quiet_environment_beside_others_has_only_its_row(self) -> None:
        text = markdown.comment(
            [review(cases.CASES["no changes"], "dev"), review(cases.CASES["update"], "prod")]
        )
        assert "| `dev` | 0 | 0 | 0 | 0 |" in text
        assert "<code>dev</code>" not in text

    @pytest.mark.parametrize("step", ["configuration", "synth", "init", "plan", "review", "apply", "smoke"])
    def test_a_failure_is_in_the_same_place(self, step: str) -> None:
        text = markdown.comment([review(None, "prod", failure=failure(step=step))])
        subject = "Deploy" if step in ("apply", "smoke") else "Plan"
        assert text.startswith(f"### {subject}: failed for prod\n")
        assert f"| – | {step} failed |" in text
        assert f"**{step} failed**, exit code 7: `prod/security/app-role` `aws_iam_role.security" in text
        assert "AccessDenied" in text
        assert "Next: `ops plan prod`" in text

    @pytest.mark.parametrize("step", ["configuration", "synth", "init", "plan", "apply", "smoke", "deploy"])
    @pytest.mark.parametrize("render", [markdown.comment, markdown.summary])
    def test_a_deploy_says_so_wherever_it_fails(self, step: str, render: Any) -> None:
        """Stale and gated ones fail at the plan, before they have applied anything."""
        text = render([review(None, "prod", failure=failure(step=step))], deploy=True)
        assert text.startswith("### Deploy: failed for prod\n")

    def test_so_does_one_that_has_a_gate_closed(self) -> None:
        text = markdown.comment(story.reviews()[:1], deploy=True)
        assert text.startswith("### Deploy: 1 finding nobody acknowledged; changes in dev\n")

    def test_a_run_whose_page_has_no_summary_is_linked_as_that(self) -> None:
        text = markdown.comment(story.reviews(), links=Links(run="https://ci.example/1"))
        assert text.endswith("All of it: [run](https://ci.example/1).\n")

    def test_drift_alone_is_named_in_the_heading(self) -> None:
        drifted, quiet = (
            review(cases.CASES["no-op with drift"], "dev"),
            review(cases.CASES["no changes"], "prod"),
        )
        assert markdown.comment([drifted, quiet]).startswith("### Plan: changed outside Terraform: dev\n")

    def test_without_links_it_ends_with_its_last_section(self) -> None:
        text = markdown.comment([review(cases.CASES["update"])])
        assert text.endswith("\n\n</details>\n")

    HINT = 'To say yes, put this into the file:\n\n[[acknowledged]]\nenvironment = "dev"\n  by = "@you #1"\n'

    def test_a_hint_of_several_lines_can_be_copied(self) -> None:
        found = review(None, "prod", failure=failure(hint=self.HINT))
        lines = '[[acknowledged]]\nenvironment = "dev"\n  by = "@you #1"\n'
        text = markdown.comment([found])
        balanced(text)
        assert f"\n\nTo say yes, put this into the file:\n\n```text\n{lines}```\n\nNext: " in text
        assert f"<p>To say yes, put this into the file:</p><pre>{escape(lines.strip())}</pre>" in page.render(
            [found]
        ).replace("&#34;", "&quot;")
        told = "\n".join(line.plain for line in terminal.lines(found))
        assert "\n    To say yes, put this into the file:\n\n    [[acknowledged]]\n    environ" in told
        assert '\n      by = "@you #1"\n    next:' in told
        assert terminal.as_json(found)["failed"]["hint"][2] == "[[acknowledged]]"

    @pytest.mark.parametrize("case", cases.CASES)
    def test_every_combination_of_actions(self, case: str) -> None:
        balanced(markdown.comment([review(cases.CASES[case])]))


class TestLimit:
    def test_two_thousand_resources_fit_and_the_dangerous_ones_are_all_there(self) -> None:
        text = markdown.comment([many.whole()], marker=MARKER, links=LINKS)
        assert 60_000 < shedding.size(text) <= 65_536
        balanced(text)
        assert text.startswith(MARKER)
        assert "All of it: [artifact](https://ci.example/runs/9001#artifacts)" in text
        kinds = enumerate(many.KINDS * 250)
        dangerous = [number for number, kind in kinds if kind.startswith(("delete", "create,"))]
        assert len(dangerous) == 750
        assert [number for number in dangerous if f"/function{number}`" not in text] == []
        assert re.search(r"And (\d+ to change, )?250 to add\.", text)

    def test_the_order_of_shedding(self) -> None:
        """Whoever is shed at all: each less dangerous one has been shed to the end before."""
        finding = Finding(Gate.DATA_LOSS, many.address(3), "", "lost")
        read = reading.of(replace(many.whole(200), findings=(finding,)))
        sizes = [
            shedding.size(markdown.comment([read], limit=limit)) for limit in range(4_000, 120_000, 4_000)
        ]
        assert sizes == sorted(sizes)
        for limit in range(2_000, 120_000, 2_000):
            text = markdown.comment([read], limit=limit)
            shown = {entry.risk for entry in read.entries if f"`{entry.name}`" in text}
            detailed = {
                entry.risk
                for entry in read.entries
                if entry.attributes and re.search(rf"`{re.escape(entry.name)}`.*\n\n```diff", text)
            }
            for risk in Risk:
                if any(other in shown for other in Risk if other < risk):
                    assert all(f"`{entry.name}`" in text for entry in read.entries if entry.risk is risk), (
                        f"{risk.name} lost a line at {limit} before what is less dangerous"
                    )
                if any(other in detailed for other in Risk if other < risk):
                    assert all(f"`{entry.name}`" in text for entry in read.entries if entry.risk >= risk)
            assert f"`{many.address(3)}`" in text

    @settings(max_examples=60, deadline=None)
    @given(
        limit=st.integers(300, 30_000),
        number=st.integers(0, 60),
        word=st.sampled_from(["a", "`", "日", "🌈|@x"]),
    )
    def test_never_above_it_and_always_whole(self, limit: int, number: int, word: str) -> None:
        entries = [
            change(
                f'aws_iam_role.r["{word * index}"]',
                kind,
                {"a": word * 50, "b": index},
                {"a": word * 90, "b": 0},
            )
            for index, kind in zip(
                range(number), ("update", "delete,create", "create,forget") * 20, strict=False
            )
        ]
        findings = tuple(
            Finding(Gate.BROADENING, entry["address"], "", word * 40, (word * 300,) * 5)
            for entry in entries[::7]
        )
        found = review(plan(*entries), findings=findings)
        broken = review(None, "prod", failure=failure(message="\n".join([word * 200] * 100)))
        text = markdown.comment([found, broken], limit=limit, marker=MARKER, links=LINKS)
        assert shedding.size(text) <= limit
        assert text.startswith(MARKER)
        balanced(text)

    def test_the_summary_of_a_step_over_three_environments(self) -> None:
        """GitHub refuses one above 1 MiB."""
        reads = [reading.of(many.whole(number)) for number in (2_000, 2_000, 2_000)]
        text = markdown.summary(reads, links=LINKS)
        assert shedding.size(text) <= 1_048_576
        balanced(text)
        shorter = markdown.summary(reads[:1], limit=200_000, links=LINKS)
        assert 190_000 < shedding.size(shorter) <= 200_000
        balanced(shorter)
        assert "To stay below 200,000 bytes" in shorter

    def test_a_summary_that_is_too_long_is_shed(self) -> None:
        wide = plan(
            *(
                change(f"a_b.c{number}", "update", {"v": "日" * 600}, {"v": "本" * 600})
                for number in range(1_200)
            )
        )
        text = markdown.summary([review(wide)], links=LINKS)
        assert 1_000_000 < shedding.size(text) <= 1_048_576
        assert "To stay below 1,048,576 bytes" in text
        balanced(text)

    def test_bytes_are_counted(self) -> None:
        wide = [
            change(f"a_b.c{number}", "update", {"v": "日" * 300}, {"v": "本" * 300}) for number in range(100)
        ]
        text = markdown.comment([review(plan(*wide))])
        assert len(text.encode("utf-8")) <= 65_536

    def test_a_limit_that_nothing_fits_into_is_refused(self) -> None:
        with pytest.raises(ValueError, match="40 bytes"):
            markdown.comment(story.reviews(), limit=40, marker=MARKER)

    def test_what_gitlab_takes_is_more(self) -> None:
        read = reading.of(many.whole())
        notes = [
            markdown.comment([read], limit=limit) for limit in (markdown.GITHUB_COMMENT, markdown.GITLAB_NOTE)
        ]
        assert len(notes[0]) < 65_537 < len(notes[1]) < 1_000_001
        assert "To stay below" not in notes[1]


NASTY = (
    "``` </details> ````",
    "@octocat and @org/team",
    "#1 and GH-2 and org/repo#3 and !4 and &5 and %6 and ~bug and $7 and ^alert#8",
    "<img src=x onerror=alert(1)>",
    "<!-- -->",
    "[click](https://evil.example/)",
    "![x](https://evil.example/x.png)",
    "https://evil.example/ www.evil.example",
    "a | b || c",
    "| a |\n|---|\n| b |",
    "# heading\n## other",
    "/close\n/approve",
    "\n\n</details>\n\n<details>",
    "**bold** _it_ ~~gone~~ `code` $x^2$",
    "\u202etxt.exe\u2066",
    "- item\n1. item",
    "    indented",
    "&lt;b&gt; &amp; &#64;octocat",
    "[ref]: https://evil.example/",
    "\\",
    "`",
    "arn:aws:secretsmanager:us-east-1:1:secret:x and :+1: and :t-rex:",
)


def everywhere(nasty: str) -> str:
    """A comment with this text in every place that foreign text comes from."""
    document = plan(
        change(f'aws_x.y["{nasty}"]', "update", {"a": nasty, nasty: "1"}, {"a": "z", nasty: nasty}),
        change(
            f'aws_x.z["{nasty}"]',
            "no-op",
            {},
            {},
            previous_address=f'aws_x.p["{nasty}"]',
            importing={"id": nasty},
        ),
        drift=[change(f'aws_x.d["{nasty}"]', "update", {"a": nasty}, {"a": "z"})],
        outputs={nasty: output("create", None, nasty), "one": output("update", nasty, "b")},
        checks=[
            {
                "address": {"to_display": nasty},
                "status": "fail",
                "instances": [{"problems": [{"message": nasty}]}],
            }
        ],
        deferred_changes=[
            {"reason": nasty, "resource_change": change(f'aws_x.l["{nasty}"]', "create", None, {})}
        ],
    )
    behind = Synthesized({"aws_x.y": {"//": {"metadata": {"path": f"dev/{nasty}"}}}})
    findings = (Finding(Gate.EXPOSURE, nasty, nasty, nasty, (nasty,)),)
    failed = failure(
        step="plan", message=nasty, hint=nasty, address=nasty, construct_path=nasty, next_command=nasty
    )
    return markdown.comment([review(document, behind=behind, findings=findings, failure=failed)], links=LINKS)


class TestForeignText:
    @pytest.mark.parametrize("nasty", NASTY)
    def test_none_of_it_becomes_markup(self, nasty: str) -> None:
        text = everywhere(nasty)
        tokens = parsed(text)
        balanced(text)
        links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
        assert links == [LINKS.artifact, LINKS.run]
        assert [
            token
            for token in tokens
            if token.type in ("image", "s_open", "hr", "heading_open")
            and token.tag != "h3"
            and token.tag != "h4"
        ] == []
        html = "".join(token.content for token in tokens if token.type in ("html_block", "html_inline"))
        tags = set(re.findall(r"</?(\w+)", html))
        assert tags <= {"details", "summary", "code", "br"}
        assert "<!--" not in html

    @pytest.mark.parametrize("nasty", NASTY)
    def test_none_of_it_is_live(self, nasty: str) -> None:
        """What is not in code must not be read as a mention, a reference, an address or a command."""
        loose = "\n".join(token.content for token in parsed(everywhere(nasty)) if token.type == "text")
        assert not re.search(r"@\w|(?<![\w&])#\d|GH-\d|://|www\.|^/\w|[!~$^%]\w|:[\w+-]+:", loose)

    @pytest.mark.parametrize("nasty", NASTY)
    def test_a_table_keeps_its_columns(self, nasty: str) -> None:
        named = replace(review(cases.CASES["update"]), manifest=review(None, nasty).manifest)
        lines = markdown.comment([named]).splitlines()
        table = [line for line in lines if line.startswith("|")]
        assert len(table) == 3
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1

    @pytest.mark.parametrize("nasty", NASTY)
    def test_code_shows_the_text_as_it_is(self, nasty: str) -> None:
        (token,) = [one for one in parsed(f"x {markup.code(nasty)} y") if one.type == "code_inline"]
        assert token.content == " ".join(nasty.split())

    @pytest.mark.parametrize("nasty", NASTY)
    def test_prose_shows_the_text_as_it_is(self, nasty: str) -> None:
        shown = "".join(
            token.content for token in parsed(f"x {markup.prose(nasty)} y") if token.type.startswith("text")
        )
        assert shown.replace("\u200b", "") == f"x {' '.join(nasty.split())} y"

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://a.example/x_(y)", "[w](https://a.example/x_%28y%29)"),
            ("javascript:alert(1)", "w"),
            ("https://a.example/ b", "w"),
            ("", "w"),
        ],
    )
    def test_only_addresses_of_the_web_are_linked(self, url: str, expected: str) -> None:
        assert markup.link("w", url) == expected


def test_the_sample_in_the_docs() -> None:
    text = markdown.comment(story.reviews()[1:], links=LINKS)
    goldens.check_part("docs/review.md", "sample of the comment", f"````markdown\n{text}````\n")

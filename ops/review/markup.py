"""Foreign text in Markdown: nothing in it is markup, a link, a mention, a reference or a command.

The rules are those of GitHub's and GitLab's Markdown both. Source: github.github.com/gfm;
docs.github.com, "Autolinked references and URLs"; docs.gitlab.com/user/markdown,
"GitLab-specific references".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

LONGEST = 300
"""Characters of a name or an address; Terraform's keys of `for_each` may be of any length."""

SPECIAL = re.compile(r"[\\`*_\[\]~|$^]")
FIRST = re.compile(r"^(\d*)(?=[-+#=.)])")
"""What begins a heading, a list or a rule, if a line or an item of a list begins with it."""
BREAK = "&#8203;"
"""A space of no width: the sign before it stands alone, and is what it is for a reader."""
LIVE = re.compile(
    r"([@#!%~$^](?=[\w\"'])"  # mentions, issues, merge requests, milestones, labels, snippets, alerts
    r"|&amp;(?=\d)"  # epics
    r"|GH-(?=\d)"
    r"|:(?=//)"  # addresses of the web
    r"|:(?=[\w+-]+:)"  # emoji, which ARNs of secrets have in them
    r"|www(?=\.)"
    r"|(?<!\S)/(?=\w))",  # quick actions of GitLab
    re.IGNORECASE,
)


def prose(text: str) -> str:
    """Foreign words in a sentence of ours: one line, shown as they are."""
    escaped = escape(_line(text), quote=False)
    escaped = SPECIAL.sub(lambda found: "\\" + found[0], escaped)
    escaped = FIRST.sub(r"\g<1>\\", escaped)
    return LIVE.sub(rf"\g<1>{BREAK}", escaped)


def code(text: str, *, longest: int = LONGEST) -> str:
    """Foreign text as code in a line of Markdown; both renderers make nothing live in there."""
    inner = _cut(_line(text), longest)
    if not inner:
        return ""
    fence = "`" * (_longest_run(inner) + 1)
    padding = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{padding}{inner}{padding}{fence}"


def cell(markdown: str) -> str:
    """A piece of Markdown in a cell of a table: there a bar ends the cell, in code as well."""
    return re.sub(r"(?<!\\)\|", r"\\|", markdown)


def html_code(text: str) -> str:
    """Foreign text as code where Markdown is not read, such as in <summary>."""
    return f"<code>{escape(_cut(_line(text), LONGEST))}</code>"


def fenced(lines: Iterable[str], language: str = "diff") -> str:
    """Lines in a fence that is longer than every run of backticks in them."""
    content = [" ".join(line.splitlines()) for line in lines]
    fence = "`" * max(3, max(map(_longest_run, content), default=0) + 1)
    return "\n".join([f"{fence}{language}", *content, fence])


def link(words: str, url: str) -> str:
    """A link of ours; the words alone where the address is none of the web."""
    if not re.match(r"https?://[^\s<>]+\Z", url):
        return words
    return f"[{words}]({url.replace('(', '%28').replace(')', '%29')})"


def _line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)

"""A review as Markdown: the comment of a pull request or a merge request, and the summary of a step.

GitHub's and GitLab's Markdown are the same as far as it is used here: tables, fences, <details>.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ops.review import reading, shedding
from ops.review.blocks import Section, sections
from ops.review.markup import cell, code, html_code, link, prose
from ops.review.model import Review
from ops.review.shapes import Reading

GITHUB_COMMENT = 65_536
"""Bytes. GitHub says "maximum is 65536 characters"; measured were 262,144 bytes for comments and 65,536 code
points for descriptions (github.com/dead-claudia/github-limits/pull/13). This is below each of them."""
GITHUB_SUMMARY = 1_048_576
"""1 MiB for a step. Source: docs.github.com, "Workflow commands", job summaries."""
GITLAB_NOTE = 1_000_000
"""Characters. Source: docs.gitlab.com, "GitLab application limits", size of comments and descriptions."""

VALUE, VALUE_IN_SUMMARY = 400, 2_000
"""Characters of a value that are shown at most."""


@dataclass(frozen=True)
class Links:
    """Addresses of what holds all of it, "" where there is none. summary: whether the run's page has it, too,
    as GitHub's has."""

    artifact: str = ""
    run: str = ""
    summary: bool = False

    def markdown(self) -> str:
        """The links that there are, in a row."""
        named = (("artifact", self.artifact), ("run and its summary" if self.summary else "run", self.run))
        return ", ".join(link(words, url) for words, url in named if url)


def comment(
    reviews: Sequence[Review | Reading],
    *,
    limit: int = GITHUB_COMMENT,
    marker: str = "",
    links: Links = Links(),
    deploy: bool = False,
) -> str:
    """The comment, at most `limit` bytes of UTF-8, `marker` as its first line. deploy: one says it.

    Raises ValueError where not even the heading fits.
    """
    return _document([reading.of(review) for review in reviews], limit, marker, links, VALUE, deploy)


def summary(
    reviews: Sequence[Review | Reading],
    *,
    limit: int = GITHUB_SUMMARY,
    links: Links = Links(),
    deploy: bool = False,
) -> str:
    """The same for the summary of a step, where there is more room."""
    return _document([reading.of(review) for review in reviews], limit, "", links, VALUE_IN_SUMMARY, deploy)


def _document(
    readings: Sequence[Reading], limit: int, marker: str, links: Links, width: int, deploy: bool
) -> str:
    head = [marker] if marker else []
    if all(read.quiet for read in readings):
        text = (
            "\n".join(
                [*head, f"### {'Deploy' if deploy else 'Plan'}: no changes", "", _unchanged(readings, links)]
            )
            + "\n"
        )
    else:
        parts = [(read, sections(read, width)) for read in readings if not read.quiet]
        table = "\n".join(_table(readings))
        heading = _heading(readings, deploy)

        def assembled() -> str:
            told = [_environment(read, found) for read, found in parts]
            pieces = ["\n".join([*head, heading]), table, *told, _foot(parts, limit, links)]
            return "\n\n".join(filter(None, pieces)) + "\n"

        blocks = [block for _, found in parts for section in found for block in section.blocks]
        text = shedding.fit(blocks, limit, assembled)
    if shedding.size(text) > limit:
        text = "\n".join([*head, _heading(readings, deploy), "", links.markdown()]) + "\n"
    if shedding.size(text) > limit:
        raise ValueError(f"No review fits into {limit} bytes.")
    return text


def _heading(readings: Sequence[Reading], deploy: bool) -> str:
    failed = [read.environment for read in readings if read.failed]
    closed = sum(len(read.open_gates) for read in readings)
    acting = [read.environment for read in readings if not read.counts.nothing_to_do]
    unplanned = [read.environment for read in readings if not read.planned and not read.failed]
    parts = [f"failed for {', '.join(failed)}"] if failed else []
    parts += [f"none for {', '.join(unplanned)}"] if unplanned else []
    parts += [f"{closed} finding{'' if closed == 1 else 's'} nobody acknowledged"] if closed else []
    parts += [f"changes in {', '.join(acting)}"] if acting else []
    drifted = [read.environment for read in readings if read.drift and read.counts.nothing_to_do]
    parts += [f"changed outside Terraform: {', '.join(drifted)}"] if drifted else []
    # A deploy also fails before it applies, and its bundle may be shown by hand.
    deploy = deploy or any(
        read.failed and read.failed.step in ("apply", "smoke", "deploy") for read in readings
    )
    return f"### {'Deploy' if deploy else 'Plan'}: {prose('; '.join(parts) or 'nothing to change')}"


def _unchanged(readings: Sequence[Reading], links: Links) -> str:
    names = prose(", ".join(read.environment for read in readings) or "no environment")
    unlike = sum(len(read.parity) for read in readings)
    parts = [f"{names}: deployed is what the code says."]
    parts += [f"Differences between environments: {unlike}."] if unlike else []
    commits = dict.fromkeys(value for read in readings for label, value in read.facts if label == "commit")
    parts += [f"Commit {code(', '.join(commits))}."] if commits else []
    return " ".join([*parts, *filter(None, [links.markdown()])])


def _table(readings: Sequence[Reading]) -> Iterator[str]:
    """Columns that no environment has anything in are left out, but for the usual ones."""
    columns = [
        ("Add", "add", True),
        ("Change", "change", True),
        ("Replace", "replace", True),
        ("Destroy", "destroy", True),
        ("Move", "move", False),
        ("Import", "imported", False),
        ("Forget", "forget", False),
        ("Outputs", "outputs", False),
        ("Drift", "drift", False),
        ("Deferred", "deferred", False),
    ]
    shown = [
        (title, name)
        for title, name, always in columns
        if always or any(getattr(read.counts, name) for read in readings)
    ]
    priced = any(read.cost for read in readings)
    titles = ["Environment", *(title for title, _ in shown), "Gates", *(["Cost a month"] if priced else [])]
    yield f"| {' | '.join([*titles, 'State'])} |"
    yield f"|---|{'---:|' * len(shown)}---|{'---|' if priced else ''}---|"
    for read in readings:
        numbers = [_number(getattr(read.counts, name)) if read.planned else "" for _, name in shown]
        row = [code(read.environment), *numbers, _gates(read)]
        row += [read.cost.cell if read.cost else ""] if priced else []
        yield f"| {' | '.join(map(cell, [*row, prose(read.state)]))} |"


def _number(number: int) -> str:
    return f"**{number}**" if number else "0"


def _gates(read: Reading) -> str:
    closed = len(read.open_gates)
    said = len(read.gates) - closed
    parts = [f"**{closed} closed**"] if closed else []
    parts += [f"{said} acknowledged"] if said else []
    return ", ".join(parts) or "–"


def _environment(read: Reading, found: Sequence[Section]) -> str:
    """One folded section; open where somebody must act."""
    states = [read.counts.phrase()] if read.planned else []
    states += [read.state] if read.failed or not read.planned else []
    opened = " open" if read.failed or read.open_gates else ""
    lines = [
        f"<details{opened}>",
        f"<summary>{html_code(read.environment)} {escape('; '.join(states))}</summary>",
        "",
    ]
    facts = [f"{prose(label)} {code(value)}" for label, value in read.facts]
    apart = [read.counts.apart()] if read.counts.apart() else []
    lines += [", ".join([*facts, *apart]), ""]
    for section in found:
        lines += [*_section(section)]
    return "\n".join([*lines, "</details>"])


def _section(section: Section) -> Iterator[str]:
    texts = [block.text for block in section.blocks if block.text]
    left = shedding.counted(section.blocks)
    if section.title:
        yield f"#### {section.title}"
        yield ""
    for before, text in zip(["", *texts], texts, strict=False):
        if "\n" in before or (before and "\n" in text):
            yield ""  # around a fence
        yield text
    if left:
        if texts:
            yield ""
        yield f"{'And' if texts else 'Not shown here:'} {left}."
    yield ""


def _foot(parts: Sequence[tuple[Reading, Sequence[Section]]], limit: int, links: Links) -> str:
    """What was left out, and where all of it is."""
    blocks = [block for _, found in parts for section in found for block in section.blocks]
    shortened = sum(block.shed and bool(block.text) for block in blocks)
    gone = sum(block.shed and not block.text for block in blocks)
    told = []
    if shortened or gone:
        counts = [f"the details of {shortened}"] if shortened else []
        counts += [f"all but the number of {gone}"] if gone else []
        told.append(
            f"To stay below {limit:,} bytes this leaves out {' and '.join(counts)} of {len(blocks)} items."
        )
    where = links.markdown()
    if where:
        told.append(f"All of it: {where}.")
    return " ".join(told)

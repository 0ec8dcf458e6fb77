"""The issue about an environment's drift: what it says, and what a look at AWS makes of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from environments import naming
from ops.comment.patience import TooLong

LABEL = "drift"
"""By it the issues are found; one that loses it is not found again."""

LIMIT = 65_536

LINE = re.compile(r"\s*<!-- ops-drift (?P<told>\{[^\r\n]*\}) -->[ \t]*(?:\r?\n|\Z)")

Drift = Sequence[Mapping[str, Any]]
"""What `ops drift --json` has under `drift`: values in it are masked."""


@dataclass(frozen=True)
class Issue:
    """An issue of ours. places: what had drifted, see `places_of`."""

    number: int
    open: bool
    body: str
    url: str
    places: frozenset[str]


@dataclass(frozen=True)
class Step:
    """One thing to do. kind: open, edit, comment, reopen or close. text: of the body or the comment."""

    kind: str
    text: str = ""


def title(environment: str) -> str:
    """The same as long as the issue lives."""
    return f"Drift: {environment} was changed outside Terraform"


def places_of(drift: Drift) -> frozenset[str]:
    """Eight hex digits for each attribute that drifted, and for each resource that is gone."""
    told = [
        f"{one['address']} {place}"
        for one in drift
        for place in [one["what"], *(attribute["attribute"] for attribute in one["attributes"])]
        if place != "changed"
    ]
    return frozenset(hashlib.sha256(place.encode()).hexdigest()[:8] for place in told)


def read(body: str, environment: str) -> frozenset[str] | None:
    """The places that an issue's text was about; None where it is no issue about this environment."""
    found = LINE.match(body)
    try:
        told = json.loads(found["told"]) if found else {}
    except (ValueError, RecursionError):
        return None
    if (told.get("project"), told.get("environment")) != (naming.PROJECT, environment):
        return None
    places = told.get("places")
    return frozenset(map(str, places)) if isinstance(places, list) else frozenset()


def body(environment: str, drift: Drift, limit: int = LIMIT) -> str:
    """The issue's text; resources that do not fit are counted, not cut."""
    marker = {"project": naming.PROJECT, "environment": environment, "places": sorted(places_of(drift))}
    count = f"{len(drift)} resource{'' if len(drift) == 1 else 's'}"
    head = (
        f"<!-- ops-drift {json.dumps(marker, sort_keys=True)} -->\n"
        f"{count} of **{environment}** {'is' if len(drift) == 1 else 'are'} not as Terraform left "
        f"{'it' if len(drift) == 1 else 'them'}.\n"
    )
    foot = (
        f"\nTo keep what was done: `ops drift {environment} --accept` explains how. To undo it: "
        f"`ops drift {environment} --revert`. The first night without drift closes this issue.\n"
    )
    sections = [_section(one) for one in drift]
    shown = len(sections)
    while True:
        left = len(sections) - shown
        more = f"\n… and {left} more: `ops drift {environment}` lists all.\n" if left else ""
        text = "".join([head, *sections[:shown], more, foot])
        if len(text) <= limit:
            return text
        if shown == 0:
            raise TooLong
        shown = shown * 3 // 4


def _section(one: Mapping[str, Any]) -> str:
    heading = f"\n### {_name(one['construct'] or one['address'])}\n\n"
    where = f"{_name(one['address'])} {_name(one['id']) if one['id'] else ''}".rstrip()
    if one["what"] == "deleted":
        return f"{heading}{where} is **deleted**.\n"
    lines = [f"- {_name(attribute['attribute'])}: {_values(attribute)}\n" for attribute in one["attributes"]]
    return f"{heading}{where}\n\n{''.join(lines)}"


def _name(text: object) -> str:
    from ops.plans import masking

    return code(masking.without_secrets(str(text)))


def _values(attribute: Mapping[str, Any]) -> str:
    from ops.drift.report import pair
    from ops.plans import masking

    old, new = (masking.masked(attribute[side], False) for side in ("before", "after"))
    before, after, same = pair(old, new, attribute["sensitive"])
    by_hand = "" if attribute["deploy_reverts"] else " (no deploy puts it back)"
    return f"{code(before)} → {same or code(after)}{by_hand}"


def code(text: str) -> str:
    """As a code span, in which nothing is markup, a mention or a link. Source: CommonMark, "Code spans"."""
    text = " ".join(text.split())
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest or not text else f"`{text}`"


def steps(environment: str, drift: Drift, issue: Issue | None) -> list[Step]:
    """What is to be done with the issue; nothing where it says so already."""
    if not drift:
        if issue is None or not issue.open:
            return []
        return [Step("comment", f"No drift any more: {environment} is as Terraform left it."), Step("close")]
    text = body(environment, drift)
    if issue is None:
        return [Step("open", text)]
    edit = [Step("edit", text)] if issue.body.replace("\r\n", "\n").strip() != text.strip() else []
    if not issue.open:
        return [*edit, Step("reopen"), Step("comment", f"{environment} has drifted again; see above.")]
    places = places_of(drift)
    if places == issue.places:
        return edit
    return [*edit, Step("comment", _difference(len(places - issue.places), len(issue.places - places)))]


def _difference(came: int, went: int) -> str:
    told = [f"{count} {word}" for count, word in ((came, "more"), (went, "no more")) if count]
    return f"What has drifted is not the same any more: {', '.join(told)}; see above."

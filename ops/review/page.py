"""A review as one HTML file: it asks for nothing else, and can be read without its script."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ops.plans import texts
from ops.review import graph, reading
from ops.review.entries import Entry, Risk
from ops.review.model import Review
from ops.review.shapes import Reading

FOLDER = Path(__file__).parent
LONG = 80
"""Characters from which on it is marked where two values differ; nothing is cut."""
UNFOLDED = 12
"""Entries that are open from the start: the most dangerous, where there are few."""

RISKS = {
    Risk.GATED: "gate closed",
    Risk.DESTRUCTIVE: "dangerous",
    Risk.SECURITY: "security",
    Risk.CHANGE: "change",
    Risk.ADDITION: "addition",
    Risk.HARMLESS: "harmless",
}


def render(reviews: Sequence[Review | Reading], *, title: str = "Plan") -> str:
    """The page. Everything is escaped by the template; the browser runs no script but the page's own."""
    readings = [reading.of(review) for review in reviews]
    return _template().render(
        title=title,
        readings=readings,
        graphs=[graph.of(read) for read in readings],
        chips=[_chips(read) for read in readings],
        parted=_parted,
        unfolded=UNFOLDED,
        risks=RISKS,
        searched=_searched,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment.globals |= {
        "style": Markup(style),
        "script": Markup(script),
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        "box": (graph.WIDTH, graph.HEIGHT),
    }
    return environment.get_template("page.html.j2")


def _hash(text: str) -> str:
    """How a policy names the one script, or style, that it lets pass."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"


def _chips(read: Reading) -> dict[str, Any]:
    """How many entries there are of each action and of each risk."""
    actions = Counter(entry.action for entry in read.entries)
    risks = Counter(entry.risk for entry in read.entries)
    return {"actions": sorted(actions.items()), "risks": sorted(risks.items(), reverse=True)}


def _parted(before: str, after: str) -> tuple[str, str, str, str]:
    """What two long texts begin with alike, what each of them has then, and what both end with."""
    if min(len(before), len(after)) < LONG or before == after:
        return "", before, after, ""
    start = texts.common_start(before, after)
    old, new = before[start:], after[start:]
    end = texts.common_start(old[::-1], new[::-1])
    return before[:start], old[: len(old) - end], new[: len(new) - end], old[len(old) - end :]


def _searched(entry: Entry) -> str:
    """What the filter looks in: names, not values."""
    parts = [
        entry.construct,
        entry.address,
        entry.type,
        entry.action,
        entry.why,
        *entry.notes,
        *entry.findings,
    ]
    parts += [one.where for one in entry.attributes]
    return " ".join(part for part in parts if part).lower()

"""The first line of a comment of ours: whose it is and which run wrote it. Readers do not see it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from environments import naming

LINE = re.compile(r"\s*<!-- ops-comment (?P<told>\{[^\r\n]*\}) -->[ \t]*(?:\r?\n|\Z)")
"""At the very beginning only: somebody who quotes the comment makes none."""

PLAN, DEPLOY = STAGES = ("plan", "deploy")
"""In the order in which a pull request goes through them."""

SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")


@dataclass(frozen=True)
class Marker:
    """run, attempt: of the pipeline, the run counts up. sha: of the commit, 40 hex digits, or "" if unknown.

    kind: what the comment is about; a pull request has one of each. stage: of which workflow the run is, one
    of STAGES; each workflow counts its runs by itself.
    """

    run: int
    attempt: int
    sha: str
    kind: str = "plan"
    project: str = naming.PROJECT
    stage: str = PLAN

    @property
    def position(self) -> tuple[int, int, int]:
        """Which of two runs is the newer one: what deploys a pull request is newer than all of its plans."""
        return STAGES.index(self.stage), self.run, self.attempt

    @property
    def name(self) -> str:
        """The run, for people."""
        return f"{'deploy ' if self.stage == DEPLOY else ''}run {self.run}"

    @property
    def line(self) -> str:
        """An HTML comment, with its line end."""
        return f"<!-- ops-comment {json.dumps(asdict(self), sort_keys=True)} -->\n"


def read(body: str, *, kind: str = "plan", project: str = naming.PROJECT) -> Marker | None:
    """The marker that a comment begins with; None where it has none, or not one of this kind and project."""
    found = LINE.match(body)
    if not found:
        return None
    try:
        told = json.loads(found["told"])
        marker = Marker(**told)
    except (ValueError, TypeError, RecursionError):
        return None
    numbers = all(type(number) is int and number >= 0 for number in (marker.run, marker.attempt))
    known = isinstance(marker.sha, str) and SHA.fullmatch(marker.sha) and marker.stage in STAGES
    return marker if numbers and known and (marker.kind, marker.project) == (kind, project) else None

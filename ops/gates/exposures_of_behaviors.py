"""What a distribution serves without signed URLs, to other signers, or over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.gates.iam.patterns import Classes, Pattern, TooComplex, glob
from ops.gates.values import inside, lists
from ops.plans import masking
from ops.plans.document import ResourceChange

TRUSTED = ("trusted_key_groups", "trusted_signers")
DEFAULT = "(default)"


@dataclass(frozen=True)
class Behavior:
    """One cache behavior. path: its pattern, or DEFAULT; unknown: only the apply tells whom it trusts."""

    path: str
    values: Mapping[str, Any]
    unknown: bool

    @property
    def is_open(self) -> bool:
        """Whether it serves whoever asks."""
        return not self.unknown and not self.trusted

    @property
    def trusted(self) -> set[str]:
        """Key groups and accounts whose signatures it takes."""
        return {str(one) for name in TRUSTED for one in self.values.get(name) or ()}

    @property
    def is_plain(self) -> bool:
        """Whether it serves over plain HTTP."""
        return self.values.get("viewer_protocol_policy") == "allow-all"


def behaviors(change: ResourceChange) -> Iterator[str]:
    """Without signed URLs only what is served counts: a distribution starts disabled, before it has a key."""
    old, new = _listed(change.before, {}), _listed(change.after, change.after_unknown)
    was, will = (inside(values, "enabled") is not False for values in (change.before, change.after))
    earlier = {one.path: one for one in old}
    opened, plain = set(), set()
    for one in new:
        before = earlier.get(one.path)
        if one.is_open and will and not (was and before and before.is_open):
            opened.add(one.path)
            yield f"behavior {one.path} would serve without signed URLs (no trusted_key_groups)"
        if one.is_plain and not (before and before.is_plain):
            plain.add(one.path)
            yield f"behavior {one.path} would serve over plain HTTP (allow-all)"
    if not (old and was and will):
        return
    try:
        pairs = _pairs(old, new)
    except TooComplex:
        yield "its cache behaviors overlap in too many ways to be compared: read their difference yourself"
        return
    for one, other in pairs:
        if other.is_open and not one.is_open and other.path not in opened:
            yield f"{one.path} would be served by behavior {other.path}, without signed URLs"
        if other.is_plain and not one.is_plain and other.path not in plain:
            yield f"{one.path} would be served by behavior {other.path}, over plain HTTP (allow-all)"
        if one.trusted and not other.unknown and (more := sorted(other.trusted - one.trusted)):
            yield f"{one.path} would also be served to whoever has a URL signed by {', '.join(more)}"


def _pairs(old: Sequence[Behavior], new: Sequence[Behavior]) -> list[tuple[Behavior, Behavior]]:
    """Which behavior served some request, and which one will: the first one, in their order, that matches.

    Source: CloudFront developer guide, "Path pattern".
    """
    classes = Classes(_pattern(one) for one in (*old, *new))
    before, after = (_serving(listed, classes) for listed in (old, new))
    return [(one, other) for one, some in before for other, others in after if some & others]


def _serving(listed: Sequence[Behavior], classes: Classes) -> list[tuple[Behavior, int]]:
    """Each behavior with what reaches it."""
    left, found = classes.everything, []
    for one in listed:
        mask = classes.of([_pattern(one)])
        found.append((one, mask & left))
        left &= ~mask
    return found


def _pattern(behavior: Behavior) -> Pattern:
    return glob("*" if behavior.path == DEFAULT else f"/{behavior.path.removeprefix('/')}")


def _listed(values: Any, marks: Any) -> list[Behavior]:
    """The behaviors in the order in which they are asked, the default one last."""
    found = []
    for block in ("ordered_cache_behavior", "default_cache_behavior"):
        for index, behavior in enumerate(lists(values, block)):
            inner = masking.inner(masking.inner(marks, block), index)
            unknown = any(masking.any_marked(masking.inner(inner, name)) for name in TRUSTED)
            path = DEFAULT if block.startswith("default") else str(behavior.get("path_pattern"))
            found.append(Behavior(path, behavior, unknown))
    return found

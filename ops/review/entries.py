"""One resource of a plan as every output shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ops.gates.finding import Finding
from ops.plans import differences, masking, references
from ops.plans.differences import Difference
from ops.plans.document import Json, Path, ResourceChange
from ops.plans.synthesized import Synthesized
from ops.review import reasons, values
from ops.review.veil import Veil


class Risk(IntEnum):
    """How much is lost where nobody looks; what is shed first has the least."""

    HARMLESS = 0
    """Moves, imports without a change, reads, and updates of nothing but tags and descriptions."""
    ADDITION = 1
    CHANGE = 2
    SECURITY = 3
    """Creates or updates what decides who may do what."""
    DESTRUCTIVE = 4
    """Destroys, replaces, forgets; or was acknowledged at a gate."""
    GATED = 5
    """A gate found something that nobody acknowledged."""


SYMBOLS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "destroy, then create": "-/+",
    "create, then destroy": "+/-",
    "create, then forget the old one": "+/.",
    "forget": ".",
    "read": "<=",
    "import": "&",
    "move": ">",
    "no-op": " ",
}
"""Terraform's signs, and some for what it has none for."""

SECURITY = (
    "iam_",
    "policy",
    "kms_",
    "permission",
    "public_access",
    "acl",
    "security_group",
    "authorizer",
    "key_group",
    "origin_access",
    "secret",
)
"""Parts of the names of types."""
PLAIN = frozenset({"tags", "tags_all", "description", "comment"})
"""Attributes whose change changes nothing that runs."""


@dataclass(frozen=True)
class Attribute:
    """One place that differs, as text. before: "" for something new; after: "" for what goes with it all.

    forces: whether it forces the replacement. sensitive: something in it is hidden. unknown: known only after
    the apply. computed: anew in a replacement, not set by the code. alike: what to say instead
    of a new value that reads like the old one, "" where it does not.
    """

    where: str
    before: str
    after: str
    forces: bool = False
    sensitive: bool = False
    unknown: bool = False
    computed: bool = False
    alike: str = ""

    @property
    def later(self) -> bool:
        """Whether its name is enough, among those of what is known after the apply."""
        return self.unknown and not self.forces and (self.computed or self.before in ("", values.NONE))


@dataclass(frozen=True)
class Entry:
    """One resource that a plan does something with, or that was found changed.

    action: Terraform's word, or import or move for what does nothing else. order: of a replacement, in words;
    symbol: both in one sign. why: in words. construct: its path, "" where the code does not have it. notes:
    what else is to be said, a sentence each. block: the address without its key, for the graph.
    """

    address: str
    construct: str
    type: str
    action: str
    symbol: str
    risk: Risk
    order: str = ""
    why: str = ""
    attributes: tuple[Attribute, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    block: str = ""

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.construct or self.address


FIRST = ("-", "-/+", "+/-", ".", "+/.")
"""Of what is equally dangerous: by what is lost, and whether there is none for a while."""


def by_danger(entry: Entry) -> tuple[int, int, str, str]:
    """The order of entries: the most dangerous first."""
    lost = FIRST.index(entry.symbol) if entry.symbol in FIRST else len(FIRST)
    return -entry.risk, lost, entry.name, entry.address


def of(change: ResourceChange, code: Synthesized, findings: Iterable[Finding], veil: Veil) -> Entry:
    """The entry of a change. findings: of the gates, about this address."""
    found = differences.of(change, known=veil.known)
    forcing = tuple(dict.fromkeys(differences.written(path) for path in change.replace_paths))
    gates = tuple(findings)
    return Entry(
        address=veil.line(change.address),
        construct=veil.line(code.construct_path(change.address)),
        type=change.type,
        action=change.word,
        symbol=SYMBOLS.get(str(change.order) or change.word, "?"),
        risk=_risk(change, found, gates),
        order=reasons.ORDERS.get(change.order, ""),
        why=veil.line(reasons.action(change.action_reason, forcing)),
        attributes=tuple(_attributes(change, found, code, veil)),
        notes=tuple(veil.line(note) for note in _notes(change, found, veil)),
        findings=tuple(dict.fromkeys(str(gate.gate) for gate in gates if not gate.acknowledged)),
        block=references.block(change.address),
    )


def _risk(change: ResourceChange, found: list[Difference], findings: tuple[Finding, ...]) -> Risk:
    if any(not finding.acknowledged for finding in findings):
        return Risk.GATED
    if findings or change.action in ("delete", "replace", "forget"):
        return Risk.DESTRUCTIVE
    if change.action not in ("create", "update"):
        return Risk.HARMLESS
    if change.action == "update" and found and all(one.attribute in PLAIN for one in found):
        return Risk.HARMLESS
    if any(part in change.type for part in SECURITY):
        return Risk.SECURITY
    return Risk.CHANGE if change.action == "update" else Risk.ADDITION


def _notes(change: ResourceChange, found: list[Difference], veil: Veil) -> Iterator[str]:
    if change.moved:
        yield f"moved from {change.previous_address}"
    if change.importing:
        yield f"imported as {change.import_id}" if change.import_id else "imported"
    if change.after is None and change.before and (id_ := change.before.get("id")):
        marks = masking.inner(change.before_sensitive, "id")
        yield f"its id is {masking.masked(id_, marks, veil.known)}"
    if change.action == "update" and not found and _resensitized(change):
        yield "its sensitivity changes"
    if change.deposed:
        yield f"the old object {change.deposed}, left over from a replacement"


def _resensitized(change: ResourceChange) -> bool:
    """Whether other places are sensitive from now on."""
    before, after = (masking.marked(marks) for marks in (change.before_sensitive, change.after_sensitive))
    return bool(before != after)


def _attributes(
    change: ResourceChange, found: list[Difference], code: Synthesized, veil: Veil
) -> Iterator[Attribute]:
    if change.before is None and change.after is not None:
        yield from _all(change, change.after, code, veil)
        return
    told = {(one.path[1:], repr(one.before), repr(one.after)) for one in found if one.attribute == "tags"}
    for one in found:
        if one.attribute == "tags_all" and (one.path[1:], repr(one.before), repr(one.after)) in told:
            continue
        forces = any(_reaches(path, one.path) for path in change.replace_paths)
        computed = one.unknown and change.action == "replace" and not code.sets(change.address, one.attribute)
        yield attribute(one, veil, forces=forces, computed=computed)


def attribute(one: Difference, veil: Veil, *, forces: bool = False, computed: bool = False) -> Attribute:
    """A difference as text."""
    before, after = values.shown(veil.value(one.before)), values.shown(veil.value(one.after))
    same = before == after and not one.unknown
    return Attribute(
        veil.line(one.where),
        before,
        values.UNKNOWN if one.unknown else after,
        forces,
        one.sensitive,
        one.unknown,
        computed,
        differences.alike(one.before, one.after, one.sensitive) if same else "",
    )


def _all(change: ResourceChange, after: Json, code: Synthesized, veil: Veil) -> Iterator[Attribute]:
    """What something new is made with; what it is not given, and what AWS will name, is left out."""
    later = change.after_unknown if isinstance(change.after_unknown, Mapping) else {}
    for name in dict.fromkeys([*after, *later]):
        value, unknown = after.get(name), masking.any_marked(later.get(name))
        if value in (None, "", [], {}):
            if not (unknown and code.sets(change.address, name) and name != "tags_all"):
                continue
            text, marked = values.UNKNOWN, False
        elif name == "tags_all" and value == after.get("tags"):
            continue
        else:
            marks = masking.inner(change.after_sensitive, name)
            shown = veil.value(masking.masked_as(name, value, marks, veil.known))
            marked = shown != value
            text = values.shown(shown)
            text += f" {values.UNKNOWN}" if unknown else ""
        yield Attribute(veil.line(name), "", text, sensitive=marked, unknown=unknown)


def _reaches(forcing: Path, path: Path) -> bool:
    """Whether a difference lies where a replacement is forced, blocks being numbered here and named there."""
    names, steps = ([part for part in one if isinstance(part, str)] for one in (forcing, path))
    if names[: len(steps)] == steps:
        return True
    left = iter(steps)
    return names[:1] == steps[:1] and all(name in left for name in names)

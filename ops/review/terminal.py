"""A review in a terminal: coloured there, plain text where it is piped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

from ops.plans import texts
from ops.review import reading
from ops.review.entries import Attribute, Entry, Risk
from ops.review.model import Review
from ops.review.shapes import Drifted, Gate, Reading

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

PIPED = 160
"""Characters of one value where there is no terminal whose width would say it."""
SHORTEST = 24
NEW_IN_FULL = 20
"""New resources whose attributes are listed: a first deploy has hundreds, and the code says the same."""

STYLES = {
    "create": "green",
    "update": "yellow",
    "delete": "bold red",
    "replace": "bold magenta",
    "forget": "bold red",
    "import": "cyan",
    "move": "cyan",
    "read": "dim",
}
GOOD, WARN, BAD, SOFT = "green", "yellow", "bold red", "dim"


def show(review: Review | Reading, console: Console) -> None:
    """Print a review. Lines are folded to a terminal's width and left whole in a pipe; nothing is lost."""
    width = console.width if console.is_terminal else 0
    console.print(_Printed(lines(review, width=width), width), soft_wrap=not width)


def as_json(review: Review | Reading) -> dict[str, Any]:
    """For programs: what people get as text, and as text; hidden is what is hidden there."""
    read = reading.of(review)
    shown = asdict(replace(read, entries=(), references={}, labels={}))
    del shown["references"], shown["labels"]
    entries = [asdict(entry) | {"risk": entry.risk.name.lower()} for entry in read.entries]
    return {**shown, "entries": entries, "facts": dict(read.facts)}


class _Printed:
    """Lines for Rich, which is asked to fold only what is too long: that is most of its work."""

    def __init__(self, told: Iterable[Text], width: int) -> None:
        self._told, self._width = told, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._told:
            plain = line.plain
            if not self._width:
                yield Segment(f"{plain}\n")
            elif cell_len(plain) <= self._width:
                yield from line.render(console, end="\n")
            else:
                line.overflow = "fold"
                yield line


def lines(review: Review | Reading, *, width: int = 0) -> Iterator[Text]:
    """One environment. width: of the terminal, to which values are cut; 0 where there is none."""
    read = reading.of(review)
    yield Text.assemble((read.environment, "bold"), ": ", (_heading(read), _style_of(read)))
    yield Text("  " + "  ".join(f"{label} {value}" for label, value in read.facts), SOFT)
    yield from _failure(read)
    yield from _gates(read.gates)
    for note in read.notes:
        yield Text(f"  ! {note}", WARN)
    yield from _entries(read, width)
    yield from _outputs(read, width)
    yield from _deferred(read)
    yield from _drift(read.drift, width)
    yield from _cost(read)
    yield from _parity(read)


def _heading(read: Reading) -> str:
    if not read.planned:
        return read.state
    parts = [read.counts.phrase()]
    if apart := read.counts.apart():
        parts.append(f"({apart})")
    if read.state not in ("planned", "no changes"):
        parts.append(f"– {read.state}")
    return " ".join(parts)


def _style_of(read: Reading) -> str:
    if read.failed or read.open_gates:
        return BAD
    return GOOD if read.quiet else "bold"


def _failure(read: Reading) -> Iterator[Text]:
    if not (failed := read.failed):
        return
    yield Text(f"  {failed.step} failed (exit code {failed.code})", BAD)
    if failed.address or failed.construct:
        yield Text(f"    {'  '.join(filter(None, (failed.construct, failed.address)))}")
    yield from (Text(f"    {line}") for line in failed.message)
    yield from (Text(f"    {line}".rstrip()) for line in failed.hint)
    if failed.next_command:
        yield Text.assemble("    next:  ", (failed.next_command, "bold"))


def _gates(gates: Sequence[Gate]) -> Iterator[Text]:
    for gate in gates:
        word = ("acknowledged", SOFT) if gate.acknowledged else ("GATE", BAD)
        yield Text.assemble("  ", word, f" {gate.gate}: {gate.what}")
        yield Text(f"      {_named(gate.construct, gate.address)}  {gate.fingerprint}", SOFT)
        yield from (Text(f"      {line}") for line in gate.details)
        if gate.acknowledged:
            yield Text(f"      {gate.acknowledged}", SOFT)


def _entries(read: Reading, width: int) -> Iterator[Text]:
    new = sum(entry.action == "create" for entry in read.entries)
    for entry in read.entries:
        yield _line(entry)
        for said in (entry.order, entry.why, *entry.notes):
            if said:
                yield Text(f"        {said}", SOFT)
        if entry.action != "create" or new <= NEW_IN_FULL:
            yield from _attributes(entry.attributes, "        ", width)
    if new > NEW_IN_FULL:
        yield Text(f"  The attributes of {new} new resources are not listed here; the page has them.", SOFT)


def _line(entry: Entry) -> Text:
    line = Text.assemble("  ", (f"{entry.symbol:>3} {entry.action:<7}", STYLES.get(entry.action, "")), " ")
    line.append(entry.name, "bold" if entry.risk >= Risk.DESTRUCTIVE else "")
    if entry.construct:
        line.append(f"  {entry.address}", SOFT)
    if entry.findings:
        line.append(f"  [{', '.join(entry.findings)}]", BAD)
    return line


def _attributes(attributes: Iterable[Attribute], indent: str, width: int) -> Iterator[Text]:
    later: list[str] = []
    for one in attributes:
        if one.later:
            later.append(one.where)
            continue
        yield _attribute(one, indent, width)
    if later:
        yield Text(f"{indent}known after the apply: {', '.join(later)}", SOFT)


def _attribute(one: Attribute, indent: str, width: int) -> Text:
    taken = len(indent) + len(one.where) + (30 if one.forces else 6)
    each = max(SHORTEST, (width - taken) // 2) if width else PIPED
    before, after = texts.cut_pair(one.before, one.after, each)
    line = Text(f"{indent}{one.where}: ")
    if one.alike:
        line.append(before).append(f" → {one.alike}", SOFT)
    elif one.before and one.after:
        line.append(before, "red").append(" → ").append(after, "green")
    else:
        line.append(before or after, "red" if one.before else "green")
    if one.forces:
        line.append("  forces the replacement", BAD)
    return line


def _outputs(read: Reading, width: int) -> Iterator[Text]:
    if read.outputs:
        yield Text("  Outputs", "bold")
    for output in read.outputs:
        if output.note or not output.attributes:
            yield Text(f"    {output.name}: {output.note or output.action}")
        yield from _attributes(output.attributes, f"    {output.action:<6} ", width)


def _deferred(read: Reading) -> Iterator[Text]:
    if read.deferred:
        yield Text("  Left to a later plan", "bold")
    for one in read.deferred:
        yield Text(f"    {one.action:<7} {_named(one.construct, one.address)}: {one.why}")


def _drift(drift: Sequence[Drifted], width: int) -> Iterator[Text]:
    if drift:
        yield Text("  Changed outside Terraform", "bold")
    for one in drift:
        after = "; this plan acts on it" if one.undone else ""
        yield Text(f"    {_named(one.construct, one.address)}  {one.what}{after}", WARN)
        yield from _attributes(one.attributes, "        ", width)


def _cost(read: Reading) -> Iterator[Text]:
    if not (cost := read.cost):
        return
    yield Text.assemble("  Cost a month: ", (cost.cell, "bold"), f"  ({cost.before} → {cost.after})")
    for name, _, _, delta in cost.services:
        yield Text(f"    {name}: {delta}")
    for address, reason in cost.unpriced:
        yield Text(f"    not priced: {address}" + (f": {reason}" if reason else ""), SOFT)
    for note in cost.notes:
        yield Text(f"    {note}", SOFT)


def _parity(read: Reading) -> Iterator[Text]:
    if read.parity:
        yield Text("  Unlike other environments", "bold")
    for one in read.parity:
        yield Text(f"    {one.path}: {one.what}")


def _named(construct: str, address: str) -> str:
    return "  ".join(filter(None, (construct, address)))

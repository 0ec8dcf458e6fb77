"""The pieces of an environment's section in Markdown, each in the lengths that it may be shown in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ops.plans import texts
from ops.review.entries import Attribute, Entry, Risk
from ops.review.markup import code, fenced, prose
from ops.review.shapes import Drifted, Failed, Gate, Output, Reading, Unlike
from ops.review.shedding import Block

KINDS = {
    "create": "to add",
    "update": "to change",
    "delete": "to destroy",
    "replace": "to replace",
    "forget": "to forget",
    "import": "to import",
    "move": "to move",
    "read": "to read",
}
LINES = 60
"""Of a failure's message, and of what a gate tells."""
FEW = 5
SHORT = 100
"""Characters of a value where space is short."""


@dataclass(frozen=True)
class Section:
    """Blocks below one heading, "" where they need none."""

    title: str
    blocks: tuple[Block, ...]


def sections(read: Reading, width: int) -> list[Section]:
    """All of an environment, what must be seen first. width: characters of a value that are shown at most."""
    found = [
        Section("", tuple(_failed(read.failed, width) for _ in [read.failed] if read.failed)),
        Section("Gates", tuple(_gate(gate, width) for gate in read.gates)),
        Section("", tuple(_said(Risk.SECURITY, f"- {prose(note)}") for note in read.notes)),
        Section("Resources", tuple(_entry(entry, width) for entry in read.entries)),
        Section("Outputs", tuple(_output(output, width) for output in read.outputs)),
        Section("Left to a later plan", tuple(_deferred(read))),
        Section("Changed outside Terraform", tuple(_drifted(one, width) for one in read.drift)),
        Section("Cost a month", tuple(_cost(read))),
        Section("Unlike other environments", tuple(_unlike(one) for one in read.parity)),
    ]
    return [section for section in found if section.blocks]


def _failed(failed: Failed | None, width: int) -> Block:
    assert failed
    where = " ".join(code(one) for one in (failed.construct, failed.address) if one)
    head = f"**{prose(failed.step)} failed**, exit code {failed.code}" + (f": {where}" if where else "")
    next_ = f"\n\nNext: {code(failed.next_command)}" if failed.next_command else ""

    def hint(number: int, longest: int) -> str:
        """The sentence as prose; what follows may be a piece of a file, or commands."""
        first, *rest = failed.hint or ("",)
        while rest and not rest[0].strip():
            del rest[0]
        told = f"\n\n{prose(first)}" if first else ""
        return told + (f"\n\n{fenced(_cut_lines(rest, longest, number), 'text')}" if rest else "")

    def with_lines(number: int, longest: int) -> str:
        told = _cut_lines(failed.message, longest, number)
        return (f"{head}\n\n{fenced(told, 'text')}" if told else head) + hint(number, longest) + next_

    return Block(Risk.GATED, [with_lines(LINES, width), with_lines(FEW, SHORT), head])


def _gate(gate: Gate, width: int) -> Block:
    mark = "acknowledged" if gate.acknowledged else "closed"
    named = " ".join(code(one) for one in (gate.construct, gate.address, gate.fingerprint) if one)
    line = f"- **{prose(gate.gate)}** ({mark}) {named}: {prose(texts.cut(gate.what, width))}"
    line += f"<br>{prose(gate.acknowledged)}" if gate.acknowledged else ""
    forms = [f"{line}\n\n{fenced(_cut_lines(gate.details, width))}"] if gate.details else []
    risk = Risk.DESTRUCTIVE if gate.acknowledged else Risk.GATED
    return Block(risk, [*forms, line, ""], "acknowledged" if gate.acknowledged else "closed gate")


def _cut_lines(lines: Sequence[str], width: int, number: int = LINES) -> list[str]:
    shown = [texts.cut(line, width) for line in lines[:number]]
    return shown if len(lines) <= number else [*shown, f"… {len(lines) - number} more lines"]


def _entry(entry: Entry, width: int) -> Block:
    line = f"- {code(entry.symbol)} **{prose(entry.action)}** {code(entry.name)}"
    line += f" {code(entry.address)}" if entry.construct else ""
    said = [one for one in (entry.order, entry.why, *entry.notes) if one]
    line += f": {prose('; '.join(said))}" if said else ""
    line += f" **[{prose(', '.join(entry.findings))}]**" if entry.findings else ""
    terse = f"- {code(entry.symbol)} {code(entry.name)}"
    forms = [line, terse, ""]
    if entry.attributes:
        whole, short = (f"{line}\n\n{fenced(_diff(entry.attributes, w))}" for w in (width, SHORT))
        forms = [*dict.fromkeys([whole, short]), *forms]
    return Block(entry.risk, forms, KINDS.get(entry.action, f"to {entry.action}"))


def _diff(attributes: Iterable[Attribute], width: int) -> Iterator[str]:
    """Lines that GitHub and GitLab colour: minus what was, plus what will be."""
    later = []
    for one in attributes:
        before, after = texts.cut_pair(one.before, one.after, width)
        forces = "  # forces the replacement" if one.forces else ""
        if one.later:
            later.append(one.where)
        elif one.alike:
            yield f"! {one.where}: {before} → {one.alike}{forces}"
        else:
            if before:
                yield f"- {one.where}: {before}{forces if not after else ''}"
            if after:
                yield f"+ {one.where}: {after}{forces}"
    if later:
        yield f"  known after the apply: {', '.join(later)}"


def _output(output: Output, width: int) -> Block:
    line = f"- {prose(output.action)} {code(output.name)}" + (f" ({output.note})" if output.note else "")
    if len(output.attributes) == 1 and output.attributes[0].where == output.name:
        (one,) = output.attributes
        before, after = (code(value) for value in texts.cut_pair(one.before, one.after, SHORT))
        shown = " → ".join(filter(None, (before, one.alike or after)))
        return Block(Risk.HARMLESS, [f"{line}: {shown}", line, ""], "outputs")
    forms = [f"{line}\n\n{fenced(_diff(output.attributes, width))}"] if output.attributes else []
    return Block(Risk.HARMLESS, [*forms, line, ""], "outputs")


def _drifted(one: Drifted, width: int) -> Block:
    named = " ".join(code(name) for name in (one.construct, one.address) if name)
    line = f"- {named}: {one.what}" + ("; this plan acts on it" if one.undone else "")
    forms = [f"{line}\n\n{fenced(_diff(one.attributes, width))}"] if one.attributes else []
    return Block(Risk.CHANGE, [*forms, line, ""], "changed outside Terraform")


def _deferred(read: Reading) -> Iterator[Block]:
    for one in read.deferred:
        named = " ".join(code(name) for name in (one.construct, one.address) if name)
        yield _said(Risk.CHANGE, f"- {prose(one.action)} {named}: {prose(one.why)}", "left to a later plan")


def _cost(read: Reading) -> Iterator[Block]:
    if not (cost := read.cost):
        return
    lines = [f"- **{cost.cell}** ({cost.before} → {cost.after})"]
    lines += [f"- {prose(name)}: {delta}" for name, _, _, delta in cost.services]
    lines += [
        f"- not priced: {code(address)}" + (f": {prose(reason)}" if reason else "")
        for address, reason in cost.unpriced
    ]
    lines += [f"- {prose(note)}" for note in cost.notes]
    yield Block(Risk.HARMLESS, list(dict.fromkeys(["\n".join(lines), lines[0], ""])))


def _unlike(one: Unlike) -> Block:
    return _said(Risk.HARMLESS, f"- {code(one.path)}: {prose(one.what)}", "unlike other environments")


def _said(risk: Risk, line: str, kind: str = "notes") -> Block:
    return Block(risk, [line, ""], kind)

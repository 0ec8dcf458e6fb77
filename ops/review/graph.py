"""The changed resources and their direct neighbours as a layered graph: what is built on what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops.review.entries import Entry, Risk
from ops.review.shapes import Reading

MOST = 120
"""Nodes that are drawn; above it first the neighbours go, then resources are drawn together."""
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 228, 34, 64, 10, 12
"""Of a node, and between two, in pixels."""
LABEL = 24
"""Characters of a label that fit."""
Edges = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Node:
    """One box. action: of the most dangerous resource in it, "" for one that does not change. entry: its
    number among the entries, or -1. x, y: of its upper left corner."""

    label: str
    title: str
    action: str
    symbol: str
    entry: int
    x: int
    y: int

    @property
    def short(self) -> str:
        """The end of the label: what tells it from its siblings."""
        return self.label if len(self.label) <= LABEL else f"…{self.label[1 - LABEL :]}"


@dataclass(frozen=True)
class Edge:
    """A line from what is built on to what is built on it, as an SVG path."""

    path: str


@dataclass(frozen=True)
class Graph:
    """note: what is not drawn, or drawn together."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    note: str = ""


def of(read: Reading) -> Graph | None:
    """The graph of a reading; None where nothing changes."""
    changed: dict[str, tuple[int, Entry]] = {}
    for number, entry in enumerate(read.entries):  # most dangerous first
        changed.setdefault(entry.block, (number, entry))
    if not changed:
        return None
    references = {block: set(others) for block, others in read.references.items()}
    near = _neighbours(changed, references)
    names, note = {block: block for block in [*changed, *near]}, ""
    if len(names) > MOST:
        names = {block: block for block in changed}
        note = f"{len(near)} neighbours that do not change are not drawn."
    if len(names) > MOST:
        names, note = _together(changed, read.labels)
    if len(kept := list(dict.fromkeys(names.values()))) > MOST:
        note += f" Of {len(kept)} groups the {MOST} with the most dangerous changes are drawn."
        drawn = set(kept[:MOST])
        names = {block: name for block, name in names.items() if name in drawn}
    return _drawn(names, changed, references, read.labels, note)


def _neighbours(changed: Iterable[str], references: Edges) -> list[str]:
    inside = set(changed)
    near: dict[str, None] = {}
    for block, others in references.items():
        for other in sorted(others):  # a set has another order in every run
            if block in inside and other not in inside:
                near[other] = None
            elif other in inside and block not in inside:
                near[block] = None
    return list(near)


def _together(changed: Mapping[str, object], labels: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Each block's group: its construct's first two parts, or its type where the code does not have it."""
    names = {}
    for block in changed:
        label = labels.get(block, block)
        parts = label.split("/")
        names[block] = "/".join(parts[:2]) if len(parts) > 1 else f"{block.split('.')[-2]}.*"
    return (
        names,
        f"{len(changed)} changed resources are too many to draw one by one: they are drawn in groups.",
    )


def _drawn(
    names: Mapping[str, str],
    changed: Mapping[str, tuple[int, Entry]],
    references: Edges,
    labels: Mapping[str, str],
    note: str,
) -> Graph:
    edges: dict[str, set[str]] = defaultdict(set)  # from a node to what it is built on
    for block, name in names.items():
        edges[name] |= {names[other] for other in references.get(block, ()) if other in names} - {name}
    members: dict[str, list[str]] = defaultdict(list)
    for block, name in names.items():
        members[name].append(block)
    places = _places(list(members), edges)
    nodes = {name: _node(name, blocks, changed, labels, places[name]) for name, blocks in members.items()}
    lines = [
        Edge(_line(nodes[other], nodes[name])) for name, others in edges.items() for other in sorted(others)
    ]
    return Graph(
        tuple(nodes.values()),
        tuple(lines),
        max(x for x, _ in places.values()) + WIDTH + MARGIN,
        max(y for _, y in places.values()) + HEIGHT + MARGIN,
        note,
    )


def _node(
    name: str,
    blocks: list[str],
    changed: Mapping[str, tuple[int, Entry]],
    labels: Mapping[str, str],
    place: tuple[int, int],
) -> Node:
    inside = [changed[block] for block in blocks if block in changed]
    label = labels.get(name, name)
    if len(blocks) > 1:
        label = f"{label} ({len(blocks)})"
    if not inside:
        return Node(label, f"{label}: does not change", "", "", -1, *place)
    number, worst = min(inside, key=lambda one: one[0])
    what = "gate closed, " if worst.risk is Risk.GATED else ""
    return Node(label, f"{label}: {what}{worst.action}", worst.action, worst.symbol, number, *place)


def _places(names: list[str], edges: Edges) -> dict[str, tuple[int, int]]:
    """What is built on nothing at the left; within a layer beside what it is built on."""
    layers: dict[int, list[str]] = defaultdict(list)
    for name, layer in _layers(names, edges).items():
        layers[layer].append(name)
    rows: dict[str, float] = {}
    places = {}
    for layer in sorted(layers):

        def beside(name: str) -> float:
            known = [rows[other] for other in edges.get(name, ()) if other in rows]
            return sum(known) / len(known) if known else 0.0

        for row, name in enumerate(sorted(layers[layer], key=lambda name: (beside(name), name))):
            rows[name] = row
            places[name] = (MARGIN + layer * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
    return places


def _layers(names: list[str], edges: Edges) -> dict[str, int]:
    """The longest way to each; old and new references together may run in a circle, which is cut open."""
    layers: dict[str, int] = {}
    for start in names:
        stack: list[tuple[str, list[str]]] = [(start, sorted(edges.get(start, ())))]
        open_ = {start}
        while stack:
            name, left = stack[-1]
            if name in layers:
                stack.pop()
                open_.discard(name)
            elif left:
                other = left.pop()
                if other not in layers and other not in open_:
                    stack.append((other, sorted(edges.get(other, ()))))
                    open_.add(other)
            else:
                below = [layers[other] for other in edges.get(name, ()) if other in layers]
                layers[name] = max(below, default=-1) + 1
                stack.pop()
                open_.discard(name)
    return layers


def _line(start: Node, end: Node) -> str:
    x1, y1, x2, y2 = start.x + WIDTH, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
    bend = max(GAP_X // 2, abs(x2 - x1) // 3)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"

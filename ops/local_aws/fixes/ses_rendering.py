"""Not a fix: the part of Handlebars that SES renders templates with.

{{name}}, {{a.b}}, {{this}}, {{#if}}, {{#unless}}, {{#each}}, each with {{else}}, and comments. SES escapes
nothing (Developer Guide, "Personalized email"), so {{{name}}} is the same. An attribute that is missing
ends the rendering, except as the subject of a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TAG = re.compile(r"\{\{\{\s*(?P<raw>[^{}]+?)\s*\}\}\}|\{\{(?P<tag>[^{}]*)\}\}")
PATH = re.compile(r"(this|@?[A-Za-z_][\w-]*)(\.[\w-]+)*$")
BLOCKS = ("if", "unless", "each")


class InvalidTemplateError(ValueError):
    """The template cannot be parsed; the text says why."""


class MissingAttributeError(LookupError):
    """The data has no such attribute; `args[0]` is its path."""


@dataclass
class _Block:
    kind: str
    subject: str
    body: list[Any] = field(default_factory=list)
    otherwise: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class _Variable:
    path: str


def check(text: str) -> None:
    """Raises InvalidTemplateError where SES would not take the template."""
    _parse(text)


def render(text: str, data: Mapping[str, Any]) -> str:
    """The text with its variables filled in.

    Raises MissingAttributeError and InvalidTemplateError.
    """
    return "".join(_rendered(_parse(text), [data]))


def _parse(text: str) -> list[Any]:
    root = _Block("", "")
    stack, target = [root], [root.body]
    position = 0
    for match in TAG.finditer(text):
        target[-1].append(_literal(text[position : match.start()]))
        position = match.end()
        tag = (match["raw"] or match["tag"] or "").strip()
        if tag.startswith("!"):
            continue
        if tag.startswith("#"):
            kind, _, subject = tag[1:].partition(" ")
            if kind not in BLOCKS:
                raise InvalidTemplateError(f"there is no block '{kind}'")
            block = _Block(kind, _path(subject))
            target[-1].append(block)
            stack.append(block)
            target.append(block.body)
        elif tag == "else":
            if len(stack) == 1:
                raise InvalidTemplateError("found: 'else' outside a block")
            target[-1] = stack[-1].otherwise
        elif tag.startswith("/"):
            if tag[1:].strip() != stack[-1].kind or len(stack) == 1:
                raise InvalidTemplateError(f"found: '{tag}', expected: '/{stack[-1].kind}'")
            stack.pop()
            target.pop()
        else:
            target[-1].append(_Variable(_path(tag)))
    if len(stack) > 1:
        raise InvalidTemplateError(f"the block '{stack[-1].kind}' does not end")
    root.body.append(_literal(text[position:]))
    return root.body


def _literal(text: str) -> str:
    if "{{" in text:
        raise InvalidTemplateError(f"a tag does not end: {text[text.index('{{') :][:40]}")
    return text


def _path(text: str) -> str:
    path = text.strip()
    if not PATH.match(path):
        raise InvalidTemplateError(f"not an attribute: '{path}'")
    return path


def _rendered(nodes: Sequence[Any], scopes: list[Any]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, _Variable):
            yield _text(_value(node.path, scopes))
        elif node.kind == "each":
            yield from _each(node, scopes)
        else:
            holds = bool(_value(node.subject, scopes, None)) == (node.kind == "if")
            yield from _rendered(node.body if holds else node.otherwise, scopes)


def _each(block: _Block, scopes: list[Any]) -> Iterator[str]:
    subject = _value(block.subject, scopes, None) or []
    entries = list(subject.items()) if isinstance(subject, Mapping) else list(enumerate(subject))
    if not entries:
        yield from _rendered(block.otherwise, scopes)
    for number, (key, item) in enumerate(entries):
        position = {
            "@index": number,
            "@key": key,
            "@first": number == 0,
            "@last": number == len(entries) - 1,
        }
        yield from _rendered(block.body, [*scopes, position, item])


_REQUIRED = object()


def _value(path: str, scopes: list[Any], default: Any = _REQUIRED) -> Any:
    """The nearest scope that has the first step decides, as in Handlebars."""
    first, *rest = path.split(".")
    found = scopes[-1]
    if first != "this":
        holders = [scope for scope in scopes if isinstance(scope, Mapping) and first in scope]
        found = holders[-1][first] if holders else _REQUIRED
    for step in rest:
        found = found[step] if isinstance(found, Mapping) and step in found else _REQUIRED
    if found is not _REQUIRED:
        return found
    if default is _REQUIRED:
        raise MissingAttributeError(path)
    return default


def _text(found: Any) -> str:
    if found is None:
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)

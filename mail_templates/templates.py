"""The files of the templates, put together as SES keeps them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

from mail_templates.messages import MESSAGES
from mail_templates.rendering import HTML_SUFFIX, PLACEHOLDER

NAMES = tuple(MESSAGES)
_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Template:
    """subject, html, text: with placeholders."""

    name: str
    subject: str
    html: str
    text: str


def load(name: str) -> Template:
    """A template by its name. Raises KeyError for one that does not exist.

    `layout.html` is around every body. Its title is the subject; what mail programs show beside the subject
    is the preheader. Both are plain text files, so here they become HTML.
    """
    if name not in MESSAGES:
        raise KeyError(f"there is no template {name!r}; there are {', '.join(NAMES)}")
    subject = _read(name, "subject.txt").strip()
    page = (
        (_FOLDER / "layout.html")
        .read_text(encoding="utf-8")
        .replace("<!--TITLE-->", _as_html(subject))
        .replace("<!--PREHEADER-->", _as_html(_read(name, "preheader.txt").strip()))
        .replace("<!--CONTENT-->", _read(name, "body.html").strip())
    )
    return Template(name, subject, page, _read(name, "body.txt"))


def _read(name: str, file: str) -> str:
    return (_FOLDER / name / file).read_text(encoding="utf-8")


def _as_html(text: str) -> str:
    return PLACEHOLDER.sub(rf"{{{{\1{HTML_SUFFIX}}}}}", html.escape(text, quote=False))

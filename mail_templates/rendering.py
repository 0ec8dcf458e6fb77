"""Putting values into templates as SES does, which escapes nothing.

SES gives the same values to the subject, the text and the HTML of a mail, and its developer guide ("Advanced
email personalization") leaves the escaping to the caller. So every value is there twice: `project_name` for
the subject and the text, `project_name_html`, escaped, for the HTML. A body that uses the wrong one is found
by the tests.
"""

from __future__ import annotations

import dataclasses
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mail_templates.messages import Message, variables

if TYPE_CHECKING:
    from mail_templates.templates import Template

HTML_SUFFIX = "_html"
PLACEHOLDER = re.compile(r"(?<!\{)\{\{([a-z][a-z0-9_]*)\}\}(?!\})")
"""The one thing of Handlebars that the templates use: a variable."""


@dataclass(frozen=True)
class Rendered:
    """A mail as its reader gets it."""

    subject: str
    html: str
    text: str


def data(message: Message) -> str:
    """`TemplateData` for SES: a JSON object with every variable, plain and escaped for HTML."""
    values: dict[str, str] = {}
    for variable in variables(type(message)):
        value: str = getattr(message, variable.name)
        values[variable.name] = value
        values[variable.name + HTML_SUFFIX] = html.escape(value)
    return json.dumps(values)


def render(template: Template, template_data: str) -> Rendered:
    """The mail that SES sends for this data.

    Raises KeyError where a variable has no value (SES: the event RENDERING_FAILURE and no mail), and
    ValueError for an expression of Handlebars that is no variable.
    """
    values: dict[str, str] = json.loads(template_data)
    parts = dataclasses.asdict(template)
    return Rendered(**{part: _fill(parts[part], values) for part in ("subject", "html", "text")})


def placeholders(text: str) -> set[str]:
    """Names of the variables in a text. Raises ValueError for an expression that is no variable."""
    rest = PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise ValueError("there is an expression of Handlebars that is no variable")
    return set(PLACEHOLDER.findall(text))


def _fill(text: str, values: dict[str, str]) -> str:
    missing = placeholders(text) - values.keys()
    if missing:
        raise KeyError(f"no value for {', '.join(sorted(missing))}")
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)

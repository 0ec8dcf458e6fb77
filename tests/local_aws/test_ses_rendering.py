"""fixes/ses_rendering.py: what SES makes of a template."""

from __future__ import annotations

from typing import Any

import pytest

from ops.local_aws.fixes.ses_rendering import InvalidTemplateError, MissingAttributeError, check, render

ITEMS = {"items": [{"name": "a"}, {"name": "b"}], "title": "T"}

RENDERED: list[tuple[str, dict[str, Any], str]] = [
    ("Dear {{name}}, {{ name }}", {"name": "Ada"}, "Dear Ada, Ada"),
    ("{{a.b}}", {"a": {"b": 1}}, "1"),
    ("{{a}}{{{a}}}", {"a": "<b>"}, "<b><b>"),
    ("{{a}}|{{b}}", {"a": True, "b": None}, "true|"),
    ("a { color: red } {{! note }}", {}, "a { color: red } "),
    ("{{#if a}}yes{{else}}no{{/if}}", {"a": "x"}, "yes"),
    ("{{#if a}}yes{{else}}no{{/if}}", {}, "no"),
    ("{{#if a}}{{#if b}}both{{else}}a{{/if}}{{/if}}", {"a": 1}, "a"),
    ("{{#unless a}}none{{/unless}}", {}, "none"),
    ("{{#each items}}{{@index}}{{name}} of {{title}};{{/each}}", ITEMS, "0a of T;1b of T;"),
    ("{{#each items}}{{this}}{{else}}nothing{{/each}}", {"items": []}, "nothing"),
    ("{{#each items}}{{this}},{{/each}}", {"items": [1, 2]}, "1,2,"),
    ("{{#each items}}{{@key}}={{this}}{{/each}}", {"items": {"a": 1}}, "a=1"),
]


@pytest.mark.parametrize(("template", "data", "text"), RENDERED)
def test_a_template_is_rendered(template: str, data: dict[str, Any], text: str) -> None:
    assert render(template, data) == text


@pytest.mark.parametrize("template", ["{{b}}", "{{a.b}}", "{{#if a}}{{b}}{{/if}}", "{{A}}"])
def test_a_missing_attribute_is_named(template: str) -> None:
    with pytest.raises(MissingAttributeError) as caught:
        render(template, {"a": "1"})
    assert f"{{{{{caught.value.args[0]}}}}}" in template


def test_a_block_that_is_not_reached_needs_no_attribute() -> None:
    assert render("{{#if a}}{{b}}{{/if}}", {}) == ""


@pytest.mark.parametrize(
    "template",
    [
        "{{a",
        "{{}}",
        "{{a b}}",
        "{{#if a}}",
        "{{/if}}",
        "{{#if a}}{{/each}}",
        "{{#loop a}}{{/loop}}",
        "{{else}}",
    ],
)
def test_what_cannot_be_parsed_is_refused(template: str) -> None:
    with pytest.raises(InvalidTemplateError):
        check(template)

"""fixes/ses_templates.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, refused, unique

BROKEN = "{{#if name}}no end"


def _v1(name: str, **parts: str) -> dict[str, Any]:
    return {"Template": {"TemplateName": name, "SubjectPart": "a", **parts}}


def test_a_template_of_one_version_is_one_of_the_other(fixed: Cloud) -> None:
    v1, v2, name = fixed.client("ses"), fixed.client("sesv2"), unique("template")
    html = '<p class="a">{{name}} &amp; "you"</p>\n'
    v1.create_template(**_v1(name, HtmlPart=html))
    assert v2.get_email_template(TemplateName=name)["TemplateContent"]["Html"] == html
    v2.update_email_template(TemplateName=name, TemplateContent={"Subject": "b", "Text": "t"})
    shown = v1.get_template(TemplateName=name)["Template"]
    assert (shown["SubjectPart"], shown["TextPart"], shown.get("HtmlPart", "")) == ("b", "t", "")


def test_an_update_replaces_every_part(fixed: Cloud) -> None:
    ses, name = fixed.client("ses"), unique("template")
    ses.create_template(**_v1(name, HtmlPart="<p>", TextPart="t"))
    ses.update_template(**_v1(name, HtmlPart="<b>"))
    shown = ses.get_template(TemplateName=name)["Template"]
    assert (shown["HtmlPart"], shown.get("TextPart", "")) == ("<b>", "")


def test_what_cannot_be_parsed_is_refused(fixed: Cloud) -> None:
    v1, v2, name = fixed.client("ses"), fixed.client("sesv2"), unique("template")
    assert refused(v1.create_template, **_v1(name, HtmlPart=BROKEN)) == "InvalidTemplate"
    content = {"TemplateName": name, "TemplateContent": {"Subject": "a", "Text": BROKEN}}
    assert refused(v2.create_email_template, **content) == "BadRequestException"
    v1.create_template(**_v1(name))
    assert refused(v1.update_template, **_v1(name, TextPart=BROKEN)) == "InvalidTemplate"
    assert refused(v2.update_email_template, **content) == "BadRequestException"


def test_stock_takes_anything_and_keeps_what_is_left_out(stock: Cloud) -> None:
    ses, name = stock.client("ses"), unique("template")
    ses.create_template(**_v1(name, HtmlPart=BROKEN, TextPart="t"))
    ses.update_template(**_v1(name))
    shown = ses.get_template(TemplateName=name)["Template"]
    assert (shown["HtmlPart"], shown["TextPart"]) == (BROKEN, "t")

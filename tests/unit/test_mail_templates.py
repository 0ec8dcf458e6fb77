"""The mails: every variable is declared and used, no value breaks out of its place, everybody can read."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mail_templates
from mail_templates import Message, Submission, Variable
from ops.commands.email import Name
from ops.paths import ROOT

every_mail = pytest.mark.parametrize("name", mail_templates.NAMES)

VOID = {"meta", "br", "hr", "img", "link", "input"}
PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=200)

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "O'Brien & Sons <ltd>",
    "{{session_url}} {{{session_url_html}}} {{#each}}",
    "${aws_kms_key.x} %{ if true }",
    "</td></tr></table>",
    "&lt;already escaped&gt;",
    "日本語 العربية 👩‍👩‍👧",
]


class Page(HTMLParser):
    """Reads a page; `wrong` says what is not well-formed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self._open):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every tag of that name."""
        return [attributes for found, attributes in self.tags if found == tag]


def rendered(name: str, **changes: str) -> mail_templates.Rendered:
    """A mail with its sample values, and these changes."""
    message = dataclasses.replace(mail_templates.sample(name), **changes)  # type: ignore[type-var]
    return mail_templates.render(mail_templates.load(name), mail_templates.data(message))


def with_project(value: str) -> Message:
    """An export of a project of that name."""
    return dataclasses.replace(mail_templates.sample("export"), project_name=value)  # type: ignore[type-var]


def declared(name: str) -> tuple[Variable, ...]:
    return mail_templates.variables(mail_templates.MESSAGES[name])


def squeezed(text: str) -> str:
    return " ".join(text.split())


class TestVariables:
    @every_mail
    def test_trap_33_every_variable_used_is_declared_and_every_one_declared_is_used(self, name: str) -> None:
        template = mail_templates.load(name)
        names = {variable.name for variable in declared(name)}
        assert mail_templates.placeholders(template.text) == names
        assert mail_templates.placeholders(template.subject) <= names
        assert mail_templates.placeholders(template.html) == {f"{variable}_html" for variable in names}

    @every_mail
    def test_trap_33_the_data_has_what_the_template_asks_for_and_no_more(self, name: str) -> None:
        template = mail_templates.load(name)
        given = json.loads(mail_templates.data(mail_templates.sample(name))).keys()
        used = [
            mail_templates.placeholders(part) for part in (template.subject, template.text, template.html)
        ]
        assert set().union(*used) == given

    @every_mail
    def test_trap_33_a_missing_value_is_no_mail(self, name: str) -> None:
        template = mail_templates.load(name)
        values = json.loads(mail_templates.data(mail_templates.sample(name)))
        for missing in values:
            rest = {key: value for key, value in values.items() if key != missing}
            with pytest.raises(KeyError, match=missing):
                mail_templates.render(template, json.dumps(rest))
        with pytest.raises(TypeError, match="missing"):
            mail_templates.MESSAGES[name]()

    @every_mail
    def test_each_variable_says_what_it_means_and_has_a_sample(self, name: str) -> None:
        for variable in declared(name):
            assert variable.meaning
            assert variable.sample in rendered(name).text

    def test_the_documentation_names_the_same(self) -> None:
        page = (ROOT / "docs" / "email.md").read_text("utf-8")
        table = re.findall(r"^\| `([a-z_]+)` \| .+ \| (both|export|submission) \|$", page, re.MULTILINE)
        told = {name: set(mail_templates.NAMES) if mail == "both" else {mail} for name, mail in table}
        used: dict[str, set[str]] = {}
        for mail in mail_templates.NAMES:
            for variable in declared(mail):
                used.setdefault(variable.name, set()).add(mail)
        assert told == used

    def test_an_expression_that_previews_do_not_know_is_not_left_in_a_mail(self) -> None:
        for text in ("{{#if x}}a{{/if}}", "{{ x }}", "{{X}}", "{{x.y}}", "a }} b", "{{{x}}}"):
            with pytest.raises(ValueError, match="Handlebars"):
                mail_templates.placeholders(text)

    def test_the_command_line_knows_the_same_mails(self) -> None:
        assert [name.value for name in Name] == list(mail_templates.NAMES)
        with pytest.raises(KeyError, match="export, submission"):
            mail_templates.load("invoice")


class TestFacts:
    def test_trap_34_the_export_has_a_signed_link_and_no_attachment(self) -> None:
        url = "https://d111111abcdef8.cloudfront.net/x.pdf?Expires=1&Signature=a~b_&Key-Pair-Id=K"
        mail = rendered("export", download_url=url, download_expires_at="1 May 2027, 09:00 UTC")
        assert f"\n{url}\n" in mail.text
        assert url in [link["href"] for link in Page(mail.html).all("a")]
        assert "until 1 May 2027, 09:00 UTC" in Page(mail.html).text
        assert "until 1 May 2027, 09:00 UTC" in mail.text

    def test_the_submission_confirms_number_project_and_time(self) -> None:
        facts = {"reference_number": "SW-7", "project_name": "Ærø", "submitted_at": "2 May 2027, 10:00 UTC"}
        mail = rendered("submission", **facts)
        assert "SW-7" in mail.subject
        for fact in facts.values():
            assert fact in mail.text
            assert fact in Page(mail.html).text

    @every_mail
    def test_the_text_says_what_the_html_says(self, name: str) -> None:
        mail = rendered(name)
        page = Page(mail.html)
        shown = [v.sample for v in declared(name) if not v.link]
        links = {v.sample for v in declared(name) if v.link}
        assert [fact for fact in shown if fact not in page.text or fact not in mail.text] == []
        assert {link["href"] for link in page.all("a")} == links
        assert links == {word for word in mail.text.split() if word.startswith("https://")}
        notes = re.findall(r'<p class="notice"[^>]*>(.*?)</p>', mail.html)
        footer = re.findall(r'<td class="footer[^>]*>(.*?)</td>', mail.html, re.DOTALL)
        assert len(notes) == len(footer) == 1
        for note in notes + footer:
            assert squeezed(note) in squeezed(mail.text)

    @every_mail
    def test_the_preheader_is_the_first_text_and_not_repeated_in_sight(self, name: str) -> None:
        page = Page(rendered(name).html)
        first = page.text.split("\u2007")[0]
        assert 20 < len(first.strip()) < 140
        hidden = next(attributes for tag, attributes in page.tags if tag == "div")
        assert "display:none" in str(hidden["style"])


class TestEscaping:
    @every_mail
    @pytest.mark.parametrize("value", NASTY)
    def test_a_value_stays_text_in_html_and_itself_in_text(self, name: str, value: str) -> None:
        mail, usual = rendered(name, project_name=value), rendered(name)
        page = Page(mail.html)
        assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(usual.html).tags]
        assert squeezed(value) in page.text
        assert squeezed(value) in mail.text
        assert page.wrong == []

    @PROFILE
    @given(value=st.text(min_size=1, max_size=60))
    def test_no_value_breaks_out(self, value: str) -> None:
        usual = rendered("export")
        try:
            message = with_project(value)
        except ValueError:
            assert not value.strip() or not value.isprintable()
            return
        line = json.loads(mail_templates.data(message))["project_name"]
        mail = rendered("export", project_name=value)
        page = Page(mail.html)
        assert page.wrong == []
        assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(usual.html).tags]
        assert line in html.unescape(mail.html)
        assert mail.subject == f"Your specification is ready: {line}"
        assert mail.text.count("\n") == usual.text.count("\n")

    @pytest.mark.parametrize(
        "value", ["a\nBcc: x@example.com", "a\r\nb", "a\x00b", "a\u2028b", "a\u202eb", "a\ud800b", " a \t b "]
    )
    def test_a_value_is_one_line_that_steers_nothing(self, value: str) -> None:
        name = json.loads(mail_templates.data(with_project(value)))["project_name"]
        assert re.fullmatch(r"a (b|Bcc: x@example\.com)", name)

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "http://example.com/x",
            "//example.com/x",
            "https://",
            "https://example.com/a b",
            'https://example.com/"onclick="x',
            "https://example.com/'x",
            "https://example.com/<x>",
            "https://example.com/{{x}}",
            "https://example.com/ä",
            "https://[example.com/",
            "data:text/html,x",
            "",
        ],
    )
    def test_a_link_is_a_plain_https_address(self, url: str) -> None:
        for change in ({"download_url": url}, {"session_url": url}):
            with pytest.raises(ValueError, match="_url"):
                rendered("export", **change)

    def test_what_is_no_text_is_no_value(self) -> None:
        with pytest.raises(TypeError, match="expected str"):
            rendered("export", download_size=412)  # type: ignore[arg-type]

    def test_a_message_cannot_be_changed_after_it_was_checked(self) -> None:
        message: Message = mail_templates.sample("submission")
        assert isinstance(message, Submission)
        with pytest.raises(dataclasses.FrozenInstanceError):
            message.project_name = "other"  # type: ignore[misc]


class TestHtml:
    @every_mail
    def test_it_is_well_formed(self, name: str) -> None:
        page = Page(rendered(name).html)
        assert page.wrong == []
        assert {attributes.get("charset") for attributes in page.all("meta")} >= {"utf-8"}

    @every_mail
    def test_a_screen_reader_finds_its_way(self, name: str) -> None:
        mail = rendered(name)
        page = Page(mail.html)
        assert page.all("html")[0]["lang"] == "en"
        assert re.findall(r"<title>(.*?)</title>", mail.html) == [html.escape(mail.subject, quote=False)]
        assert len(page.all("h1")) == 1
        tables = page.all("table")
        data_tables = [table for table in tables if table.get("role") != "presentation"]
        assert len(data_tables) == (1 if name == "submission" else 0)
        rows = page.all("th")
        assert [row["scope"] for row in rows] == ["row"] * len(rows)
        assert all(len(text) > 8 for text in re.findall(r"<a [^>]*>(.*?)</a>", mail.html))

    @every_mail
    def test_nothing_is_loaded_from_anywhere(self, name: str) -> None:
        """So it looks the same with pictures blocked, and tells nobody that it was opened."""
        mail = rendered(name)
        page = Page(mail.html)
        assert {tag for tag, _ in page.tags} & {"img", "link", "script", "iframe", "object", "video"} == set()
        assert re.findall(r"url\(|@import|src=|background=", mail.html) == []

    @every_mail
    def test_links_that_open_a_specification_are_not_led_through_click_tracking(self, name: str) -> None:
        """SES would rewrite them and put them, token and all, into CLICK events; `ses:no-track` stops it."""
        links = Page(mail_templates.load(name).html).all("a")
        assert len(links) > 0
        assert all("ses:no-track" in link for link in links)

    @every_mail
    def test_it_is_600_pixels_wide_and_fits_ses(self, name: str) -> None:
        template = mail_templates.load(name)
        assert "max-width:600px" in template.html
        # SES: 500 KB a template; Gmail cuts what is longer than 102 KB.
        assert len(template.html.encode()) < 20_000
        assert max(len(line) for line in template.html.splitlines()) < 998, "RFC 5322, 2.1.1"


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #rrggbb."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio: 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Colours(HTMLParser):
    """Every text with its colour and the colour behind it, as CSS gives them by inline style and by class."""

    def __init__(self, source: str, dark: dict[str, dict[str, str]]) -> None:
        super().__init__()
        self._dark, self._stack = dark, [("", "#000000", "#ffffff", False)]
        self.found: set[tuple[str, str]] = set()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = {name: value or "" for name, value in attrs}
        style = dict(re.findall(r"([a-z-]+)\s*:\s*([^;]+)", given.get("style", "")))
        for part in given.get("class", "").split():
            style.update(self._dark.get(part, {}))
            style.update(self._dark.get(f"{self._classes()} {tag}", {}))
        style.update(self._dark.get(f"{self._classes()} {tag}", {}))
        _, text, behind, hidden = self._stack[-1]
        self._stack.append(
            (
                given.get("class", ""),
                style.get("color", text),
                style.get("background-color", behind),
                hidden or style.get("display") == "none" or tag in ("style", "title"),
            )
        )

    def handle_endtag(self, tag: str) -> None:
        self._stack.pop()

    def handle_data(self, data: str) -> None:
        _, text, behind, hidden = self._stack[-1]
        if data.strip() and not hidden and len(self._stack) > 1:
            self.found.add((text, behind))

    def _classes(self) -> str:
        return f".{self._stack[-1][0]}" if self._stack[-1][0] else ""


def dark_rules(source: str) -> dict[str, dict[str, str]]:
    """Declarations of the dark mode, by class; "td .x a" as ".x a"."""
    block = source.split("prefers-color-scheme: dark) {")[1].split("</style>")[0]
    rules: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]+)\}", block):
        declared_here = dict(re.findall(r"([a-z-]+)\s*:\s*(#[0-9a-f]{6}) !important", body))
        for selector in selectors.split(","):
            name = selector.strip()
            rules.setdefault(name if " " in name else name.removeprefix("."), {}).update(declared_here)
    return rules


@every_mail
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(name: str, dark: bool) -> None:
    source = mail_templates.load(name).html
    found = Colours(source, dark_rules(source) if dark else {}).found
    assert len(found) >= 5
    too_faint = {pair: round(contrast(*pair), 2) for pair in found if contrast(*pair) < 4.5}
    assert too_faint == {}
    backgrounds = {behind for _, behind in found}
    assert ("#ffffff" in backgrounds) is not dark, "the colours of the other mode were measured"

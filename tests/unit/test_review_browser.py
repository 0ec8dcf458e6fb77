"""The page of a review in a real Chromium. Where there is none these tests fail, and say how to get it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.paths import ROOT
from ops.review import page as review_page
from tests.support import browser
from tests.support.browser import Page
from tests.support.plans import cases, many, story
from tests.support.plans.builders import review
from tests.support.plans.planted import planted

ENTRIES = "#environment-0 .entries > .entry"
SHOWN = f"[...document.querySelectorAll('{ENTRIES}')].filter(one => one.checkVisibility())"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser.page(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "plan.html"
    target.write_text(review_page.render(story.reviews()), encoding="utf-8")
    return target


def shown(tab: Page) -> list[str]:
    """The names of the entries that can be seen."""
    names: list[str] = tab.ask(f"{SHOWN}.map(one => one.querySelector('summary :is(b, code)').textContent)")
    return names


class TestFilter:
    def test_typed_words_filter_by_address_and_attribute(self, tab: Page, file: Path) -> None:
        tab.open(file)
        everything = shown(tab)
        assert len(everything) == 9
        tab.click("#environment-0 input[type=search]")
        tab.type("hash_key")
        assert shown(tab) == ["dev/database/table"]
        assert tab.ask("document.querySelector('#environment-0 .shown').textContent") == "1 of 9 shown"
        tab.type(" nothing-like-it")
        assert shown(tab) == []
        tab.ask("document.querySelector('#environment-0 input[type=search]').select()")
        tab.press("Backspace", 8)
        assert shown(tab) == everything

    def test_chips_filter_by_action_and_by_risk(self, tab: Page, file: Path) -> None:
        tab.open(file)
        tab.click("#environment-0 input[value=replace]")
        assert shown(tab) == ["dev/database/table", "dev/cdn/keys"]
        tab.click("#environment-0 .chip.risk-5 input")
        assert shown(tab) == ["dev/database/table"]
        tab.click("#environment-0 input[value=replace]")
        tab.click("#environment-0 .chip.risk-5 input")
        assert len(shown(tab)) == 9


class TestFolding:
    OPEN = f"[...document.querySelectorAll('{ENTRIES}')].filter(one => one.open).length"

    def test_each_and_all_at_once(self, tab: Page, file: Path) -> None:
        tab.open(file)
        assert tab.ask(self.OPEN) == 9
        tab.click("#environment-0 .fold")
        assert tab.ask(self.OPEN) == 0
        tab.click("#entry-0-0 summary")
        assert tab.ask("document.querySelector('#entry-0-0 table').checkVisibility()")
        tab.click("#environment-0 .unfold")
        assert tab.ask(self.OPEN) == 9

    def test_a_node_of_the_graph_leads_to_its_entry(self, tab: Page, file: Path) -> None:
        tab.open(file)
        tab.click("#environment-0 .fold")
        tab.click("#environment-0 svg a[href='#entry-0-0']")
        tab.wait("location.hash === '#entry-0-0' && document.querySelector('#entry-0-0').open")


class TestTabs:
    VISIBLE = "[...document.querySelectorAll('.environment')].map(one => one.checkVisibility())"

    def test_by_mouse_and_by_keyboard(self, tab: Page, file: Path) -> None:
        tab.open(file)
        assert tab.ask(self.VISIBLE) == [True, False, False]
        tab.click("#tab-2")
        assert tab.ask(self.VISIBLE) == [False, False, True]
        tab.press("ArrowLeft", 37)
        assert tab.ask(self.VISIBLE) == [False, True, False]
        assert tab.ask("document.activeElement.id") == "tab-1"
        assert tab.ask("document.activeElement.getAttribute('aria-selected')") == "true"

    def test_without_a_script_all_of_it_is_there(self, tab: Page, file: Path) -> None:
        tab.open(file, script=False)
        assert tab.ask(self.VISIBLE) == [True, True, True]
        assert tab.ask("document.querySelector('.toolbar').checkVisibility()") is False
        assert len(shown(tab)) == 9
        tab.click("#entry-0-0 summary")
        assert tab.ask("document.querySelector('#entry-0-0').open") is False


class TestSafety:
    def test_nothing_is_asked_for_and_nothing_complains(self, tab: Page, file: Path) -> None:
        tab.open(file)
        tab.click("#environment-0 .fold")
        assert tab.requests() == [file.as_uri()]
        assert tab.complaints() == []

    ATTACKS = (
        "<script>window.hacked = 1</script>",
        "<img src=x onerror='window.hacked = 1'>",
        '"><svg onload=window.hacked=1>',
        "</script><script>window.hacked = 1</script>",
        "javascript:window.hacked=1",
        "{{ 7 * 7 }}{% raw %}",
    )

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_a_value_stays_text(self, attack: str, tab: Page, tmp_path: Path) -> None:
        target = tmp_path / "evil.html"
        target.write_text(review_page.render([planted(attack)], title=attack), encoding="utf-8")
        tab.open(target)
        assert tab.ask("window.hacked === undefined")
        assert tab.ask("[document.scripts.length, document.images.length]") == [1, 0]
        for place in ("h1", ".was", ".will", ".gate", ".failed", ".note", ".drift summary", "svg", "li"):
            seen = tab.ask(f"[...document.querySelectorAll('{place}')].map(one => one.textContent).join()")
            assert attack.rpartition("/")[2] in seen, place
        assert tab.complaints() == []
        assert tab.requests() == [target.as_uri()]

    def test_its_policy_stops_what_an_escape_would_let_through(
        self, tab: Page, file: Path, tmp_path: Path
    ) -> None:
        broken = file.read_text("utf-8").replace("<main>", "<main><script>window.hacked = 1</script>", 1)
        target = tmp_path / "broken.html"
        target.write_text(broken, encoding="utf-8")
        tab.open(target)
        assert tab.ask("window.hacked === undefined")
        assert "Content Security Policy" in "".join(tab.complaints())


class TestLook:
    SPILLING = (
        "[...document.querySelectorAll('main :is(p, td, th, summary, h2, h3, pre, button)')]"
        ".filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && "
        "getComputedStyle(one).display !== 'inline').map(one => one.outerHTML.slice(0, 200))"
    )

    @pytest.mark.parametrize("width", [1320, 420])
    @pytest.mark.parametrize("name", ["story", "unicode and markup"])
    def test_nothing_spills(self, name: str, width: int, tab: Page, tmp_path: Path) -> None:
        shown = story.reviews() if name == "story" else [review(cases.CASES[name])]
        target = tmp_path / "page.html"
        target.write_text(review_page.render(shown), encoding="utf-8")
        tab.open(target, width=width)
        assert tab.ask(self.SPILLING) == []
        assert tab.ask("document.documentElement.scrollWidth") <= width

    def test_labels_of_the_graph_stay_in_their_boxes(self, tab: Page, file: Path) -> None:
        tab.open(file)
        wider = "one.querySelector('text').getBBox().width + 12 > one.querySelector('rect').getBBox().width"
        shown = "one.querySelector('text').textContent"
        nodes = "[...document.querySelectorAll('#environment-0 .node')]"
        assert tab.ask(f"{nodes}.filter(one => {wider}).map(one => {shown})") == []

    @pytest.mark.parametrize("dark", [False, True])
    def test_every_text_has_the_contrast_that_eyes_need(self, dark: bool, tab: Page, file: Path) -> None:
        """4.5 to 1, as WCAG 2.2 (1.4.3) asks for."""
        tab.open(file, dark=dark)
        found: list[Any] = tab.ask(CONTRAST)
        assert found == []

    def test_every_control_has_a_name(self, tab: Page, file: Path) -> None:
        tab.open(file)
        tree = tab.call("Accessibility.getFullAXTree")["nodes"]
        controls = [
            node
            for node in tree
            if node.get("role", {}).get("value")
            in ("button", "checkbox", "searchbox", "tab", "link", "region")
        ]
        assert len(controls) > 20
        assert [node["role"] for node in controls if not node.get("name", {}).get("value")] == []

    def test_two_thousand_resources(self, tab: Page, tmp_path: Path) -> None:
        target = tmp_path / "many.html"
        target.write_text(review_page.render([many.whole()]), encoding="utf-8")
        tab.open(target)
        assert tab.ask(f"document.querySelectorAll('{ENTRIES}').length") == 1750
        tab.click("#environment-0 input[type=search]")
        tab.type("function1999")
        assert len(shown(tab)) == 1
        assert "drawn in groups" in tab.ask("document.querySelector('#graph-0 + p').textContent")

    @pytest.mark.parametrize("dark", [False, True])
    def test_its_picture(self, dark: bool, tab: Page, file: Path) -> None:
        """UPDATE_GOLDENS=1 writes those of docs/review.md anew."""
        tab.open(file, dark=dark)
        tab.ask("document.querySelectorAll('.entry').forEach((one, at) => { one.open = at < 3; })")
        height = tab.ask("document.documentElement.scrollHeight")
        assert 1000 < height < 4000
        clip = {"x": 0, "y": 0, "width": 1320, "height": height, "scale": 1}
        taken = tab.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        picture = base64.b64decode(taken["data"])
        assert len(picture) > 80_000  # an empty page has a tenth of it
        if os.environ.get("UPDATE_GOLDENS"):
            name = f"plan-page-{'dark' if dark else 'light'}.png"
            (ROOT / "docs" / "images" / name).write_bytes(picture)


CONTRAST = """(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r / 255, g / 255, b / 255]
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const rect = at.tagName === 'g' && at.querySelector('rect');
      const colour = parse(rect ? getComputedStyle(rect).fill : getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
  };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    const seen = one.checkVisibility() && !one.closest('script, style, title');
    if (!seen || !walker.currentNode.textContent.trim()) continue;
    const style = getComputedStyle(one);
    const front = parse(one.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(front), light(behind(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push([one.outerHTML.slice(0, 120), Math.round(ratio * 100) / 100]);
  }
  return weak;
})()"""
"""The texts that can be seen whose colour is too near to what lies behind them."""

"""A page in a real Chromium, driven over its DevTools protocol: typed into, clicked, and asked.

Source: chromedevtools.github.io/devtools-protocol.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from ops import screenshot

SECONDS = 60


class Page:
    """One tab. events: what the browser told beside its answers."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number = connection, 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser, and wait for its answer."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._connection.recv(SECONDS))
            if told.get("id") == self._number:
                assert "error" not in told, f"{method}: {told['error']}"
                result: dict[str, Any] = told["result"]
                return result
            self.events.append(told)

    def open(self, file: Path, *, dark: bool = False, width: int = 1320, script: bool = True) -> None:
        """Load the file, and wait until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self.call("Page.navigate", url=file.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self._connection.recv(SECONDS)))

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until it is true: what a browser does after a click it may do a moment later."""
        deadline = time.monotonic() + SECONDS
        while not self.ask(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of the element."""
        x, y = self.ask(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView("
            "{block: 'center'}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """With the keyboard, where the focus is."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """One key by its name and its Windows code, such as Tab, 9."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, uncaught exceptions, refusals of the page's own policy."""
        self.ask("0")  # takes in what was told meanwhile
        bad = ("Runtime.exceptionThrown", "Log.entryAdded")
        found = [json.dumps(event["params"]) for event in self.events if event["method"] in bad]
        said = [event["params"] for event in self.events if event["method"] == "Runtime.consoleAPICalled"]
        return found + [json.dumps(one) for one in said if one["type"] in ("error", "warning", "assert")]

    def requests(self) -> list[str]:
        """What the page asked for, itself included."""
        self.ask("0")
        asked = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in asked]


@contextmanager
def page(folder: Path) -> Iterator[Page]:
    """A tab of a browser of its own, which is ended. Fails, and says how to get it, where there is none."""
    errors = folder / "chromium.log"
    with errors.open("wb") as log:
        process = subprocess.Popen(
            [
                screenshot.chromium(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
                "--proxy-server=127.0.0.1:9",
                "--remote-debugging-port=0",
                f"--user-data-dir={folder / 'profile'}",
                "about:blank",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        with connect(_tab(folder / "profile" / "DevToolsActivePort", errors), max_size=None) as connection:
            yield Page(connection)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tab(port: Path, errors: Path) -> str:
    """The address of the one tab: the browser's own, asked for its targets."""
    deadline = time.monotonic() + SECONDS
    while not (port.exists() and len(port.read_text().split()) == 2):
        assert time.monotonic() < deadline, errors.read_text(errors="replace")
        time.sleep(0.05)
    number, path = port.read_text().split()
    with connect(f"ws://127.0.0.1:{number}{path}", max_size=None) as browser:
        while True:
            browser.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
            targets = json.loads(browser.recv(SECONDS))["result"]["targetInfos"]
            tabs = [one["targetId"] for one in targets if one["type"] == "page"]
            if tabs:
                return f"ws://127.0.0.1:{number}/devtools/page/{tabs[0]}"
            assert time.monotonic() < deadline, "the browser has no tab"

"""Pictures of a page by headless Chromium, which is asked to load nothing from the network."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120
MEASURE = """<!DOCTYPE html><html><body style="margin:0"><iframe width="{width}" height="1" style="border:0"
onload="document.documentElement.dataset.height = this.contentDocument.documentElement.scrollHeight"
srcdoc="{page}"></iframe></body></html>"""
"""A page in a frame is as wide as asked for; a window of Chromium is not, where no picture is taken."""


def chromium() -> str:
    """Path of the browser. Raises OpsError (TOOL) where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise OpsError(
            f"There is no Chromium; looked for {', '.join(NAMES)}.",
            hint="Install it (Debian: apt install chromium), or write the page with --html --write FILE and "
            "open it in a browser.",
            code=ExitCode.TOOL,
        )
    return found


def take(html: str, target: Path, *, width: int, dark: bool) -> None:
    """Write a PNG of the whole page, `width` pixels wide. Raises OpsError (TOOL or OUTPUT)."""
    browser = chromium()
    with tempfile.TemporaryDirectory(prefix="spec-wizard-mail-") as directory:
        folder = Path(directory)
        measured, page, picture = folder / "measured.html", folder / "page.html", folder / "page.png"
        measured.write_text(MEASURE.format(width=width, page=escape(html)), encoding="utf-8")
        page.write_text(html, encoding="utf-8")
        dump = _run(browser, folder, dark, "--dump-dom", measured.as_uri())
        height = re.search(r'data-height="(\d+)"', dump)
        if height is None:
            raise OpsError("Chromium did not tell the height of the page.", code=ExitCode.TOOL)
        size = f"--window-size={width},{height[1]}"
        _run(browser, folder, dark, size, f"--screenshot={picture}", page.as_uri())
        if not picture.exists():
            raise OpsError("Chromium made no picture.", code=ExitCode.TOOL)
        _keep(picture, target)


def _run(browser: str, folder: Path, dark: bool, *arguments: str) -> str:
    """What Chromium prints. It refuses to run as root without --no-sandbox; the page is ours."""
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--proxy-server=127.0.0.1:9",
        f"--user-data-dir={folder / 'profile'}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        *arguments,
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise OpsError(f"{browser} did not end within {SECONDS} seconds.", code=ExitCode.TOOL) from error
    except (OSError, subprocess.CalledProcessError) as error:
        lines = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise OpsError(f"{browser} failed: {lines[-1] if lines else error}", code=ExitCode.TOOL) from error
    return done.stdout


def _keep(picture: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, target)
    except OSError as error:
        raise OpsError(
            f"Could not write {target}: {error.strerror or error}.",
            hint="Choose another place, then try again.",
            code=ExitCode.OUTPUT,
        ) from error

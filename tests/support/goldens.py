"""Documents that are compared with what was looked at and committed.

`UPDATE_GOLDENS=1` in the environment writes them anew; the difference is then read before it is committed.
"""

from __future__ import annotations

import os

from ops.paths import ROOT


def check(name: str, text: str) -> None:
    """`text` is what tests/goldens/<name> says."""
    file = ROOT / "tests" / "goldens" / name
    if os.environ.get("UPDATE_GOLDENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"UPDATE_GOLDENS=1 writes {name} anew"


def check_part(path: str, mark: str, text: str) -> None:
    """`text` is what stands in a file of the project between `<!-- mark -->` and `<!-- end of mark -->`."""
    file = ROOT / path
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    part, _, after = rest.partition(end)
    if os.environ.get("UPDATE_GOLDENS"):
        file.write_text(before + begin + text + end + after, encoding="utf-8")
        part = text
    assert text == part, f"UPDATE_GOLDENS=1 writes this part of {path} anew"

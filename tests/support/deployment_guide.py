"""The commands of docs/DEPLOYMENT_GUIDE.md, and what the page says is done with each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ops.paths import ROOT

TEXT = (ROOT / "docs/DEPLOYMENT_GUIDE.md").read_text(encoding="utf-8")
AWS_ONLY = "# AWS only"
LAST_PART = "## What of this page is run"
COMMAND = re.compile(r"`((?:ops|cdktf) [^`]*)`")


@dataclass(frozen=True)
class Typed:
    """A command, and the exit code that the page says it ends with."""

    command: str
    code: int = 0


def part(mark: str) -> str:
    """What stands between the comments of this name."""
    return TEXT.partition(f"<!-- {mark} -->\n")[2].partition(f"<!-- end of {mark} -->")[0]


def lines() -> list[Typed]:
    """Those of the blocks, in their order, without those for the real AWS."""
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    found = []
    for line in "".join(blocks).splitlines():
        command, _, comment = line.partition(" # ")
        code = re.search(r"exit code (\d+)", comment)
        if command and AWS_ONLY not in line:
            found.append(Typed(command.strip(), int(code[1]) if code else 0))
    return found


def inline() -> set[str]:
    """Those of sentences and tables, the last part aside, which names them once more."""
    return set(COMMAND.findall(TEXT.partition(LAST_PART)[0]))


def run_at_the_end() -> list[Typed]:
    """Those of sentences and tables that change nothing, as the page has them: with ENV and COMMAND."""
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", part("run at the end"), re.MULTILINE)
    return [Typed(command, int(code)) for code, cell in rows for command in COMMAND.findall(cell)]


def only_read() -> list[str]:
    """Those that are not run."""
    return COMMAND.findall(part("only read"))

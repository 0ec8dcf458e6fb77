"""What messages tell people to do before the command can go on after a kill."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import TypeVar

from ops.exit_codes import ExitCode
from tests.drills.site import Ended, Site

Run = TypeVar("Run", bound=Ended)
ENTRY = re.compile(r"^\s*\[\[acknowledged\]\]\n(?:\s*\w+ = .*\n)+", re.MULTILINE)
FORGET = re.compile(r"terraform -chdir=\S+/(\S+) (state rm .+)")
ROUNDS = 4
"""More than enough: what is done once is not asked for again."""


def followed(site: Site, run: Callable[[], Run]) -> Run:
    """Run until nothing is advised that could be done at once.

    What a killed deploy has half made is reviewed as what is there, so gates close: the entries that are
    printed for that are put where they belong, with a name and a reason.
    """
    for _ in range(ROUNDS):
        ended = run()
        if ended.code == ExitCode.GATED:
            _acknowledge(site, ended.output)
        elif ended.code == ExitCode.STATE and (forget := FORGET.search(ended.output)):
            done = site.here.terraform(forget[1], *shlex.split(forget[2]))
            assert done.returncode == 0, done.stderr
        else:
            break
    return ended


def _acknowledge(site: Site, said: str) -> None:
    entries = "\n".join(ENTRY.findall(said))
    assert entries, said
    filled = entries.replace('by = ""', 'by = "drill"')
    filled = filled.replace('reason = ""', 'reason = "Of the run that was killed."')
    with (site.here.root / "environments/acknowledged.toml").open("a") as file:
        file.write(f"\n{filled}")

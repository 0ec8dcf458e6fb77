"""The tables of `docs/faults.md`: what the drill tries, in words."""

from __future__ import annotations

from collections import Counter

from ops.exit_codes import ExitCode
from tests.drills import elsewhere, outages, victims
from tests.drills.kills import Who
from tests.drills.outages import Outage


def kills_table() -> str:
    """One row for each command that is killed."""
    rows = ["| command | killed | afterwards |", "|---|---|---|"]
    for victim in victims.ALL:
        counted = Counter(str(one) for one in victim.who)
        counted[f"{Who.EVERYTHING} in the first seconds"] += victim.early
        killed = "; ".join(f"{who} {_times(count)}" for who, count in counted.items() if count)
        after = (victim.converged.__doc__ or "").removesuffix(".")
        kept = "; items and objects byte for byte" if victim.keeps and victim.stack == "dev" else ""
        rows.append(f"| `{victim.name}` | {killed} | {after}{kept} |")
    name = victims.SMALL.name
    rows += [f"| `{name}` | {kill} | The next run ends well |" for kill, _ in victims.EXACTLY]
    return "\n".join(rows) + "\n"


def outages_table() -> str:
    """One row for each outage."""
    rows = ["| command | what fails | how it ends |", "|---|---|---|"]
    rows += [_row(outage) for outage in outages.ALL]
    return "\n".join(rows) + "\n"


def elsewhere_table() -> str:
    """One row for each fault of another drill."""
    rows = ["| command | what happens | faults | afterwards |", "|---|---|---|---|"]
    rows += [f"| `{one.command}` | {one.fault} | {one.times} | {one.back} |" for one in elsewhere.ALL]
    return "\n".join(rows) + "\n"


def kills() -> int:
    """How many kills there are, those of other drills not counted."""
    return sum(victim.early + len(victim.who) for victim in victims.ALL) + len(victims.EXACTLY)


def _row(outage: Outage) -> str:
    end = "well: tried again by itself"
    if outage.code != ExitCode.OK:
        end = f"exit code {outage.code.value} `{outage.code.name}`; the next run ends well"
    return f"| `ops {' '.join(outage.words)}` | {outage.what} | {end} |"


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"

"""The report for people: what is to be done, check by check, and the counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ops.policy.model import Finding, Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


def show(report: Report, console: Console) -> None:
    """Print the report."""
    from rich.text import Text

    for line in [
        *findings(report.findings),
        *(Text(f"✗ {line}", "red") for line in report.trouble),
        *(Text(f"· {line}", "dim") for line in report.notes),
    ]:
        console.print(line, soft_wrap=True)
    console.print(counts_table(report))
    console.print(Text(summary(report), "bold green" if report.clean else "bold red"), soft_wrap=True)


def findings(found: Iterable[Finding]) -> Iterator[Text]:
    """A paragraph for each check and problem: what, the resources with their environments, how to mend it."""
    from rich.text import Text

    paragraphs: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for one in found:
        paragraphs[one.check, one.what, one.mend].append(one)
    for (check, what, mend), each in sorted(paragraphs.items()):
        yield Text.assemble((f"✗ {check}", "bold red"), (f"  {what}", "bold"))
        places = grouped(each)
        width = max(len(place) for place, _, _ in places)
        for place, environments, address in places:
            yield Text.assemble(f"    {place:<{width}}  ", (environments, "cyan"), (f"  {address}", "dim"))
        yield Text.assemble(("    to mend: ", "green"), mend)
        yield Text("")


def grouped(found: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """For each resource its place, the environments in which it is refused, and its address.

    An environment is followed by its configuration, where the resource is refused in one of them only.
    """
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in found:
        alone = (
            f" ({one.configurations[0]})" if len(one.configurations) == 1 and one.configurations[0] else ""
        )
        rows[one.construct, one.address].append(f"{one.environment}{alone}")
    return [(place, ", ".join(environments), address) for (place, address), environments in rows.items()]


def counts_table(report: Report) -> Table:
    """How many pairs of a check and a resource passed, failed and were skipped, by environment."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("environment")
    for name in ("passed", "failed", "skipped"):
        table.add_column(name, justify="right")
    for name, counts in report.counts().items():
        table.add_row(name, *(str(counts[column]) for column in ("passed", "failed", "skipped")))
    return table


def summary(report: Report) -> str:
    """The last line."""
    took = f" ({sum(report.seconds.values()):.1f} s)" if report.seconds else ""
    if report.clean:
        return f"Policy: every finding is explained{took}."
    parts = []
    if report.findings:
        parts.append(f"{len(report.findings)} unexplained {_plural('finding', len(report.findings))}")
    if report.trouble:
        parts.append(f"{len(report.trouble)} {_plural('mistake', len(report.trouble))} in the skip table")
    return f"Policy: {' and '.join(parts)}{took}. Mend the code, or explain it in policy/skips.toml."


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"

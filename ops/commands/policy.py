"""`ops policy`: checkov, zizmor and rules of our own, with a table of what is right as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from environments import ENVIRONMENTS, naming
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.policy.model import Report

STACKS = (naming.ACCOUNT, *ENVIRONMENTS)


def policy(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ENV]…", help="Of dev, staging, prod and account; all by default."),
    ] = None,
    configured: Annotated[
        bool,
        typer.Option(
            "--configured", help="Check what this machine's configuration makes, not the reference."
        ),
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check stacks and workflows against checkov, zizmor and rules of our own. Asks no AWS and no network.

    Stacks are made with example values in reference configurations, so that every checkout has the same
    result; what is right as it is, is explained in policy/skips.toml. Exit code 0: every finding is
    explained; 24: one is not, or a skip explains nothing, is of no check or environment, or has no reason.
    """
    import json

    from rich.console import Console

    from ops.errors import OpsError
    from ops.policy import report as reports

    unknown = [name for name in names or [] if name not in STACKS]
    if unknown:
        raise OpsError(
            f"{unknown[0]!r} is no stack.",
            hint=f"Name some of: {', '.join(STACKS)}.",
            code=ExitCode.CONFIGURATION,
        )
    console = Console(stderr=json_, highlight=False, emoji=False)
    report = check(names or STACKS, console, configured=configured)
    if json_:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        reports.show(report, console)
    if not report.clean:
        raise typer.Exit(ExitCode.POLICY)


def check(names: list[str] | tuple[str, ...], console: Console, *, configured: bool = False) -> Report:
    """Check these stacks, and the workflows. Raises OpsError: TOOL where the scanners are not installed."""
    import time
    from dataclasses import replace

    from ops.policy import checkov, judging, reference, rule, table, workflows
    from ops.policy import configured as own
    from ops.progress import step

    began = time.monotonic()
    skips = table.load()
    with step(console, "Synthesizing the stacks"):
        stacks = own.stacks(names) if configured else reference.stacks(names)
    synthesized = time.monotonic()
    labels = {key: "/".join(key) for key in stacks}
    with step(console, f"Checking {len(stacks)} stacks with checkov and our rules"):
        scan = checkov.scan({labels[key]: stack for key, stack in stacks.items()})
        ours = [(key[0], rule.judge(stack)) for key, stack in stacks.items()]
    scanned = time.monotonic()
    with step(console, f"Checking {len(workflows.files())} workflows with check-jsonschema and zizmor"):
        of_workflows = workflows.scan()
    ended = time.monotonic()
    outcomes = judging.combined(
        [*((key[0], scan.outcomes[labels[key]]) for key in stacks), *ours, ("", of_workflows)]
    )
    known = {*scan.checks, *(one.id for one in rule.all_rules()), workflows.SCHEMA}
    report = judging.report(outcomes, skips, known, reference=not configured)
    seconds = {
        "synth": synthesized - began,
        "stacks": scanned - synthesized,
        "workflows": ended - scanned,
    }
    return replace(report, seconds=seconds)

"""`ops restore table`, step by step. Each step finds out what an earlier run has done of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from environments import naming
from ops import confirmation
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.progress import step
from ops.recovery import counting, tables, times
from ops.recovery.situation import Situation
from ops.recovery.table_run import TableRun
from ops.recovery.tables import Table
from ops.recovery.times import shown, span

LATEST = "latest"


def restore(run: TableRun, text: str, generation: int | None) -> None:
    """Restore a generation (None: the live one) to the time, compare, switch over."""
    situation = run.situation()
    source, live = situation.table(generation or situation.live), situation.table(situation.live)
    at = _time(run, text, source, situation)
    if situation.configured == situation.live and generation is None and live.restored_to == at:
        _finish(run, situation, at)
        return
    number, begun = situation.target(source, at)
    target = naming.table(run.environment, number)
    run.result |= {"source": source.name, "restored_to": shown(at), "target": target}
    run.say(
        f"{source.name} as it was at {shown(at)} ({span(_ago(at))} ago) comes back as {target}"
        + (", which an earlier run began." if begun else ".")
    )
    if run.choices.dry_run:
        _explain(run, source, target)
        return
    with step(run.console, f"DynamoDB restores {target}"):
        if not begun:
            tables.start(run.dynamodb, source, target, at)
        restored = tables.wait(run.dynamodb, target, run.environment, _waiting(run))
    ready = time.monotonic()
    run.compare(live, restored)
    again = f"ops restore table {run.environment} --to {shown(at)}"
    if not run.choices.switch:
        run.say(f"{target} is ready; {live.name} is still live. To switch over:  {again}")
        return
    run.switch(
        number,
        f"Shall {target} become the live table of {run.environment}, instead of {live.name}?",
        f"{live.name} is still live, and {target} is kept. To switch over:  {again}   To remove it:  "
        f"ops restore table {run.environment} --remove-old",
    )
    if begun:
        _say_rto(run, restored)
    else:
        ended = time.monotonic()
        run.say(
            f"RTO {span(ended - run.began)}, counted from the start of this command: "
            f"{span(ready - run.began)} until the items were there, {span(ended - ready)} until everything "
            "used them."
        )
    _say_rpo(run, live.name, at, "RPO")
    _say_way_back(run, live.name)


def back(run: TableRun, generation: int | None) -> None:
    """Make an earlier generation live again; None: the one that the live one was restored from."""
    situation = run.situation()
    table, live = situation.way_back(generation), situation.table(situation.live)
    if table.generation != live.generation:
        run.compare(live, table)
    if run.choices.dry_run:
        run.say(f"{table.name} would be the live table of {run.environment}. Nothing was changed.")
        return
    changed = run.switch(
        table.generation,
        f"Shall {table.name} be the live table of {run.environment} again, instead of {live.name}?",
        f"{live.name} is still live.",
    )
    if not changed:
        run.say(f"{table.name} is live. Nothing to do.")
        return
    run.say(
        f"Back after {span(time.monotonic() - run.began)}. What was written meanwhile is in {live.name} "
        "only, which is kept."
    )


def remove_old(run: TableRun) -> None:
    """Delete the generations that nothing uses, after showing what they hold."""
    old = run.situation().old()
    if not old:
        run.say(f"There is no old table of {run.environment}. Nothing to do.")
        return
    run.result["old"] = [table.name for table in old]
    for table in old:
        items = sum(counting.count(run.dynamodb, table.name).values()) if table.ready else table.items
        run.say(f"  {table.name}: {items} items, {table.status}")
    if run.choices.dry_run:
        run.say("These would be deleted. Nothing was changed.")
        return
    names = ", ".join(table.name for table in old)
    confirmation.ask(
        run.environment, f"Delete {names}?", yes=run.choices.yes, unchanged="Nothing was deleted."
    )
    for table in old:
        with step(run.console, f"Deletion of {table.name}"):
            tables.remove(run.dynamodb, table)
        run.result.setdefault("removed", []).append(table.name)


def _finish(run: TableRun, situation: Situation, at: datetime) -> None:
    """The table is live; what uses it may not all know yet, where an apply was cut off."""
    live = situation.table(situation.live)
    done = f"{live.name} is live already, restored to {shown(at)}."
    if run.choices.dry_run:
        run.say(f"{done} What may be left of the switch would be done. Nothing was changed.")
        return
    source = next((table for table in situation.tables if table.name == live.source), None)
    if source:
        run.compare(source, live)
    if run.switch(
        live.generation, f"{done} Shall what is left of the switch be done?", "It is not all done."
    ):
        _say_rto(run, live)
        rpo = "RPO"
    else:
        run.say(f"{done} Nothing to do.")
        run.say(
            f"The restore was begun at {shown(live.created)}. When everything used it is written down "
            "nowhere, so there is no RTO."
        )
        rpo = "RPO at most"
    if source is None:
        run.say(
            f"{live.source} is gone: what was written after {shown(at)} was there, and so was the way back."
        )
        return
    _say_rpo(run, source.name, at, rpo)
    _say_way_back(run, source.name)


def _say_rto(run: TableRun, restored: Table) -> None:
    """Of a restore that an earlier run began: the table alone knows when."""
    run.say(
        f"RTO {span(_ago(restored.created))}, counted from {shown(restored.created)}, when DynamoDB began to "
        f"restore {restored.name}; this run took {span(time.monotonic() - run.began)} of it."
    )


def _say_rpo(run: TableRun, old: str, at: datetime, rpo: str) -> None:
    run.say(f"{rpo} {span(_ago(at))}: what was written after {shown(at)} is in {old} only.")


def _say_way_back(run: TableRun, old: str) -> None:
    run.say(f"The way back:  ops restore table {run.environment} --back")
    run.say(f"Once {old} is needed no longer:  ops restore table {run.environment} --remove-old")


def _time(run: TableRun, text: str, source: Table, situation: Situation) -> datetime:
    """Within the window of the source, unless that very restore was begun already."""
    window = tables.window(run.dynamodb, source.name)
    begun = {table.restored_to for table in situation.tables}
    if text != LATEST and (at := times.parse(text, datetime.now(UTC))) in begun:
        return at
    if window is None:
        raise OpsError(
            f"{source.name} has no point-in-time recovery, so there is nothing to restore it from.",
            hint="DYNAMODB_POINT_IN_TIME_RECOVERY switches it on, from the next deployment onwards.",
            code=ExitCode.STATE,
        )
    if text == LATEST:
        return window.latest
    older = f"For times before that, name the table it came from, {source.source}: --generation N. "
    hint = (older if source.source else "") + f"Allowed: {times.FORMS}; or {LATEST}."
    times.require_within(at, window, source.name, hint)
    return at


def _waiting(run: TableRun) -> Callable[[str, float], None]:
    """A line a minute."""
    said = 0.0

    def progress(status: str, seconds: float) -> None:
        nonlocal said
        if seconds - said >= 60:
            said = seconds
            run.say(f"  {status} since {span(seconds)}; Ctrl-C leaves it, the same command goes on with it")

    return progress


def _explain(run: TableRun, source: Table, target: str) -> None:
    for line in (
        f"  1. DynamoDB makes {target}, with the keys, indexes and encryption of {source.name}",
        f"     (about {source.items} items, {source.size_bytes / 1e6:.1f} MB).",
        "  2. The items of both are counted by kind.",
        "  3. The switch is planned, and you are asked; until then nothing uses the new table.",
        "  4. Terraform takes it over: TTL, stream, recovery, tags, protection, scaling; functions,",
        "     alarms, grants, parameters and outputs follow.",
        f"  5. {source.name} stays as it is, outside Terraform, until you remove it.",
        "Nothing was changed.",
    ):
        run.say(line)


def _ago(at: datetime) -> float:
    return (datetime.now(UTC) - at).total_seconds()

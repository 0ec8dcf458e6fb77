"""Faults on purpose: `kill -9` at drawn points, two deploys at once, requests that fail.

On one local AWS, in this order: what a test leaves is what the next one begins with. FAULT_SEED repeats the
drawn faults of a run. `docs/faults.md` has the list.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ops.exit_codes import ExitCode
from tests.drills import kills, site, victims
from tests.drills.belongings import Belongings
from tests.drills.kills import Kill, Struck
from tests.drills.report import ROWS, Row
from tests.drills.site import Site
from tests.drills.stored import Stored, forget_digest, locked_in, stored, unlock
from tests.drills.victims import VICTIMS, Victim
from tests.support.fault_schedule import seed


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site.ready(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture(scope="module")
def belongings(here: Site) -> Belongings:
    return Belongings(here, seed())


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.name)
def test_killed_anywhere_the_next_run_goes_on_and_converges(
    here: Site, belongings: Belongings, victim: Victim
) -> None:
    tried = kills.drawn(seed(), victim.name, victim.who, victim.changes)
    for kill in tried:
        started = time.monotonic()
        before = stored(here, victim.stack) if victim.stack else None
        struck = kills.strike(here, victim.words, kill, **victim.settings)
        assert struck.at, f"{kill} came too late: the run had ended\n{struck.ended.output}"
        assert "Traceback" not in struck.ended.output
        back = _make_good(here, victim, before, kill, struck)
        if victim.stack and victim.keeps:
            assert belongings.lost() == []
            belongings.put_once_possible()
        ROWS.append(Row(victim.name, str(kill), struck.at, back, time.monotonic() - started))
    started = time.monotonic()
    here.well(*victim.words, **victim.settings)
    if victim.keeps:
        assert belongings.lost() == []
    victim.converged(here, victim)
    ROWS.append(Row(victim.name, "run to its end", "", "converged", time.monotonic() - started))


def _make_good(here: Site, victim: Victim, before: Stored | None, kill: Kill, struck: Struck) -> str:
    """What the messages tell people to do before the next run, and what that was."""
    if before is None:
        return "the next run goes on"
    done = []
    after = stored(here, victim.stack)
    assert after.follows(before), f"{kill} lost the state:\n{before}\n{after}"
    if locked_in(here, victim.stack):
        unlock(here, victim.stack)
        done.append("unlocked")
    if not after.consistent:
        told = here.ops(*victim.words, **victim.settings)
        assert told.code == ExitCode.STATE, told.output
        assert "terraform.tfstate-md5" in told.output
        forget_digest(here, victim.stack)
        done.append("old digest forgotten")
        unlock(here, victim.stack)
    return ", ".join(done) or "the next run goes on"

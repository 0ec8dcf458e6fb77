"""Faults on purpose: `kill -9` at drawn points, requests that fail, two deploys at once.

On one local AWS, in this order: what a test leaves is what the next one begins with. FAULT_SEED repeats the
drawn faults of a run. `docs/faults.md` has the list.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ops.exit_codes import ExitCode
from tests.drills import advice, kills, outages, site, victims
from tests.drills.belongings import Belongings
from tests.drills.kills import Kill
from tests.drills.outages import Outage
from tests.drills.report import Row, record
from tests.drills.site import Ended, Site
from tests.drills.small_main import DAYS, SMALL
from tests.drills.stored import Stored, addresses, locked_in, mend, stored, unlock
from tests.drills.test_restore_table import moment
from tests.drills.victims import Victim
from tests.local.inventory import left_over
from tests.support.fault_schedule import Fault, Rule, Schedule, seed

HELD_S = 300.0
"""How long a deploy waits for an answer, and holds its lock, unless the others have tried before."""
RETENTION = "CLOUDTRAIL_LOG_RETENTION_DAYS"
"""Of the account's stack: a change of it is one update."""
HALF_MADE = (
    "aws_dynamodb_table",
    "aws_s3_bucket",
    "aws_kms_key",
    "aws_sqs_queue",
    "aws_lambda_function",
    "aws_cloudwatch_log_group",
    "aws_iam_role",
)
"""One of each is marked as half made: what holds data, and what is made before the old one goes."""
WHO_AND_WHEN = re.compile(r"Who:\s+\S+@\S+.*Created:\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.DOTALL)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site.ready(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture(scope="module")
def belongings(here: Site) -> Belongings:
    return Belongings(here, seed())


def test_a_killed_bootstrap_goes_on(here: Site, belongings: Belongings) -> None:
    _killed_again_and_again(here, belongings, victims.BOOTSTRAP)


@pytest.mark.parametrize("outage", outages.FIRST, ids=str)
def test_bootstrap_survives_an_outage_or_explains_it(here: Site, outage: Outage) -> None:
    _outage(here, outage)


def test_a_killed_deploy_of_the_account_goes_on(here: Site, belongings: Belongings) -> None:
    _killed_again_and_again(here, belongings, victims.ACCOUNT)


@pytest.mark.parametrize(("kill", "value"), victims.EXACTLY, ids=str)
def test_a_kill_at_the_lock_or_the_state_is_made_good(
    here: Site, belongings: Belongings, kill: Kill, value: str
) -> None:
    victims.account_of_it(here)
    _killed(here, belongings, replace(victims.SMALL, settings={DAYS: value}), kill)


@pytest.mark.parametrize("outage", outages.DEPLOYING, ids=str)
def test_a_deploy_survives_an_outage_or_explains_it(here: Site, outage: Outage) -> None:
    victims.account_of_it(here)
    _outage(here, outage)


def test_after_all_that_the_next_deploy_finds_nothing_broken(here: Site) -> None:
    victims.account_of_it(here)
    small = replace(victims.SMALL, settings={DAYS: "150"})
    here.well(*small.words, **small.settings)
    small.converged(here, small)


def test_of_two_deploys_at_once_exactly_one_proceeds(here: Site) -> None:
    """`ops` holds the lock; `ops` and `cdktf` are told by whom it is held and since when."""
    victims.account_of_it(here)
    others = {outages.DEPLOY: 6, ("cdktf", "deploy", "staging", "--auto-approve"): 1}
    _hold(here, outages.DEPLOY, {DAYS: "180"}, {DAYS: "365"}, others)


def test_cdktf_that_deploys_keeps_ops_away(here: Site) -> None:
    victims.account_of_it(here)
    holder = ("cdktf", "deploy", "account", "--auto-approve")
    _hold(here, holder, {RETENTION: "60"}, {RETENTION: "180"}, {victims.DEPLOY_ACCOUNT: 6})


@pytest.mark.parametrize("victim", [victims.DEV, victims.CHANGE], ids=lambda victim: victim.name)
def test_a_killed_deploy_of_dev_goes_on(here: Site, belongings: Belongings, victim: Victim) -> None:
    _killed_again_and_again(here, belongings, victim)
    assert belongings.items


def test_what_was_left_half_made_is_completed_in_place(here: Site, belongings: Belongings) -> None:
    """Terraform would make it anew: the table without its items, a queue that it deletes right afterwards."""
    victims.dev_of_it(here)
    belongings.put_once_possible()
    started = time.monotonic()
    marked = [next(one for one in addresses(here, "dev") if one.startswith(f"{kind}.")) for kind in HALF_MADE]
    for address in marked:
        here.terraform("dev", "taint", address)
    ended = here.run(*victims.DEPLOY_DEV)
    assert ended.code == 0, ended.output
    for address in marked:
        assert f"kept and completed in place: {address}" in ended.output
    assert not re.search(r"\d to (add|replace|destroy)", ended.output), ended.output
    assert belongings.lost() == []
    record(
        Row(
            "an apply that left things half made",
            f"{len(marked)} kinds",
            "",
            "completed in place",
            time.monotonic() - started,
        )
    )


@pytest.mark.parametrize("outage", outages.USING, ids=str)
def test_what_uses_a_deployment_survives_an_outage_or_explains_it(here: Site, outage: Outage) -> None:
    victims.dev_of_it(here)
    _outage(here, outage)


def test_smoke_gives_the_same_verdict_on_a_bad_line(here: Site) -> None:
    """A promise that is kept is not called broken because a request failed once."""
    victims.dev_of_it(here)
    started = time.monotonic()
    good = _verdict(here)
    here.proxy.schedule = Schedule(outages.MIXED, f"{seed()} smoke")
    assert _verdict(here) == good
    hits = here.proxy.schedule.hits
    here.calm()
    assert hits
    what = f"survived: {len(hits)} requests"
    record(Row("ops smoke dev", what, "nothing", "tried again by itself", time.monotonic() - started))


def test_objects_come_back_on_a_bad_line(here: Site, belongings: Belongings) -> None:
    """Each byte by byte, however often its copy had to be tried."""
    victims.dev_of_it(here)
    belongings.put_once_possible()
    at = moment()
    belongings.damage_objects()
    assert len(belongings.lost()) == len(belongings.objects) > 0
    _outage(here, outages.RESTORING, at)
    assert belongings.lost() == []


def test_an_environment_is_destroyed_on_a_bad_line(here: Site) -> None:
    """That nothing is left is seen on a good line, straight from the local AWS."""
    victims.account_of_it(here)
    if not stored(here, SMALL).resources:
        here.well(*victims.SMALL.words)
    assert left_over(here.here.local_aws, SMALL)
    _outage(here, outages.DESTROYING)
    assert left_over(here.here.local_aws, SMALL) == []
    assert stored(here, SMALL).resources == ()


def _verdict(here: Site) -> dict[str, bool]:
    """Promise -> whether it held."""
    ended = here.run("smoke", "dev", "--json")
    assert ended.code in (ExitCode.OK, ExitCode.PROOF), ended.output
    document = ended.output[ended.output.index("[") : ended.output.rindex("]") + 1]
    return {result["promise"]: result["held"] for result in json.loads(document)}


@pytest.mark.parametrize("victim", victims.AT_LAST, ids=lambda victim: victim.name)
def test_a_killed_end_of_dev_goes_on(here: Site, belongings: Belongings, victim: Victim) -> None:
    _killed_again_and_again(here, belongings, victim)


def _killed_again_and_again(here: Site, belongings: Belongings, victim: Victim) -> None:
    """All kills of a victim, each looked at; then the run that nobody kills, and what it left."""
    victim.before(here)
    early = kills.early(seed(), victim.name, victim.early)
    for kill in early + kills.drawn(seed(), victim.name, victim.who, victim.changes):
        _killed(here, belongings, victim, kill)
    started = time.monotonic()
    here.calm()
    ended = advice.followed(here, lambda: here.run(*victim.words, **victim.settings))
    assert ended.code == 0, ended.output
    victim.converged(here, victim)
    if victim.keeps:
        assert belongings.lost() == []
    if victim.stack:
        belongings.put_once_possible()
    record(Row(victim.name, "", "", "run to its end, nothing left to do", time.monotonic() - started))


def _killed(here: Site, belongings: Belongings, victim: Victim, kill: Kill) -> None:
    """One kill, and what has to be true right after it."""
    started = time.monotonic()
    before = stored(here, victim.stack) if victim.stack else None
    struck = advice.followed(here, lambda: kills.strike(here, victim.words, kill, **victim.settings))
    assert struck.at, f"{kill} came too late: the run had ended\n{struck.output}"
    assert "Traceback" not in struck.output
    back = _make_good(here, victim.words, victim.settings, before) if before else "run again"
    if victim.stack and victim.keeps:
        assert belongings.lost() == []
        belongings.put_once_possible()
    record(Row(victim.name, str(kill), struck.at, back, time.monotonic() - started))


def _outage(here: Site, outage: Outage, at: str = "") -> None:
    """One outage of a command, and the run after it where the command could not end well.

    at: what stands for TIME among its words.
    """
    started = time.monotonic()
    words = tuple(at if word == outages.TIME else word for word in outage.words)
    before = stored(here, outage.words[1]) if outage.words[0] in ("deploy", "destroy") else None
    here.proxy.schedule = Schedule(outage.rules, f"{seed()} {outage}")
    ended = here.run(*words, **outage.settings)
    hits = here.proxy.schedule.hits
    here.calm()
    assert hits, "nothing failed"
    assert "Traceback" not in ended.output
    assert ended.code == outage.code, f"{hits}\n{ended.output}"
    assert outage.says in ended.output, ended.output
    back = _make_good(here, words, outage.settings, before) if before else "run again"
    if ended.code == ExitCode.OK and back == "run again":
        back = "tried again by itself"
    elif outage.then:
        after = here.well(*words, **outage.settings)
        assert outage.then in after, after
    how = "survived" if ended.code == ExitCode.OK else f"explained: {outage.code.name}"
    record(Row(str(outage), how, f"{len(hits)} requests", back, time.monotonic() - started))


def _make_good(here: Site, words: tuple[str, ...], settings: dict[str, str], before: Stored) -> str:
    """What the messages tell people to do before the next run, and what that was."""
    stack, done = words[1], []
    after = stored(here, stack)
    assert after.follows(before), f"the state was lost:\n{before}\n{after}"
    if locked_in(here, stack):
        unlock(here, stack)
        done.append("unlocked")
    if not after.consistent:
        told = here.run(*words, **settings)
        assert told.code == ExitCode.STATE, told.output
        assert f"ops --local state doctor {stack}" in told.output
        mend(here, stack)
        done.append("checksum mended as the doctor says")
        if locked_in(here, stack):
            unlock(here, stack)
    return ", ".join([*done, "run again"])


def _hold(
    here: Site,
    holder: tuple[str, ...],
    change: dict[str, str],
    other: dict[str, str],
    others: dict[tuple[str, ...], int],
) -> None:
    """A deploy whose one change takes long, and others that want another one, with their exit codes."""
    started = time.monotonic()
    (stack,) = {"staging", "account"} & set(holder)
    before = stored(here, stack)
    here.proxy.slow_s = HELD_S
    here.proxy.schedule = Schedule((Rule(Fault.SLOW, outages.asks("logs", "PutRetentionPolicy")),))
    with here.started(*holder, **change) as first:
        while not here.proxy.schedule.hits:
            assert first.poll() is None, first.communicate()[0]
            time.sleep(0.1)
        for words, code in others.items():
            refused = here.run(*words, **other)
            assert refused.code == code, refused.output
            assert "Error acquiring the state lock" in refused.output
            assert WHO_AND_WHEN.search(refused.output), refused.output
        assert first.poll() is None, "the first was done before the others asked"
        here.proxy.slow_s = 0
        ended = Ended(first.wait(120), first.communicate()[0])
    here.calm()
    here.proxy.slow_s = 4.0
    assert ended.code == 0, ended.output
    after = stored(here, stack)
    assert after.follows(before)
    assert after.consistent
    assert locked_in(here, stack) == []
    retained = [str(group["retention_in_days"]) for group in after.whole("aws_cloudwatch_log_group")]
    assert set(change.values()) <= {*retained}
    assert not set(other.values()) & {*retained}
    fault = " and ".join(_typed(words) for words in others) + " at the same time"
    told = f"refused, told who and since when: {', '.join(str(code) for code in others.values())}"
    record(Row(_typed(holder), fault, "nothing", told, time.monotonic() - started))


def _typed(words: tuple[str, ...]) -> str:
    """As a person types it, without the options."""
    program = () if words[0] == "cdktf" else ("ops",)
    return " ".join([*program, *(word for word in words if not word.startswith("--"))])

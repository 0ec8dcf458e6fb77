"""`kill -9` at points drawn by a seed: at the n-th request that changes something, or after some seconds."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from environments.naming import LOCK_TABLE
from tests.drills.site import Ended, Site
from tests.local.checkout import COLOURS
from tests.support.fault_proxy import Moment, Trap
from tests.support.fault_requests import Request

ORPHAN_S = 60
"""How long Terraform may live on after `ops` was killed: until it says something and nobody hears it."""


PROVIDER = "terraform-provider-"
"""In the command line of every provider."""


class Who(StrEnum):
    """Which program is killed."""

    OPS = "ops"
    TERRAFORM = "Terraform"
    PROVIDER = "the provider"
    EVERYTHING = "ops, Terraform and the provider"
    LOCAL_AWS = "the local AWS"


@dataclass(frozen=True)
class Kill:
    """who, and when: at the number-th request that matches, or after so many seconds. what: for people."""

    who: Who
    moment: Moment = Moment.BEFORE
    number: int = 0
    after_s: float = 0.0
    matches: Callable[[Request], bool] = lambda request: request.writes
    what: str = ""

    def __str__(self) -> str:
        at = self.what or f"change {self.number}"
        when = f"at {at}, {self.moment.value}" if self.number else f"after {self.after_s:.1f} s"
        return f"{self.who} killed {when}"


@dataclass(frozen=True)
class Struck(Ended):
    """How the command ended. at: where the kill struck, a request or a time; "" where it had ended before."""

    at: str


def drawn(seed: str, name: str, who: tuple[Who, ...], changes: int) -> list[Kill]:
    """A kill of each, spread over a run that makes so many changes.

    A run goes on from where the killed one before it was, so what is drawn is how far each one gets.
    """
    draw = random.Random(f"{seed} {name}")
    points = sorted(draw.sample(range(1, changes), len(who)))
    steps = [later - earlier for earlier, later in zip([0, *points], points, strict=False)]
    return [
        Kill(one, draw.choice(list(Moment)), step, matches=_provided if one is Who.PROVIDER else _changes)
        for one, step in zip(who, steps, strict=True)
    ]


def early(seed: str, name: str, count: int) -> list[Kill]:
    """Kills of everything in the first seconds: while `ops` starts, synthesizes, initializes and plans."""
    draw = random.Random(f"{seed} {name} early")
    return [Kill(Who.EVERYTHING, after_s=draw.uniform(0.2, 8.0)) for _ in range(count)]


def _changes(request: Request) -> bool:
    """What changes AWS or the state; the lock of a plan is not meant."""
    return request.writes and "tflock" not in request.path and not _of_lock_table(request)


def _provided(request: Request) -> bool:
    """What the provider asks for; a state is Terraform's own business, when the provider may have ended."""
    return _changes(request) and not request.path.endswith(".tfstate")


def _of_lock_table(request: Request) -> bool:
    return request.service == "dynamodb" and LOCK_TABLE.encode() in request.body and b"LockID" in request.body


def strike(site: Site, words: tuple[str, ...], kill: Kill, **changes: str) -> Struck:
    """Run a command, kill, and wait until nothing of it is left. Whoever else was killed is started again."""
    with site.started(*words, **changes) as process:
        killed: list[int] = []
        groups: list[int] = []
        acted = threading.Event()

        def act() -> None:
            try:
                groups.extend(terraforms(site))
                killed.extend(_kill(site, process, kill.who, groups))
            finally:
                acted.set()

        trap = Trap(kill.matches, kill.number or 1, kill.moment, act)
        if kill.number:
            site.proxy.trap = trap
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(kill.after_s)
            if process.poll() is None:
                act()
                trap.sprung_at = f"{kill.after_s:.1f} s"
        output = COLOURS.sub("", process.communicate(timeout=400)[0])
        site.proxy.trap = None
        assert not trap.sprung_at or acted.wait(60), f"{kill} did not end"  # it goes on when ops is dead
        if kill.who is Who.OPS:
            _await(lambda: not terraforms(site), ORPHAN_S)
            assert not terraforms(site), "Terraform lives on without ops"
        for group in groups if kill.who is Who.TERRAFORM else []:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    assert killed or not trap.sprung_at, f"{kill}: there was nothing to kill at {trap.sprung_at}"
    if kill.who is Who.LOCAL_AWS and trap.sprung_at:
        _await(lambda: not site.here.local_aws.status().running, 10)
        site.here.local_aws.start()
    return Struck(process.returncode, output, trap.sprung_at)


def _kill(site: Site, process: subprocess.Popen[str], who: Who, groups: list[int]) -> list[int]:
    """Kill, and say whom; a group is Terraform with its provider."""
    local_aws = site.here.local_aws.status().pid
    victims = {
        Who.OPS: [process.pid],
        Who.TERRAFORM: groups,
        Who.PROVIDER: [pid for pid, group, line in _listed() if group in groups and PROVIDER in line],
        Who.EVERYTHING: [-process.pid, *(-group for group in groups)],
        Who.LOCAL_AWS: [local_aws] if local_aws else [],
    }[who]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    return victims


def terraforms(site: Site) -> list[int]:
    """Terraform at work in this checkout; each leads a process group in which its provider is."""
    return [
        pid
        for pid, _, arguments in _listed()
        if arguments.split(" ")[0].endswith("terraform") and f"-chdir={site.here.root}" in arguments
    ]


def _listed() -> list[tuple[int, int, str]]:
    """Process, its group, its command line."""
    listing = subprocess.run(
        ["ps", "-wweo", "pid=,pgid=,args="], check=True, capture_output=True, text=True
    ).stdout
    fields = (line.split(maxsplit=2) for line in listing.splitlines())
    return [(int(pid), int(group), rest[0] if rest else "") for pid, group, *rest in fields]


def _await(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)

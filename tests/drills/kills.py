"""`kill -9` at points drawn by a seed: at the n-th request that changes something, or after some seconds."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.drills.site import Ended, Site
from tests.local.checkout import COLOURS
from tests.support.fault_proxy import Moment, Trap
from tests.support.fault_requests import Request

ORPHAN_S = 60
"""How long Terraform may live on after `ops` was killed: until it says something and nobody hears it."""


class Who(StrEnum):
    """Which program is killed."""

    OPS = "ops"
    TERRAFORM = "Terraform"
    PROVIDER = "the provider"
    EVERYTHING = "ops, Terraform and the provider"
    LOCAL_AWS = "the local AWS"


@dataclass(frozen=True)
class Kill:
    """who, and when: at the number-th request that changes something, or after so many seconds."""

    who: Who
    moment: Moment = Moment.BEFORE
    number: int = 0
    after_s: float = 0.0
    matches: Callable[[Request], bool] = lambda request: request.writes

    def __str__(self) -> str:
        when = f"at change {self.number}, {self.moment.value}" if self.number else f"after {self.after_s:.1f} s"
        return f"{self.who} killed {when}"


@dataclass(frozen=True)
class Struck:
    """What a kill did. at: the request, or the time; "" where the run had ended before."""

    ended: Ended
    at: str


def drawn(seed: str, name: str, who: tuple[Who, ...], changes: int) -> list[Kill]:
    """A kill of each, spread over a run that makes so many changes.

    A run goes on from where the killed one before it was, so what is drawn is how far each one gets.
    """
    draw = random.Random(f"{seed} {name}")
    points = sorted(draw.sample(range(1, changes), len(who)))
    steps = [later - earlier for earlier, later in zip([0, *points], points, strict=False)]
    return [
        Kill(one, draw.choice(list(Moment)), step) for one, step in zip(who, steps, strict=True)
    ]


def strike(site: Site, words: tuple[str, ...], kill: Kill, **changes: str) -> Struck:
    """Run a command, kill, and wait until nothing of it is left but the local AWS."""
    with site.started(*words, **changes) as process:
        killed: list[int] = []

        def act() -> None:
            killed.extend(_kill(site, process, kill.who))

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
        if kill.who is Who.OPS:
            _await(lambda: not terraforms(site), ORPHAN_S)
        for group in killed:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    if kill.who is Who.LOCAL_AWS and trap.sprung_at:
        _await(lambda: not site.here.local_aws.status().running, 10)
        site.here.local_aws.start()
    return Struck(Ended(process.returncode, output), trap.sprung_at)


def _kill(site: Site, process: subprocess.Popen[str], who: Who) -> list[int]:
    """Kill, and name the process groups of Terraform that may have more in them."""
    groups = terraforms(site)
    if who in (Who.OPS, Who.EVERYTHING):
        os.killpg(process.pid, signal.SIGKILL)
    if who is Who.LOCAL_AWS:
        pid = site.here.local_aws.status().pid
        assert pid
        os.kill(pid, signal.SIGKILL)
    for group in groups:
        if who is Who.EVERYTHING:
            os.killpg(group, signal.SIGKILL)
        elif who is Who.TERRAFORM:
            os.kill(group, signal.SIGKILL)
        elif who is Who.PROVIDER:
            for pid in _providers(group):
                os.kill(pid, signal.SIGKILL)
    return groups if who is Who.TERRAFORM else []


def terraforms(site: Site) -> list[int]:
    """Terraform at work in this checkout; each leads a process group in which its provider is."""
    return [
        pid
        for pid, _, arguments in _listed()
        if arguments.split(" ")[0].endswith("terraform") and f"-chdir={site.here.root}" in arguments
    ]


def _providers(group: int) -> list[int]:
    return [pid for pid, of, arguments in _listed() if of == group and "terraform-provider-" in arguments]


def _listed() -> list[tuple[int, int, str]]:
    """Process, its group, its command line."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,pgid=,args="], check=True, capture_output=True, text=True
    ).stdout
    fields = (line.split(maxsplit=2) for line in listing.splitlines())
    return [(int(pid), int(group), rest[0] if rest else "") for pid, group, *rest in fields]


def _await(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)

"""Faults that belong to the story of another drill: what is killed or damaged there, and how often."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ops.exit_codes import ExitCode
from tests.drills.kills import Who
from tests.drills.report import Row, record
from tests.local.checkout import COLOURS, Checkout
from tests.support.fault_schedule import seed

DONE = re.compile(r"\s+(\d+)/(\d+) done ")
"""How an apply tells of its progress where nobody sees a bar."""


@dataclass(frozen=True)
class Tried:
    """command: as a person types it; fault: what is done to it, so many times; back: how it survives that."""

    command: str
    fault: str
    back: str
    times: int = 1

    @contextmanager
    def survived(self) -> Iterator[Callable[[str], None]]:
        """Yields what is told where a fault has struck; it counts once the body has made it good."""
        started = time.monotonic()
        struck: list[str] = []
        yield struck.append
        for at in struck:
            record(Row(self.command, self.fault, at, self.back, time.monotonic() - started))


TABLE = Tried(
    "ops restore table dev --to TIME",
    f"{Who.EVERYTHING} killed while DynamoDB restores, while items are counted, in the switch's apply",
    "the same command goes on; the items are as they were at that time",
    3,
)
TABLE_BACK = Tried(
    "ops restore table dev --back",
    f"{Who.EVERYTHING} killed at drawn changes of its apply",
    "the same command goes on; both tables have all their items",
    3,
)
OBJECTS = Tried(
    "ops restore objects dev --prefix P --to TIME",
    "ops killed amid the copies",
    "the same command goes on, and copies none twice",
)
MIGRATION = Tried(
    "ops migrate dev --from-cdk --apply",
    f"{Who.EVERYTHING} killed at drawn changes of its apply",
    "the same command goes on; what the old application wrote is there",
    3,
)
ROTATION = Tried(
    "ops secrets rotate dev openai-api-key",
    "ops killed when the provider had made the key",
    "the old key is in use; a later run removes the new one",
)
EMPTYING = Tried(
    "ops destroy dev",
    "ops killed while it empties the bucket",
    "the same command goes on",
)
STATE_RESTORE = Tried(
    "ops state restore dev 1",
    "ops killed between the state and its checksum",
    "the doctor names the command that sets the checksum",
)
REMOVAL_STEPS = ("delete_versions", "delete_bucket", "Table.delete", "Key.delete")
REMOVAL = Tried(
    "ops bootstrap dev --remove",
    "ops killed before each of its steps",
    "the same command goes on",
    len(REMOVAL_STEPS),
)
STATE_OBJECT = Tried(
    "ops state doctor dev",
    "the state's object truncated, overwritten, deleted",
    "the doctor names the command that brings back the newest sound version; a plan finds no changes",
    3,
)

ALL = (
    TABLE,
    TABLE_BACK,
    OBJECTS,
    MIGRATION,
    ROTATION,
    EMPTYING,
    STATE_RESTORE,
    REMOVAL,
    STATE_OBJECT,
)


def drawn(tried: Tried) -> list[float]:
    """How far each run gets, as a share of what it has to do."""
    draw = random.Random(f"{seed()} {tried.command}")
    return [draw.uniform(0.05, 0.9) for _ in range(tried.times)]


def killed_in_apply(here: Checkout, share: float, *words: str) -> str:
    """`ops …`, killed with Terraform and provider once this share of its changes is done; which that was."""
    seen = ""
    with here.started(*words) as process:
        assert process.stdout
        for line in process.stdout:
            seen += line
            told = DONE.match(COLOURS.sub("", line))
            if told and int(told[1]) >= share * int(told[2]):
                os.killpg(process.pid, signal.SIGKILL)
                here.kill_terraform()
                return f"change {told[1]} of {told[2]}"
    raise AssertionError(f"It ended before it had done {share:.0%}:\n{seen}")


def make_good(here: Checkout, environment: str) -> None:
    """What messages tell people to do after a kill: clear the lock, and do what the doctor says."""
    if _ended(here, "state", "lock", environment)[0] == ExitCode.LOCKED:
        here.ops("--local", "state", "unlock", environment, "--force", "--confirm", environment)
    code, said = _ended(here, "state", "doctor", environment)
    if code == ExitCode.UNSOUND:
        command = re.search(r"ops (state restore \S+ \S+)", said)
        assert command, said
        here.ops("--local", *command[1].split(), "--yes")


def _ended(here: Checkout, *words: str) -> tuple[int, str]:
    with here.started("--local", *words) as process:
        said = process.communicate()[0]
    return process.returncode, COLOURS.sub("", said)

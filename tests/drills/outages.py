"""Requests that fail between a command and AWS: what each command does about it.

Two kinds. SURVIVED: the fault passes, and the command must end well. EXPLAINED: it stays, and the command
must end with one message and the exit code of its kind, and the run after it must find nothing broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ops.exit_codes import ExitCode
from tests.drills import belongings
from tests.drills.small_main import DAYS, SMALL
from tests.support.fault_requests import Request
from tests.support.fault_schedule import EVERY_TRY, Fault, Rule, anything


@dataclass(frozen=True)
class Outage:
    """rules: what fails; words, settings: the command; code: how it must end; says: what it must say;
    then: what the next run, without faults, must say.
    """

    what: str
    rules: tuple[Rule, ...]
    words: tuple[str, ...]
    code: ExitCode = ExitCode.OK
    says: str = ""
    then: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"ops {' '.join(self.words)}: {self.what}"


def asks(service: str, action: str = "") -> Callable[[Request], bool]:
    """Requests to one service, or for one operation of it."""
    return lambda request: request.service == service and action in request.action


def stores(request: Request) -> bool:
    """The state's own PUT."""
    return request.what.startswith("s3 PUT ") and request.path.endswith(".tfstate")


def notes_digest(request: Request) -> bool:
    """The state's checksum, written to the lock table after the state."""
    return request.what == "dynamodb PutItem" and b"-md5" in request.body


def locks_file(request: Request) -> bool:
    """The lock file's PUT, which AWS takes only if the file is not there."""
    return request.what.startswith("s3 PUT ") and request.path.endswith(".tflock")


def locks_table(request: Request) -> bool:
    """The lock item, which AWS takes only if the item is not there."""
    return request.what == "dynamodb PutItem" and not notes_digest(request)


def but_locks(request: Request) -> bool:
    """Whatever may be asked twice."""
    return anything(request) and not locks_file(request) and not locks_table(request)


def but_sts(request: Request) -> bool:
    """Whose credentials these are is asked twice at most: without a network people should not wait long."""
    return anything(request) and request.service != "sts"


def _once(fault: Fault, share: float = 1.0, matches: Callable[[Request], bool] = anything) -> Rule:
    return Rule(fault, matches, share=share)


def _for_ever(fault: Fault, matches: Callable[[Request], bool] = anything) -> Rule:
    return Rule(fault, matches, EVERY_TRY)


def _one_after_the_other(what: str, rule: Rule, code: ExitCode, says: str) -> Outage:
    """Of a deploy whose one change does not get through, until it does."""
    return Outage(what, (rule,), DEPLOY, code, says, settings={DAYS: "120"})


BOOTSTRAP, LOCK = ("bootstrap", "dev"), ("state", "lock", "dev")
DEPLOY = ("deploy", SMALL, "--yes", "--no-smoke")
OUTPUTS, SMOKE = ("outputs", "dev"), ("smoke", "dev")
TIME = "TIME"
"""In the words of a command: the time that the test has noted."""
RESTORE = ("restore", "objects", "dev", "--prefix", belongings.PREFIX, "--to", TIME, "--yes")
DESTROY = ("destroy", SMALL, "--confirm", SMALL)
HERE_AND_THERE = "throttled, failed, dropped and late here and there"

MIXED = (
    _once(Fault.THROTTLED, 0.05),
    _once(Fault.FAILED, 0.05),
    _once(Fault.DROPPED_BEFORE, 0.05),
    _once(Fault.DROPPED_AFTER, 0.05, but_locks),
    _once(Fault.SLOW, 0.01),
)

FIRST = (
    Outage(
        "every fifth call throttled twice",
        (Rule(Fault.THROTTLED, but_sts, tries=2, share=0.2),),
        BOOTSTRAP,
        settings={"AWS_REGION": "eu-west-1"},
    ),
    Outage(
        "every fifth call answered with 500",
        (_once(Fault.FAILED, 0.2),),
        BOOTSTRAP,
        settings={"AWS_REGION": "eu-west-2"},
    ),
    Outage(
        "every fifth call dropped on its way",
        (_once(Fault.DROPPED_BEFORE, 0.1), _once(Fault.CUT, 0.1)),
        BOOTSTRAP,
        settings={"AWS_REGION": "eu-west-3"},
    ),
    Outage(
        "every change done, its answer lost",
        (_once(Fault.DROPPED_AFTER, 1.0, lambda request: request.writes),),
        BOOTSTRAP,
        settings={"AWS_REGION": "eu-north-1"},
    ),
    Outage(
        "sts throttled for ever",
        (_for_ever(Fault.THROTTLED, asks("sts")),),
        BOOTSTRAP,
        ExitCode.NETWORK,
        "throttled",
    ),
    Outage(
        "kms answers 500 for ever",
        (_for_ever(Fault.FAILED, asks("kms")),),
        BOOTSTRAP,
        ExitCode.NETWORK,
        "AWS failed by itself",
    ),
    Outage(
        "s3 drops connections for ever",
        (_for_ever(Fault.DROPPED_BEFORE, asks("s3")),),
        BOOTSTRAP,
        ExitCode.NETWORK,
        "could not be reached",
    ),
    Outage("the first try of every call dropped", (_once(Fault.DROPPED_BEFORE),), LOCK),
    Outage(
        "dynamodb throttled for ever",
        (_for_ever(Fault.THROTTLED, asks("dynamodb")),),
        LOCK,
        ExitCode.NETWORK,
        "throttled",
    ),
    Outage(
        "the lock file answers 500 for ever",
        (_for_ever(Fault.FAILED, asks("s3")),),
        LOCK,
        ExitCode.NETWORK,
        "AWS failed by itself",
    ),
)
"""Before anything is deployed."""

DEPLOYING = (
    Outage(HERE_AND_THERE, MIXED, DEPLOY, settings={DAYS: "14"}),
    Outage(
        "the state's PUT cut in its midst, once",
        (_once(Fault.CUT, 1.0, stores),),
        DEPLOY,
        settings={DAYS: "30"},
    ),
    Outage(
        "the state's PUT cut in its midst, for ever",
        (_for_ever(Fault.CUT, stores),),
        DEPLOY,
        ExitCode.STATE,
        "errored.tfstate",
        "could not store is stored now",
        {DAYS: "60"},
    ),
    Outage(
        "the state's checksum throttled for ever, which Terraform does not tell",
        (_for_ever(Fault.THROTTLED, notes_digest),),
        DEPLOY,
        ExitCode.STATE,
        "ops --local state doctor staging",
        settings={DAYS: "90"},
    ),
    _one_after_the_other(
        "the lock file's PUT done, its answer lost",
        _once(Fault.DROPPED_AFTER, 1.0, locks_file),
        ExitCode.LOCKED,
        "ops --local state unlock staging",
    ),
    _one_after_the_other(
        "the lock item done, its answer lost",
        _once(Fault.DROPPED_AFTER, 1.0, locks_table),
        ExitCode.LOCKED,
        "ops --local state unlock staging",
    ),
    _one_after_the_other(
        "the lock item throttled for ever",
        _for_ever(Fault.THROTTLED, locks_table),
        ExitCode.NETWORK,
        "too often",
    ),
    _one_after_the_other(
        "a change throttled for ever",
        _for_ever(Fault.THROTTLED, asks("logs", "PutRetentionPolicy")),
        ExitCode.NETWORK,
        "too often",
    ),
    _one_after_the_other(
        "a change answered with 500 for ever",
        _for_ever(Fault.FAILED, asks("logs", "PutRetentionPolicy")),
        ExitCode.NETWORK,
        "AWS failed by itself",
    ),
    _one_after_the_other(
        "a change dropped for ever",
        _for_ever(Fault.DROPPED_BEFORE, asks("logs", "PutRetentionPolicy")),
        ExitCode.NETWORK,
        "Is the network up?",
    ),
    _one_after_the_other(
        "the lock file's PUT cut in its midst, once", _once(Fault.CUT, 1.0, locks_file), ExitCode.OK, ""
    ),
)
"""Of a small stack."""

USING = (
    Outage(HERE_AND_THERE, MIXED, OUTPUTS),
    Outage(
        "the state's bucket throttled for ever",
        (_for_ever(Fault.THROTTLED, asks("s3")),),
        OUTPUTS,
        ExitCode.NETWORK,
        "too often",
    ),
    Outage(
        "the state's bucket dropped for ever",
        (_for_ever(Fault.DROPPED_BEFORE, asks("s3")),),
        OUTPUTS,
        ExitCode.NETWORK,
        "Is the network up?",
    ),
    Outage(
        "dynamodb answers 500 for ever",
        (_for_ever(Fault.FAILED, asks("dynamodb")),),
        SMOKE,
        ExitCode.PROOF,
        "promises of dev are broken",
    ),
)
"""With dev deployed."""

RESTORING = Outage(HERE_AND_THERE, MIXED, RESTORE, says=f"{belongings.OBJECTS} objects are as they were at ")
"""Of objects, half of which are deleted and half overwritten."""
DESTROYING = Outage(HERE_AND_THERE, MIXED, DESTROY, says=f"Nothing of {SMALL} is left.")
"""Of the small stack, at the end."""

ALL = (*FIRST, *DEPLOYING, *USING, RESTORING, DESTROYING)

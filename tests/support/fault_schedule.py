"""Which requests meet which fault: by service and action, by try, or a seeded share of all."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.fault_requests import Request

EVERY_TRY = 1_000
SEED_VARIABLE = "FAULT_SEED"


class Fault(StrEnum):
    """What goes wrong between a client and AWS."""

    THROTTLED = "throttled"
    FAILED = "answered with 500"
    DROPPED_BEFORE = "dropped before AWS had it"
    DROPPED_AFTER = "dropped after AWS had it"
    CUT = "cut in the midst of the request"
    SLOW = "answered late"


def anything(request: Request) -> bool:
    """Every request that is signed: what browsers and WebSocket clients send is no SDK's to try again."""
    return bool(request.service)


@dataclass(frozen=True)
class Rule:
    """fault: for requests that match; tries: hits the first so many tries of a call; share: of the calls."""

    fault: Fault
    matches: Callable[[Request], bool] = anything
    tries: int = 1
    share: float = 1.0


@dataclass
class Schedule:
    """Rules, the first that fits holds; `hits`: what was done to whom.

    Whether a call belongs to a rule's share depends on the seed and on how many of its kind came before, not
    on how calls of different kinds happen to be interleaved.
    """

    rules: tuple[Rule, ...] = ()
    seed: str = "0"
    hits: list[tuple[Fault, str]] = field(default_factory=list)
    _doomed: dict[str, Rule] = field(default_factory=dict)
    _seen: Counter[str] = field(default_factory=Counter)

    def fault_for(self, request: Request) -> Fault | None:
        """The fault that this request meets, noted in `hits`."""
        rule = self._doomed.get(request.invocation) or self._fitting(request)
        if rule is None or request.attempt > rule.tries:
            return None
        if request.invocation:
            self._doomed[request.invocation] = rule
        self.hits.append((rule.fault, request.what))
        return rule.fault

    def _fitting(self, request: Request) -> Rule | None:
        if request.attempt > 1:
            return next((rule for rule in self.rules if rule.share == 1.0 and rule.matches(request)), None)
        for index, rule in enumerate(self.rules):
            if not rule.matches(request):
                continue
            kind = f"{index} {request.what}"
            self._seen[kind] += 1
            drawn = random.Random(f"{self.seed} {kind} {self._seen[kind]}").random()
            if drawn < rule.share:
                return rule
        return None


def seed() -> str:
    """FAULT_SEED, or one drawn now; print it, so that a failure can be repeated."""
    return os.environ.setdefault(SEED_VARIABLE, str(random.SystemRandom().randrange(10_000)))

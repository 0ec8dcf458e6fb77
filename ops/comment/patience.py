"""What may pass when one asks again, and how long to go on asking."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ops.errors import OpsError
from ops.exit_codes import ExitCode

LONGEST_S = 300.0
"""All waits of one command together, in seconds."""

FIRST_S = 1.0
"""The first wait where nobody said how long; each further one is twice as long."""


UNSAID_S = 60.0
"""For a rate limit without a time: GitHub's documentation, "Best practices for using the REST API"."""

T = TypeVar("T")


class Passing(Exception):
    """It failed, and may not fail the next time. wait_s: how long the server asks to wait, None: unsaid."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait_s = wait_s


class Gone(Exception):
    """Somebody deleted it meanwhile."""


class TooLong(Exception):
    """The text has more characters than the server takes."""


def asked_s(headers: Mapping[str, Any]) -> float:
    """How long a server that limits the rate asks to wait; headers by names in small letters, or in any.

    Source: GitHub's documentation, "Rate limits for the REST API", "Exceeding the rate limit"; GitLab's
    "Rate limits", "Response headers".
    """
    if (after := str(headers.get("retry-after", ""))).isdigit():
        return float(after)
    reset = str(headers.get("x-ratelimit-reset", ""))
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(float(reset) - time.time(), 0.0) + 1  # within that second
    return UNSAID_S


class Patience:
    """Waits, tells so, and ends it after `longest_s`."""

    def __init__(
        self,
        tell: Callable[[str], object],
        *,
        longest_s: float = LONGEST_S,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.tell = tell
        self._left_s = longest_s
        self._longest_s = longest_s
        self._next_s = FIRST_S
        self.sleep = sleep or time.sleep

    def wait(self, failure: Passing) -> None:
        """Raises OpsError (NETWORK) where the wait would be longer than what is left."""
        seconds = failure.wait_s
        if seconds is None:
            seconds = self._next_s * random.uniform(1, 1.25)  # two that failed together do not come together
            self._next_s *= 2
        if seconds > self._left_s:
            raise OpsError(
                f"{failure.why}; to wait another {seconds:.0f} s would be more than {self._longest_s:.0f} s.",
                hint="Run the command again later: nothing is posted twice.",
                code=ExitCode.NETWORK,
            )
        self._left_s -= seconds
        self.tell(f"{failure.why}: trying again in {seconds:.0f} s")
        self.sleep(seconds)

    def until_done(self, ask: Callable[[], T]) -> T:
        """What `ask` returns once it does not fail in passing any more. Raises OpsError (NETWORK)."""
        while True:
            try:
                return ask()
            except Passing as failure:
                self.wait(failure)

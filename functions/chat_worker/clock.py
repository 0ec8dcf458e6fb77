"""Time: one object, so that tests have one of their own."""

from __future__ import annotations

import time


class Clock:
    """`now`: seconds of a clock that is never set. `milliseconds`: since 1970, to compare with others'."""

    def now(self) -> float:
        return time.monotonic()

    def milliseconds(self) -> int:
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

"""Doing many small things at once, in order, without holding more than a few of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

WORKERS = 16
IN_FLIGHT = 4 * WORKERS

In = TypeVar("In")
Out = TypeVar("Out")


def side_by_side(work: Callable[[In], Out], things: Iterable[In]) -> Iterator[Out]:
    """`map` by threads: results in the order of `things`, which is read no further ahead than needed.

    The first exception ends it; what was under way is finished, what waits is not begun.
    """
    waiting: deque[Future[Out]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for thing in things:
                waiting.append(pool.submit(work, thing))
                if len(waiting) >= IN_FLIGHT:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

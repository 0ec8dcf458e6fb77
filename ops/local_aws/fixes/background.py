"""Not a fix: work that services do by themselves, once a second on the server's own event loop.

On that loop and not in a thread: the checkpoint reads the stores there, and the work ends with the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

TICK_S = 1.0

log = logging.getLogger("local_aws.background")

Job = Callable[[], bool]

_jobs: list[Job] = []


def every_second(job: Job) -> None:
    """Has `job` called every second; it says whether it changed anything that is kept."""
    if not _jobs:
        _wrap_lifespan()
    _jobs.append(job)


@contextlib.contextmanager
def scope(account: str, region: str) -> Iterator[None]:
    """What happens within is of this account and region."""
    from ministack.core.responses import request_scope

    with request_scope(account, region):
        yield


def scopes(*stores: Any) -> list[tuple[str, str]]:
    """Accounts and regions that have anything in these stores (AccountRegionScopedDict)."""
    return sorted({key[:2] for store in stores for key in list(store._data)})


def _wrap_lifespan() -> None:
    import ministack.app as app

    inner = app.app

    async def with_background(asgi_scope: Any, receive: Any, send: Any) -> None:
        if asgi_scope["type"] != "lifespan":
            await inner(asgi_scope, receive, send)
            return
        task = asyncio.create_task(_run(app))
        try:
            await inner(asgi_scope, receive, send)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app.app = with_background


async def _run(app: Any) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        for job in _jobs:
            try:
                changed = job()
            except Exception:
                # A store changed by a request's thread while it was read: the next second will do.
                log.warning("background work failed", exc_info=True)
                continue
            if changed:
                # Set by the checkpoint; its own notice is of requests only.
                getattr(app, "note_change", lambda: None)()

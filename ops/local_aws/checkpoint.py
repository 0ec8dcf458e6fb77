"""Saves the services' state while the server runs, so that `kill -9` loses a second and not the day.

MiniStack writes its state when it is stopped gracefully (app._handle_lifespan) and at no other time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from pathlib import Path
from typing import Any

log = logging.getLogger("local_aws.checkpoint")

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Checkpoint:
    """Writes every service's state that changed, one file per service, each replaced at once.

    Runs on the event loop's thread: nothing but requests served in worker threads changes state
    meanwhile, and those are caught by trying again.
    """

    def __init__(self, app: Any, directory: Path, interval_s: float) -> None:
        self._app = app
        self._directory = directory
        self._interval_s = interval_s
        self._pending = False
        self._written: dict[str, bytes] = {}

    def watch(self) -> None:
        """Wraps the ASGI application to notice the requests that may change state."""
        inner = self._app.app
        # What services change by themselves, between requests (fixes/background.py).
        self._app.note_change = self._note

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            try:
                await inner(scope, receive, send)
            finally:
                if scope["type"] == "websocket" or scope.get("method") not in READS:
                    self._note()

        self._app.app = watched

    def _note(self) -> None:
        self._pending = True

    async def run(self) -> None:
        """Saves at every interval in which something happened."""
        while True:
            await asyncio.sleep(self._interval_s)
            if self._pending:
                started = time.perf_counter()
                self.save()
                # A large state must not take the loop's time: at most a tenth of it.
                await asyncio.sleep(10 * (time.perf_counter() - started))

    def save(self) -> None:
        """Saves now."""
        from ministack.core import persistence

        self._pending = False
        for name, read_state in self._app._build_persistence_save_dict().items():
            try:
                state = read_state()
                if state is None:
                    continue
                document = {
                    "__ministack_format__": persistence._state_format_version(name),
                    "payload": state,
                }
                content = json.dumps(document, default=persistence._json_default).encode()
                digest = hashlib.blake2b(content).digest()
                path = self._directory / f"{name}.json"
                if self._written.get(name) == digest and path.exists():
                    continue
                staging = path.with_suffix(".checkpoint")
                staging.write_bytes(content)
                staging.replace(path)
                self._written[name] = digest
            except (OSError, RuntimeError, TypeError) as error:
                # RuntimeError: a store changed while it was read.
                self._pending = True
                log.warning("checkpoint of %s failed, will be tried again: %s", name, error)

"""Asks the model until it has answered: through its failures, as long as there is time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.chat_worker.clock import Clock
from functions.chat_worker.failures import Failure
from functions.chat_worker.keys import ApiKey, KeyUnreadable
from functions.chat_worker.providers.interface import (
    Provider,
    Refused,
    Stream,
    Turn,
    Unauthorized,
    Unavailable,
)
from functions.chat_worker.reader import Reader
from functions.chat_worker.sending import Sending
from functions.chat_worker.watch import Watch
from functions.shared import logs

log = logs.logger("chat_worker")

RETRIES = 3
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 20.0
"""A provider that wants a longer pause is asked again at the job's next delivery."""

LONGEST_ANSWER = 90_000
"""Characters: an item holds 400 KB, and a character takes up to four bytes. The rest is not read."""


class Reading(Protocol):
    """What `Reader` does; tests have one of their own time."""

    ended: bool

    def __enter__(self) -> Reading: ...
    def __exit__(self, *_: object) -> None: ...
    def next(self, timeout_s: float) -> str | None: ...


@dataclass
class Asking:
    """One message's answer from the provider.

    choose: the provider for an API key. begin: a new attempt's number. retried: called at each retry.
    deadline: of `clock`. The text is in `sending.text`.
    """

    choose: Callable[[str | None], Provider]
    key: ApiKey
    sending: Sending
    watch: Watch
    begin: Callable[[], int]
    retried: Callable[[], None]
    clock: Clock
    deadline: float
    read: Callable[[Stream], Reading] = Reader
    jitter: Callable[[], float] = random.random

    def ask(self, turns: Sequence[Turn]) -> Provider:
        """Who has answered; `watch.cancelled` tells whether he was stopped. Failure."""
        self.sending.begin(self.begin())
        retries, renewed = 0, False
        while True:
            provider = self._provider()
            if self.watch.cancelled:
                return provider
            try:
                self._stream(provider, turns)
                return provider
            except Refused as error:
                raise Failure("modelRefused", str(error), final=True) from error
            except Unauthorized as error:
                if renewed or not self._renew():
                    raise Failure("modelUnavailable", str(error)) from error
                renewed = True
                log.info("the provider does not take the key; there is a newer one")
            except Unavailable as error:
                pause = self._pause_s(retries, error)
                if retries == RETRIES or pause > LONGEST_PAUSE_S or self._left() <= pause:
                    raise Failure(
                        "modelUnavailable", str(error), retry_after_s=error.retry_after_s
                    ) from error
                retries += 1
                log.warning("the model is asked again", reason=str(error), pause_s=round(pause, 2))
                self._wait(pause)
            self.retried()
            if self.sending.text and not self.watch.cancelled:
                self.sending.begin(self.begin())

    def _stream(self, provider: Provider, turns: Sequence[Turn]) -> None:
        """Pass the answer on as it comes, until it ends, the client stops it, or the time is over."""
        with self.read(provider.stream(turns)) as reader:
            while not reader.ended:
                self.watch.look()
                if self.watch.cancelled:
                    return
                if self._left() <= 0:
                    raise Failure("timeout", "out of time")
                if piece := reader.next(min(self._left(), self.watch.due_in(), self.sending.due_in())):
                    self.sending.add(piece)
                if len(self.sending.text) > LONGEST_ANSWER:
                    log.warning("the answer is too long; its end is left out")
                    self.sending.text = self.sending.text[:LONGEST_ANSWER]
                    break
                if self.sending.due_in() <= 0:
                    self.sending.flush()
        if not self.sending.text.strip():
            raise Refused("the model said nothing")

    def _provider(self) -> Provider:
        try:
            return self.choose(self.key.get())
        except KeyUnreadable as error:
            raise Failure("modelUnavailable", f"the API key cannot be read: {error}") from error

    def _renew(self) -> bool:
        try:
            return self.key.renew()
        except KeyUnreadable as error:
            raise Failure("modelUnavailable", f"the API key cannot be read: {error}") from error

    def _pause_s(self, retries: int, error: Unavailable) -> float:
        """Twice as long each time, by chance up to half shorter: not all workers come back at once."""
        pause = FIRST_PAUSE_S * float(2**retries) * (1 - self.jitter() / 2)
        return max(pause, error.retry_after_s or 0)

    def _wait(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        while not self.watch.cancelled and (left := end - self.clock.now()) > 0:
            self.clock.sleep(min(left, max(self.watch.due_in(), 0.01)))
            self.watch.look()

    def _left(self) -> float:
        return self.deadline - self.clock.now()

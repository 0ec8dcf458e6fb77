"""Many chat clients at once: asyncio, real WebSockets, and the same check of order as `ops chat`."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ulid import ULID
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from ops.chat.answer import Answer, Frame, was_not_taken
from ops.chat.line import with_token

PAUSES_S = (0.5, 1.0, 2.0)
"""Before each new try to connect, or to send."""
GATEWAYS = "Internal server error"
"""API Gateway's own words, where a function had no time to answer: docs/chat.md has it sent again."""


@dataclass
class Exchange:
    """A question and what came of it. Times in seconds since the question was sent.

    sent: how often it was; with the same id, so that it is answered once.
    """

    question: str
    answer: Answer
    sent: int = 0
    first_delta_s: float = 0.0
    done_s: float = 0.0


@dataclass
class Client:
    """One client over one connection. stray: frames of no message of its own."""

    url: str
    token: str
    authority: ssl.SSLContext | None
    exchanges: list[Exchange] = field(default_factory=list)
    stray: list[Frame] = field(default_factory=list)
    frames: int = 0

    async def converse(self, questions: Sequence[str], patience_s: float) -> None:
        """Ask one after the other, each when the one before is answered."""
        async with self.line() as line:
            for question in questions:
                await asyncio.wait_for(self._ask(line, question), patience_s)

    @asynccontextmanager
    async def line(self) -> AsyncIterator[ClientConnection]:
        """A new connection. A failure on the server's side (5xx) is worth another try (docs/chat.md)."""
        for pause in PAUSES_S:
            try:
                connection = await self._connect()
                break
            except InvalidStatus as refusal:
                if refusal.response.status_code < 500:
                    raise
                await asyncio.sleep(pause)
        else:
            connection = await self._connect()
        async with connection:
            yield connection

    async def _connect(self) -> ClientConnection:
        return await connect(
            with_token(self.url, self.token), ssl=self.authority, proxy=None, open_timeout=60, max_size=None
        )

    async def _ask(self, line: ClientConnection, question: str) -> None:
        exchange = Exchange(question, Answer(str(ULID())))
        self.exchanges.append(exchange)
        began = time.monotonic()
        await self._send(line, exchange)
        while not exchange.answer.ended:
            frame = json.loads(await line.recv())
            self.frames += 1
            if _passing(frame, exchange) and exchange.sent <= len(PAUSES_S):
                await asyncio.sleep(PAUSES_S[exchange.sent - 1])
                await self._send(line, exchange)
                continue
            if (
                frame.get("messageId") in self._sent_again
                and frame["messageId"] != exchange.answer.message_id
            ):
                continue  # the answer again, to the second sending
            if frame.get("messageId") != exchange.answer.message_id:
                self.stray.append(frame)
                continue
            if exchange.answer.take(frame) and not exchange.first_delta_s:
                exchange.first_delta_s = time.monotonic() - began
        exchange.done_s = time.monotonic() - began

    async def _send(self, line: ClientConnection, exchange: Exchange) -> None:
        exchange.sent += 1
        message = {"action": "sendMessage", "messageId": exchange.answer.message_id}
        await line.send(json.dumps({**message, "text": exchange.question}))

    @property
    def _sent_again(self) -> set[str]:
        return {one.answer.message_id for one in self.exchanges if one.sent > 1}


def _passing(frame: Frame, exchange: Exchange) -> bool:
    """Whether the message was not taken, and may be the next time."""
    ours = frame.get("messageId") == exchange.answer.message_id
    return frame.get("message") == GATEWAYS or (ours and was_not_taken(frame))


async def all_at_once(
    clients: Sequence[Client], questions: Sequence[Sequence[str]], patience_s: float
) -> None:
    """Every client asks its own questions; all begin together."""
    await asyncio.gather(
        *(client.converse(own, patience_s) for client, own in zip(clients, questions, strict=True))
    )

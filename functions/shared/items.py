"""What the table's items hold, as Python sees them. Times are whole seconds since 1970."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

SessionState = Literal["active", "revoked", "completed"]
MessageState = Literal["queued", "answered", "failed", "cancelled"]

Item = Mapping[str, Any]
"""As boto3's resource gives it: numbers are Decimal."""


def new_token() -> str:
    """What a magic link carries: 256 random bits, in characters that a URL leaves as they are."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a token, 64 hexadecimal digits: whoever reads the table cannot make a link of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Session:
    """One magic link's work. `ended_at`: once it is completed."""

    session_id: str
    state: SessionState
    created_at: int
    expires_at: int
    ended_at: int | None = None

    @classmethod
    def of(cls, item: Item) -> Session:
        ended = item.get("endedAt")
        return cls(
            session_id=item["sessionId"],
            state=item["state"],
            created_at=int(item["createdAt"]),
            expires_at=int(item["expiresAt"]),
            ended_at=None if ended is None else int(ended),
        )


@dataclass(frozen=True)
class Message:
    """What the user asked. `connection_id`: where the answer goes to."""

    message_id: str
    text: str
    connection_id: str
    state: MessageState
    created_at: int
    expires_at: int
    cancel_requested: bool = False
    role: Literal["user"] = "user"

    @classmethod
    def of(cls, item: Item) -> Message:
        return cls(
            message_id=item["messageId"],
            text=item["text"],
            connection_id=item["connectionId"],
            state=item["state"],
            created_at=int(item["createdAt"]),
            expires_at=int(item["expiresAt"]),
            cancel_requested=item["cancelRequested"],
        )


@dataclass(frozen=True)
class Answer:
    """What a model answered to the message of the same id. `built_in`: no provider was asked."""

    message_id: str
    text: str
    provider: str
    model: str
    built_in: bool
    created_at: int
    expires_at: int
    role: Literal["assistant"] = "assistant"

    @classmethod
    def of(cls, item: Item) -> Answer:
        return cls(
            message_id=item["messageId"],
            text=item["text"],
            provider=item["provider"],
            model=item["model"],
            built_in=item["builtIn"],
            created_at=int(item["createdAt"]),
            expires_at=int(item["expiresAt"]),
        )


def said(item: Item) -> Message | Answer:
    """A message or an answer, by its role."""
    role = cast(str, item["role"])
    return Message.of(item) if role == "user" else Answer.of(item)

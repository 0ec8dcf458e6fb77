"""Why there is no answer, as the client is told and as the queue needs to know."""

from __future__ import annotations

import traceback
from pathlib import PurePath
from typing import Any

from botocore.exceptions import ClientError

from functions.shared.frames import Code

SAYS: dict[Code, str] = {
    "modelUnavailable": "The model does not answer at the moment.",
    "modelRefused": "The model does not accept this conversation.",
    "timeout": "The answer took too long.",
    "internal": "That failed on our side.",
    "sessionEnded": "The session has ended.",
}


class Failure(Exception):
    """No answer came of this. final: nor will there be another time. retry_after_s: not before that."""

    def __init__(
        self, code: Code, reason: str, *, final: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.code, self.final, self.retry_after_s = code, final, retry_after_s


class Undelivered(Exception):
    """The answer is stored, but the connection did not take all of it."""


def described(error: BaseException) -> dict[str, Any]:
    """An error for the log. Not its own text, which may hold what the user wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {"error": type(error).__name__}
    if frames:
        found["at"] = " < ".join(f"{PurePath(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
    if isinstance(error, Failure):
        found["reason"] = str(error)
    if isinstance(error, ClientError):
        found["code"] = error.response["Error"]["Code"]
        found["operation"] = error.operation_name
    if error.__cause__:
        found["cause"] = described(error.__cause__)
    return found

"""An answer, put together from the frames that stream in. The protocol is in `docs/chat.md`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]

NO_ROUTE = "Forbidden"
"""API Gateway's word that no repetition changes: it has no route for the frame."""


def gateways_word(frame: Frame) -> str | None:
    """What API Gateway itself says instead of a function, such as "Too Many Requests"; None in our frames.

    Its frames have neither `type` nor `messageId`: what of all that was sent they mean, they do not say.
    """
    if "type" in frame or "connectionId" not in frame:
        return None
    return str(frame.get("message", ""))


PASSING = ("busy", "internal")
"""Codes of what failed on our side."""


def was_not_taken(frame: Frame) -> bool:
    """Whether it says that the message failed on our side before it was taken: it is to be sent again.

    The error frames of a worker, which has taken it, tell of `retrying`.
    """
    return frame.get("type") == "error" and frame.get("code") in PASSING and "retrying" not in frame


class Disorder(Exception):
    """A frame that cannot be: a gap in the text, or another length than was announced."""


@dataclass
class Answer:
    """What has arrived of the answer to one message.

    text: of the newest attempt. done: the last frame; failed: the error frame that ends it.
    """

    message_id: str
    text: str = ""
    attempt: int = 0
    done: Frame | None = None
    failed: Frame | None = None
    frames: list[Frame] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Nothing more will come."""
        return self.done is not None or self.failed is not None

    def take(self, frame: Frame) -> str | None:
        """Take a frame of this message; returns the text that is new, None where all that was shown is void.

        A worker that was cut off begins anew with a higher attempt; a connection that came back is sent the
        answer from its beginning, of which the known part is skipped. What is late of an older attempt is
        dropped. Raises Disorder.
        """
        self.frames.append(frame)
        kind = frame.get("type")
        if kind == "delta":
            return self._delta(int(frame["attempt"]), int(frame["offset"]), str(frame["text"]))
        if kind == "done":
            if int(frame["length"]) != len(self.text):
                raise Disorder(f"{len(self.text)} characters came, {frame['length']} were announced")
            self.done = frame
        elif kind == "error" and not frame.get("retrying"):
            self.failed = frame
        return ""

    def _delta(self, attempt: int, offset: int, text: str) -> str | None:
        if attempt < self.attempt:
            return ""
        begins_anew = attempt > self.attempt and self.text != ""
        if attempt > self.attempt:
            self.attempt, self.text = attempt, ""
        if offset > len(self.text):
            raise Disorder(f"the text from {len(self.text)} to {offset} is missing")
        new = text[len(self.text) - offset :]
        self.text += new
        return None if begins_anew else new

"""What the assumed usage comes to in a month: messages, invocations, GB. Units are in the names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from environments.ranges import Range, exactly
from environments.usage import Usage

DAYS = Decimal("30.4")
HOURS = 730
"""Of a month, as AWS's price lists count them."""
KB_PER_GB = 1024 * 1024
MB_PER_GB = 1024

BATCH = 10
"""Records of the table's stream that one invocation takes; up to 100, where there are as many at once."""


class Quantities:
    """One environment's month."""

    def __init__(self, usage: Usage) -> None:
        self.usage = usage
        self.sessions = usage.sessions
        self.connections = usage.sessions * usage.connections_per_session
        self.messages = usage.sessions * usage.messages_per_session
        self.answer_frames = self.messages * usage.frames_per_answer
        self.mails = usage.sessions * usage.mails_per_session
        self.pdfs = usage.sessions * usage.pdfs_per_session
        self.downloads = self.pdfs * usage.downloads_per_pdf

    @property
    def frames(self) -> Range:
        """In both directions: the question, that it is accepted, the answer."""
        return self.messages * 2 + self.answer_frames

    @property
    def connection_minutes(self) -> Range:
        return self.connections * self.usage.minutes_per_connection

    @property
    def frames_out_gb(self) -> Range:
        return self.answer_frames * self.usage.frame_kb / KB_PER_GB

    @property
    def pdfs_gb(self) -> Range:
        return self.pdfs * self.usage.pdf_mb / MB_PER_GB

    @property
    def downloads_gb(self) -> Range:
        return self.downloads * self.usage.pdf_mb / MB_PER_GB

    @property
    def writes(self) -> Range:
        """Requests that write items, not units."""
        return self.messages * self.usage.writes_per_message + self.sessions * self.usage.writes_per_session

    def write_units(self, indexes: int) -> Range:
        """Each index repeats the writes of the items that are in it."""
        indexed = self.sessions * self.usage.indexed_writes_per_session * indexes
        return (self.writes + indexed) * self.usage.item_kb.ceil()

    @property
    def read_units(self) -> Range:
        """4 KB for one."""
        return self.messages * self.usage.reads_per_message * (self.usage.item_kb / 4).ceil()

    @property
    def table_gb(self) -> Range:
        """Once as many items expire as are made."""
        made_gb = self.sessions * self.usage.items_per_session * self.usage.item_kb / KB_PER_GB
        return made_gb * self.usage.kept_days / DAYS

    @property
    def logs_gb(self) -> Range:
        """What functions and API Gateway write."""
        kb = self.messages * self.usage.log_kb_per_message
        return (kb + self.connections * self.usage.log_kb_per_connection) / KB_PER_GB

    @property
    def mail_events(self) -> Range:
        return self.mails * self.usage.mail_events_per_mail

    @property
    def bounces(self) -> Range:
        return self.mails * self.usage.bounces_per_mail

    def invocations(self, function: str) -> Range | None:
        """Of a function, by the name of its folder; None for one that nothing is known of."""
        found = _INVOCATIONS.get(function)
        return found(self) if found and function in self.usage.function_ms else None


_INVOCATIONS: Mapping[str, Callable[[Quantities], Range]] = {
    "authorizer": lambda month: month.connections,
    "connect": lambda month: month.connections,
    "disconnect": lambda month: month.connections,
    "send_message": lambda month: month.messages,
    "chat_worker": lambda month: month.messages,
    # Its filter lets only sessions and submissions through, two or three records of a session.
    "stream_consumer": lambda month: Range(month.sessions.low * 2 / BATCH, month.sessions.high * 3),
    "mail_events": lambda month: month.bounces,
    "secret_age": lambda month: exactly(31),  # once a day
    "error_log": lambda month: month.usage.errors,
}
"""Folder of `functions/` -> how often it runs."""

"""The keys of the table's items: docs/data-model.md describes them, and no other module spells one."""

from __future__ import annotations

from functions.shared.items import hash_token

Key = dict[str, str]

SESSION, CONNECTION, ONCE = "SESSION#", "CONN#", "IDEMPOTENCY#"
"""How partitions begin."""
LINK, REFERENCE = "MAGIC#", "REF#"
"""How further partitions of the index begin."""
META, SUBMISSION = "META", "SUBMISSION"
MESSAGE, SPECIFICATION = "MSG#", "SPEC#"
"""How the sort keys of what there are many of begin."""
ANSWER = "#ANSWER"
"""How the sort key of an answer ends, behind its message's."""


def session_partition(session_id: str) -> str:
    """Of a session and what belongs to it; in the index: of its connections."""
    return f"{SESSION}{session_id}"


def session(session_id: str) -> Key:
    return {"PK": session_partition(session_id), "SK": META}


def submission(session_id: str) -> Key:
    return {"PK": session_partition(session_id), "SK": SUBMISSION}


def message(session_id: str, message_id: str) -> Key:
    return {"PK": session_partition(session_id), "SK": f"{MESSAGE}{message_id}"}


def answer(session_id: str, message_id: str) -> Key:
    return {"PK": session_partition(session_id), "SK": f"{MESSAGE}{message_id}{ANSWER}"}


def connection(connection_id: str) -> Key:
    return {"PK": f"{CONNECTION}{connection_id}", "SK": META}


def once_partition(session_id: str) -> str:
    """Of what is done once for a session; the rest of these keys is Powertools'."""
    return f"{ONCE}{session_partition(session_id)}"


def by_link(token: str, session_id: str) -> Key:
    """A session in the index."""
    return {"GSI1PK": link_partition(token), "GSI1SK": f"{SESSION}{session_id}"}


def link_partition(token: str) -> str:
    """Of the session that a magic link opens, in the index."""
    return f"{LINK}{hash_token(token)}"


def by_reference(reference: str, session_id: str) -> Key:
    """A submission in the index."""
    return {"GSI1PK": f"{REFERENCE}{reference}", "GSI1SK": f"{SUBMISSION}#{session_id}"}


def by_session(session_id: str, connection_id: str) -> Key:
    """A connection in the index."""
    return {"GSI1PK": session_partition(session_id), "GSI1SK": f"{CONNECTION}{connection_id}"}

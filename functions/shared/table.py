"""The single table: its access patterns, one method each. Its items are described in docs/data-model.md."""

from __future__ import annotations

import uuid
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from functions.shared import keys
from functions.shared.items import (
    Answer,
    Message,
    MessageState,
    Session,
    hash_token,
    new_token,
    said,
)
from functions.shared.store import Store

__all__ = [
    "Answer",
    "Message",
    "Session",
    "SessionExists",
    "SessionNotActive",
    "Table",
    "hash_token",
    "new_token",
]

INDEX = "GSI1"
SESSION_SECONDS = 30 * 24 * 3600
CONNECTION_SECONDS = 3 * 3600
"""API Gateway ends each connection after two hours; `$disconnect` is best effort (trap 39)."""


class SessionExists(ValueError):
    """There is a session of this id already, perhaps an expired one that is not deleted yet."""


class SessionNotActive(ValueError):
    """The session cannot be completed: there is none, it has expired, or it was ended before."""


class Table(Store):
    """The table of one environment; see `Store` for its arguments."""

    # Sessions

    def create_session(self, token: str, session_id: str | None = None) -> Session:
        """A new active session that this token's magic link opens. SessionExists: the id is taken."""
        session_id, now = session_id or uuid.uuid4().hex, self._now()
        session = Session(session_id, "active", created_at=now, expires_at=now + SESSION_SECONDS)
        item = {
            **keys.session(session_id),
            **keys.by_link(token, session_id),
            "sessionId": session_id,
            "state": session.state,
            "createdAt": session.created_at,
            "expiresAt": session.expires_at,
        }
        if not self._add(item):
            raise SessionExists(session_id)
        return session

    def session_by_token(self, token: str) -> Session | None:
        """The live session of a magic link, whatever its state.

        The index follows the table by a moment: who was let in just after a revocation is refused by
        `session`, which every later step asks.
        """
        found = self._query(**_in_index(keys.link_partition(token)))
        return next((Session.of(item) for item in found), None)

    def session(self, session_id: str) -> Session | None:
        """The live session, whatever its state; sees every write that came before."""
        item = self._get(keys.session(session_id))
        return Session.of(item) if item else None

    def revoke_session(self, session_id: str) -> bool:
        """End a session by force. False: there is no such live one."""
        return self._set(keys.session(session_id), state="revoked")

    def complete_session(self, session_id: str, reference: str) -> None:
        """Note the submission under its reference number and end the session: both, or SessionNotActive."""
        session, now = self.session(session_id), self._now()
        if session is None:
            raise SessionNotActive(session_id)
        submission = {
            **keys.submission(session_id),
            **keys.by_reference(reference, session_id),
            "sessionId": session_id,
            "reference": reference,
            "createdAt": now,
            "expiresAt": session.expires_at,
        }
        ended = {
            "Key": keys.session(session_id),
            "UpdateExpression": "SET #state = :completed, endedAt = :now",
            "ConditionExpression": "#state = :active",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":completed": "completed", ":active": "active", ":now": now},
        }
        name = self._table.name
        try:
            self._table.meta.client.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": name, "Item": submission}},
                    {"Update": {"TableName": name, **ended}},
                ]
            )
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                raise SessionNotActive(session_id) from None
            raise

    def forget_session(self, session_id: str) -> int:
        """Remove a session with all that belongs to it, expired or not; how many items that were."""
        partitions = keys.session_partition(session_id), keys.once_partition(session_id)
        found = [
            *(item for each in partitions for item in self._all(**_in_table(each), ConsistentRead=True)),
            *self._all(**_in_index(keys.session_partition(session_id))),
        ]
        with self._table.batch_writer() as batch:
            for item in found:
                batch.delete_item(Key={"PK": item["PK"], "SK": item["SK"]})
        return len(found)

    # Connections

    def put_connection(self, connection_id: str, session_id: str) -> None:
        """Note a connection of the session."""
        now = self._now()
        self._table.put_item(
            Item={
                **keys.connection(connection_id),
                **keys.by_session(session_id, connection_id),
                "connectionId": connection_id,
                "sessionId": session_id,
                "createdAt": now,
                "expiresAt": now + CONNECTION_SECONDS,
            }
        )

    def delete_connection(self, connection_id: str) -> None:
        """Forget a connection, if it is known."""
        self._table.delete_item(Key=keys.connection(connection_id))

    def connections(self, session_id: str) -> list[str]:
        """Ids of the session's connections, as far as they are noted: the index follows by a moment."""
        found = self._query(**_in_index(keys.session_partition(session_id)))
        return [item["connectionId"] for item in found]

    # What is said

    def add_message(self, session: Session, message_id: str, text: str, connection_id: str) -> Message:
        """Store the message and return it; of one that is there already only the connection is new.

        One update, so that two who send the same message at once store it once.
        """
        new = {
            "messageId": message_id,
            "role": "user",
            "text": text,
            "state": "queued",
            "createdAt": self._now(),
            "cancelRequested": False,
            "expiresAt": session.expires_at,
        }
        kept = [f"#{name} = if_not_exists(#{name}, :{name})" for name in new]
        updated = self._table.update_item(
            Key=keys.message(session.session_id, message_id),
            UpdateExpression=f"SET {', '.join(kept)}, #connectionId = :connectionId",
            ExpressionAttributeNames={f"#{name}": name for name in (*new, "connectionId")},
            ExpressionAttributeValues={f":{name}": value for name, value in new.items()}
            | {":connectionId": connection_id},
            ReturnValues="ALL_NEW",
        )
        return Message.of(updated["Attributes"])

    def message(self, session_id: str, message_id: str) -> Message | None:
        """One message; sees every write that came before."""
        item = self._get(keys.message(session_id, message_id))
        return Message.of(item) if item else None

    def set_message_state(self, session_id: str, message_id: str, state: MessageState) -> bool:
        """False: there is no such message."""
        return self._set(keys.message(session_id, message_id), state=state)

    def request_cancel(self, session_id: str, message_id: str) -> bool:
        """Ask the worker to stop the answer. False: there is no such message."""
        return self._set(keys.message(session_id, message_id), cancelRequested=True)

    def begin_attempt(self, session_id: str, message_id: str) -> int:
        """Count that sending the message's answer begins anew. Its number, from 1; 0: no such message."""
        return self._count(keys.message(session_id, message_id), "attempts")

    def answer(self, session_id: str, message_id: str) -> Answer | None:
        """The answer to one message; sees every write that came before."""
        item = self._get(keys.answer(session_id, message_id))
        return Answer.of(item) if item else None

    def put_answer(
        self, session: Session, message_id: str, text: str, provider: str, model: str, built_in: bool
    ) -> bool:
        """Store the answer of a message. False: it has one already, which stays as it is.

        An item holds 400 KB, its names included: an answer must be shorter.
        """
        item = {
            **keys.answer(session.session_id, message_id),
            "messageId": message_id,
            "role": "assistant",
            "text": text,
            "provider": provider,
            "model": model,
            "builtIn": built_in,
            "createdAt": self._now(),
            "expiresAt": session.expires_at,
        }
        return self._add(item)

    def conversation(
        self, session_id: str, before: str | None = None, limit: int = 50
    ) -> list[Message | Answer]:
        """The last `limit` messages and answers, oldest first; `before`: up to this message, it included."""
        sort_key = Key("SK")
        entries = (
            sort_key.begins_with(keys.MESSAGE)
            if before is None
            else sort_key.between(keys.MESSAGE, keys.message(session_id, before)["SK"])
        )
        newest_first = self._query(
            KeyConditionExpression=Key("PK").eq(keys.session_partition(session_id)) & entries,
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        last = [said(item) for _, item in zip(range(limit), newest_first, strict=False)]
        return last[::-1]


def _in_table(partition: str) -> dict[str, Any]:
    return {"KeyConditionExpression": Key("PK").eq(partition)}


def _in_index(partition: str) -> dict[str, Any]:
    return {"IndexName": INDEX, "KeyConditionExpression": Key("GSI1PK").eq(partition)}

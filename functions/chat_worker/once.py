"""What is done once, however often the queue delivers: Powertools' idempotency in the single table.

Its items: in a partition of the session, SK `<kind>#sha256 of the key`, `expiresAt`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyItemNotFoundError,
)

from functions.shared import keys

REMEMBERED_S = 14 * 24 * 3600
"""As long as SQS can keep a message. Afterwards the stored answer itself is what prevents a second one."""

Result = dict[str, Any]


class Busy(Exception):
    """Somebody else is doing it. until: milliseconds since 1970 when his invocation ends at the latest."""

    def __init__(self, until: int) -> None:
        super().__init__("in progress elsewhere")
        self.until = until


class Once:
    """client: of DynamoDB. One per execution environment: each that is made marks the client's requests."""

    def __init__(self, table_name: str, client: Any) -> None:
        self._layer = DynamoDBPersistenceLayer(
            table_name,
            key_attr="PK",
            sort_key_attr="SK",
            expiry_attr="expiresAt",
            in_progress_expiry_attr="inProgressUntil",
            boto3_client=client,
        )
        self._config = IdempotencyConfig(expires_after_seconds=REMEMBERED_S, hash_function="sha256")

    def run(
        self, kind: str, session_id: str, key: str, context: Any, do: Callable[[], Result]
    ) -> tuple[Result, bool]:
        """What `do` returned, now or when it was done; and whether that was now.

        While it runs it is kept from others until the invocation's end at the latest. What it raises is
        raised, and leaves it undone. Busy.
        """
        # An environment handles one record at a time, so the layer may be of this session for the moment.
        self._layer.static_pk_value = keys.once_partition(session_id)
        self._config.register_lambda_context(context)
        ran = False

        @idempotent_function(  # type: ignore[untyped-decorator]
            data_keyword_argument="key",
            persistence_store=self._layer,
            config=self._config,
            key_prefix=kind,
        )
        def once(*, key: str) -> Result:
            nonlocal ran
            ran = True
            return do()

        try:
            result: Result = once(key=key)
        except IdempotencyAlreadyInProgressError:
            raise Busy(self._until(key)) from None
        return result, ran

    def _until(self, key: str) -> int:
        try:
            record = self._layer.get_record(data=key)  # type: ignore[arg-type]
        except IdempotencyItemNotFoundError:
            return 0
        return int(record.in_progress_expiry_timestamp or 0) if record else 0

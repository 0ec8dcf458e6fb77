"""The provider's API key, from Secrets Manager."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.chat_worker.clock import Clock

ASK_AGAIN_S = 60
"""So long "there is no key yet" is believed."""


class KeyUnreadable(Exception):
    """Secrets Manager does not hand it out; the text is its error code."""


class ApiKey:
    """client: of Secrets Manager. arn: of the secret; empty: there is none."""

    def __init__(self, client: Any, arn: str, clock: Clock) -> None:
        self._client, self._arn, self._clock = client, arn, clock
        self._value: str | None = None
        self._read_at: float | None = None

    def get(self) -> str | None:
        """The key, from memory where it is known; None: the secret has no value."""
        if self._value is None and self._arn:
            now = self._clock.now()
            if self._read_at is None or now - self._read_at >= ASK_AGAIN_S:
                self._value, self._read_at = self._read(), now
        return self._value

    def renew(self) -> bool:
        """Read it again, because the provider does not take it. True: there is another one."""
        old = self._value
        self._value, self._read_at = self._read(), self._clock.now()
        return self._value != old

    def _read(self) -> str | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._arn)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":  # also for a secret without a value
                return None
            raise KeyUnreadable(code) from None
        except BotoCoreError as error:
            raise KeyUnreadable(type(error).__name__) from None
        # The local AWS answers without a value where AWS raises.
        return (answer.get("SecretString") or "").strip() or None

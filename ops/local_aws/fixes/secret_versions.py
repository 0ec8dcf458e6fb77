"""A secret that was made without a value has no version.

Upstream, MiniStack 1.5.33: services/secretsmanager.py, _store_new_secret makes an empty version with the
label AWSCURRENT, so that such a secret has an age, and GetSecretValue answers without a value instead of
ResourceNotFoundException. The fix takes that version away.
"""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Wraps the function that stores a new secret."""
    from ministack.services import secretsmanager

    inner = secretsmanager._store_new_secret

    def _store_new_secret(
        name: str, secret_string: Any = None, secret_binary: Any = None, *args: Any, **more: Any
    ) -> tuple[str, str | None]:
        arn, version = inner(name, secret_string, secret_binary, *args, **more)
        if secret_string is not None or secret_binary is not None:
            return arn, version
        secretsmanager._secrets[name]["Versions"].clear()
        return arn, None

    secretsmanager._store_new_secret = _store_new_secret

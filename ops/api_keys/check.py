"""The test call: whether the provider takes a key. It lists the models, which costs nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ops.api_keys import requests
from ops.api_keys.kinds import OPENAI, Key, Kind
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from environments import EnvironmentConfig

ANTHROPIC_VERSION = "2023-06-01"
NEW_KEY_S = 20.0
"""So long a key that was just made may not be known everywhere at its provider."""
PAUSE_S = 2.0


def gateway(config: EnvironmentConfig, kind: Kind) -> str | None:
    """What stands before this provider in the environment (CHAT_PROVIDER_URL), if anything does."""
    return config.chat.provider_url if config.chat.provider == kind.provider else None


def base_url(config: EnvironmentConfig, kind: Kind) -> str:
    """Where the chat worker finds the provider's API, without the version at its end."""
    return (gateway(config, kind) or kind.url).rstrip("/").removesuffix("/v1")


def accepted(key: Key, kind: Kind, base: str, *, patience_s: float = 0.0) -> None:
    """Return if the provider takes the key. patience_s: so long a refusal is not believed.

    OpsError: AUTHENTICATION, it does not; NETWORK, no answer came; FAILED, it answered neither.
    """
    deadline = time.monotonic() + patience_s
    while True:
        answer = _ask(key, kind, base)
        if answer.status != 401 or time.monotonic() >= deadline:
            break
        time.sleep(PAUSE_S)
    if answer.status == 200:
        return
    raise _failure(answer, kind, base)


def _ask(key: Key, kind: Kind, base: str) -> requests.Answer:
    if kind is OPENAI:
        headers = {"Authorization": f"Bearer {key.value}"}
    else:
        headers = {"x-api-key": key.value, "anthropic-version": ANTHROPIC_VERSION}
    try:
        return requests.ask("GET", f"{base}/v1/models", headers)
    except requests.Unreachable as error:
        raise OpsError(
            f"{base} could not be reached for the test call: {error}.",
            hint="Check network and HTTPS_PROXY, then run the same command again; the secret is as it was.",
            code=ExitCode.NETWORK,
        ) from None


def _failure(answer: requests.Answer, kind: Kind, base: str) -> OpsError:
    said = answer.said
    if answer.status == 401:
        return OpsError(
            f"{kind.owner} does not take this key ({said}).",
            hint=f"Mistyped, deleted or disabled? See {kind.console}. The secret is as it was.",
            code=ExitCode.AUTHENTICATION,
        )
    if answer.status == 403:
        return OpsError(
            f"{kind.owner} knows the key and does not let it list models ({said}).",
            hint="Give the key that permission (OpenAI: Models, read), or leave out --check. The secret is as"
            " it was.",
            code=ExitCode.AUTHENTICATION,
        )
    if answer.status == 404:
        return OpsError(
            f"{base}/v1/models is not there ({said}), so the key cannot be tried.",
            hint="Where a gateway has no such address, leave out --check. The secret is as it was.",
            code=ExitCode.FAILED,
        )
    return OpsError(
        f"{base} answered the test call with neither yes nor no ({said}).",
        hint="Run the same command again in a while, or leave out --check. The secret is as it was.",
        code=ExitCode.FAILED,
    )

"""Settings of chat_worker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """connections_url: where connections are posted to, `https://…/<stage>`.

    chat_provider: "anthropic", "openai" or "built-in". chat_model: empty for the provider's default.
    chat_provider_url: empty for the provider's own address. api_key_secret_arn: empty for "built-in".
    max_receives: how often the queue gives a job before it goes to the dead letters.
    """

    environment: str
    table_name: str
    jobs_queue_url: str
    connections_url: str
    chat_provider: str
    max_receives: int
    chat_model: str = ""
    chat_provider_url: str = ""
    api_key_secret_arn: str = ""

"""Which provider answers: the configured one, or the built-in model as long as there is no key."""

from __future__ import annotations

from functions.chat_worker.prompt import INSTRUCTIONS
from functions.chat_worker.providers.anthropic import Anthropic
from functions.chat_worker.providers.built_in import BuiltIn
from functions.chat_worker.providers.interface import Provider
from functions.chat_worker.providers.openai import OpenAI
from functions.chat_worker.settings import Settings


def provider(settings: Settings, api_key: str | None) -> Provider:
    """Who answers with this key. ValueError: the settings name a provider that there is not."""
    if settings.chat_provider not in ("anthropic", "openai", "built-in"):
        raise ValueError(f"CHAT_PROVIDER={settings.chat_provider!r} is not anthropic, openai or built-in")
    if settings.chat_provider == "built-in" or api_key is None:
        return BuiltIn(instead_of=settings.chat_provider)
    made = Anthropic if settings.chat_provider == "anthropic" else OpenAI
    return made(api_key, model=settings.chat_model, url=settings.chat_provider_url, instructions=INSTRUCTIONS)

"""Which API keys an environment has, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from ops.errors import OpsError
from ops.exit_codes import ExitCode


@dataclass(frozen=True)
class Kind:
    """name: of the secret, without the environment; provider: as CHAT_PROVIDER names it; owner: in texts.

    url: of the provider's API. console: where people make and delete keys.
    """

    name: str
    provider: str
    owner: str
    url: str
    console: str


@dataclass(frozen=True)
class Key:
    """A key's value, kept out of every text that is made of it."""

    value: str = field(repr=False)


OPENAI = Kind(
    "openai-api-key", "openai", "OpenAI", "https://api.openai.com", "https://platform.openai.com/api-keys"
)
ANTHROPIC = Kind(
    "anthropic-api-key",
    "anthropic",
    "Anthropic",
    "https://api.anthropic.com",
    "https://platform.claude.com/settings/keys",
)
KINDS = (OPENAI, ANTHROPIC)
NAMES = " and ".join(kind.name for kind in KINDS)


def find(name: str) -> Kind:
    """The key of this name. OpsError USAGE: there is none; the name is not repeated, it may be a key."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise OpsError(
        f"That is no name of an API key. There are {NAMES}.",
        hint="If it was a key: it is in the shell's history now. Make a new one, delete"
        " that one at its provider, and leave values out of the command line.",
        code=ExitCode.USAGE,
    )

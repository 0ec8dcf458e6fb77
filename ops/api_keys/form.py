"""Whether a text can be an API key at all, before anybody is asked about it. No message repeats the text."""

from __future__ import annotations

import re

from ops.api_keys.kinds import ANTHROPIC, KINDS, OPENAI, Key, Kind
from ops.errors import OpsError
from ops.exit_codes import ExitCode

SHORTEST, LONGEST = 40, 256
"""Characters of a provider's own key. OpenAI's have 51 to 164, Anthropic's 108; neither promises a length."""
SHORTEST_OF_A_GATEWAY = 16

PREFIXES = {OPENAI: "sk-", ANTHROPIC: "sk-ant-"}
"""Documented by the providers ("Admin API keys", "Get your API key")."""

_ADMIN = re.compile("sk-(admin|ant-admin)")
_NO_API_KEY = re.compile("sk-ant-(oat|ort|sid)")
_OF_ANOTHER = {OPENAI: re.compile("sk-ant-"), ANTHROPIC: re.compile("sk-(proj|svcacct|admin|None)-")}
_EXAMPLE = re.compile(
    r"\.\.\.|x{6}|\*{3}|<|example|placeholder|changeme|(^|[-_])(your|test|dummy|key|api|secret)([-_]|$)",
    re.IGNORECASE,
)
FEWEST_CHARACTERS = 12
"""Different ones. Forty characters by chance have about thirty of 62."""

_LIKE_A_KEY = re.compile(r"sk-[A-Za-z0-9_-]{12}")


def looks_like_a_key(text: str) -> bool:
    """Whether there is a key in it; for what must not have any, such as a command line."""
    return bool(_LIKE_A_KEY.search(text))


def checked(text: str, kind: Kind, *, gateway: bool = False) -> Key:
    """The key that the text is. OpsError CONFIGURATION says what is wrong about it.

    gateway: CHAT_PROVIDER_URL stands before the provider, and keys look as the gateway wants.
    """
    if problem := _problem(text, kind, gateway):
        raise OpsError(
            f"What was entered for {kind.name} {problem}. Nothing was set.",
            hint=f"Copy the whole key, and nothing else, from {kind.console}.",
            code=ExitCode.CONFIGURATION,
        )
    return Key(text)


def checked_admin(text: str) -> Key:
    """An Admin API key of OpenAI. OpsError CONFIGURATION."""
    if _text_problem(text, 20) or not text.startswith("sk-"):
        raise OpsError(
            f"What was given as Admin key {_text_problem(text, 20) or 'does not begin with sk-'}.",
            hint="Organization owners make one at https://platform.openai.com/settings/organization/admin-keys",
            code=ExitCode.CONFIGURATION,
        )
    return Key(text)


def _problem(text: str, kind: Kind, gateway: bool) -> str:
    if problem := _text_problem(text, SHORTEST_OF_A_GATEWAY if gateway else SHORTEST):
        return problem
    if _ADMIN.match(text):
        return "is an Admin key: it manages an organization, and no model answers to it"
    if _NO_API_KEY.match(text):
        return "is a token of somebody who signed in, and no API key"
    if _OF_ANOTHER[kind].match(text):
        (other,) = {one.owner for one in KINDS} - {kind.owner}
        return f"is a key of {other}"
    if not gateway and not text.startswith(PREFIXES[kind]):
        return f"does not begin with {PREFIXES[kind]}, as keys of {kind.owner} do"
    if not gateway and not re.fullmatch("[A-Za-z0-9_-]+", text):
        return "has characters that no key has: letters, digits, - and _ are allowed"
    if _EXAMPLE.search(text) or len(set(text)) < FEWEST_CHARACTERS:
        return "is an example, not a key"
    return ""


def _text_problem(text: str, shortest: int) -> str:
    if not text:
        return "is empty"
    if any(character.isspace() for character in text):
        return "has white space in it or around it"
    if not all("!" <= character <= "~" for character in text):
        return "has characters that are not ASCII, or invisible ones"
    if not shortest <= len(text) <= LONGEST:
        return f"has {len(text)} characters; {shortest} to {LONGEST} are allowed"
    return ""

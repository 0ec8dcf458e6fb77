"""What looks or is called like a secret, whoever did not mark it: one list for states and for plans.

Providers mark little: the variables of a function are plain text to them.
"""

from __future__ import annotations

import re

CALLED_LIKE_A_SECRET = re.compile(
    r"(?:.*[_-])?(?:password|passwd|passphrase|secret|secret_?string|secret_?(?:access_?)?key|"
    r"client_?secret|api_?key|private_?key|(?:access|auth|bearer|refresh|oauth|bot)_?token|credentials?)",
    re.IGNORECASE,
)
"""All of an attribute's name: `openai_secret_arn` and `secret_id` are names of secrets, not secrets."""

LOOKS_LIKE_A_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|A(?<=\bA)(?:(?:KIA|SIA)[A-Z0-9]{16}\b|Iza[A-Za-z0-9_-]{35})"  # AWS; Google
    r"|s(?<=\bs)k-[A-Za-z0-9_-]{8,}"  # OpenAI, Anthropic
    r"|g(?<=\bg)(?:h[pousr]_[A-Za-z0-9]{20,}|ithub_pat_\w{20,})"
    r"|x(?<=\bx)ox[abeprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|e(?<=\be)yJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # a signed token (JWT)
    re.DOTALL,
)
"""Each begins with a letter of its own, which Python finds ten times as fast as a border of a word."""
IN_ADDRESS = re.compile(r"(://)[^\s/:@]+:[^\s/@]+(?=@)")
"""Name and password in an address."""
IN_JSON = re.compile(
    r'(\\*"[\w-]*(?:password|passwd|secret|secret_?key|api_?key|private_?key|access_?token)\\*"\s*:\s*\\*")'
    r'(?!arn:)[^"\\]+',
    re.IGNORECASE,
)
"""The value behind such a name in a text that is JSON itself."""


def without_secrets(text: str, mask: str) -> str:
    """The text with `mask` in place of what looks like a key or a token."""
    # The address first: a mask in the place of its name is none to that pattern any more.
    for pattern, replaced in (
        (IN_ADDRESS, rf"\g<1>{mask}"),
        (LOOKS_LIKE_A_SECRET, mask),
        (IN_JSON, rf"\g<1>{mask}"),
    ):
        text = pattern.sub(replaced, text)
    return text


def is_called_like_one(name: str, value: str) -> bool:
    """Whether all of a text is a secret by its name; an ARN is only where one lies."""
    return bool(value and CALLED_LIKE_A_SECRET.fullmatch(name)) and not value.startswith("arn:")

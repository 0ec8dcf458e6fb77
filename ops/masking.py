"""What looks or is called like a secret, whoever did not mark it: one list for states and for plans.

Providers mark little: the variables of a function are plain text to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

BETWEEN_WORDS = re.compile(r"[.-]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Of names such as `db-password` and `dbPassword`; in most there is `_`."""
CALLED_LIKE_A_SECRET = re.compile(
    r"(?:.*_)?(?:pass|pwd|passwords?|passwds?|passphrases?|secrets?|credentials?|connection_?strings?|"
    r"secret_?(?:string|binary|value|token|(?:access_?)?key)s?|"
    r"(?:api|private|signing|encryption|master|shared|pre_?shared)_?keys?(?:_?(?:pem|base64|openssh|pkcs\d+))?|"
    r"(?<!verification_)(?<!validation_)(?<!continuation_)(?<!next_)(?<!page_)(?<!max_)"
    r"(?<!request_)(?<!client_)(?<!creation_)(?<!update_)(?<!version_)(?<!lock_)(?<!sync_)token)\d*",
    re.IGNORECASE,
)
"""All of an attribute's name: `openai_secret_arn` and `secret_id` are names of secrets, not secrets. `tokens`
are mostly DNS records, or what a model counts; some tokens only tell versions and requests apart."""

LOOKS_LIKE_A_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|A(?<=\bA)(?:(?:KIA|SIA)[A-Z0-9]{16}\b|Iza[A-Za-z0-9_-]{35})"  # AWS; Google
    r"|s(?<=\bs)k(?:-[A-Za-z0-9_-]{8,}|_(?:live|test)_[A-Za-z0-9]{10,})"  # OpenAI, Anthropic; Stripe
    r"|r(?<=\br)k_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|w(?<=\bw)hsec_[A-Za-z0-9+/=]{16,}"
    r"|g(?<=\bg)(?:h[pousr]_[A-Za-z0-9]{20,}|ithub_pat_\w{20,}"  # GitHub
    r"|l(?:pat|dt|rt|cbt|ptt|ft|imt|oas|agent|soat)-[\w-]{16,})"  # GitLab
    r"|x(?<=\bx)(?:ox[abeprs]|app)-[A-Za-z0-9-]{10,}"  # Slack
    r"|h(?<=\bh)(?:ooks\.slack\.com/[a-z]+/[\w/-]{8,}|f_[A-Za-z0-9]{20,})"  # Hugging Face
    r"|n(?<=\bn)pm_[A-Za-z0-9]{30,}"
    r"|p(?<=\bp)ypi-AgE[\w-]{30,}"
    r"|y(?<=\by)a29\.[\w-]{16,}"  # Google
    r"|S(?<=\bS)G\.[\w-]{16,}\.[\w-]{16,}"  # SendGrid
    r"|:(?<=\d{6}:)AA[\w-]{30,}"  # Telegram
    r"|[Bb](?<=\b[Bb])earer\s+[\w.~+/-]{16,}=*"
    r"|e(?<=\be)yJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # a signed token (JWT)
    re.DOTALL,
)
"""Each begins with a sign of its own, which Python finds ten times as fast as a border of a word."""
ACCESS_KEY = re.compile(
    r"(?<![A-Za-z0-9/+=_-])(?=[^a-z]{0,39}[a-z])(?=[^A-Z]{0,39}[A-Z])(?=[^0-9]{0,39}[0-9])"
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])"
)
"""The secret half of an access key of AWS: 40 signs, which is what a commit has as well, but in one case."""
IN_ADDRESS = re.compile(r"(://)[^\s/:@\"'?#]*:[^\s/\"'?#]+(?=@)")
"""Name and password in an address; either may be empty, and a password may have an @."""
IN_JSON = re.compile(
    r'"([\w.-]{2,80})(\\*)"\s*:\s*(?:\2"((?:[^"\\]+|\\+[^"\\]|(?!\2")\\+")+)|(-?\d[\d.]*))', re.IGNORECASE
)
"""A name and its value in a text that is JSON itself, or a piece of it, in however many quotes."""
ASSIGNED = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{1,80}\s?=\s?\"?)(?![=$<(…])([^\s\"'&;,]+)")
"""The same as variables, and parameters of addresses, are written."""

LABELS = ("dimensions",)
"""What stands below are names: a metric's dimension `Secret` says which one is meant."""
NAMES, VALUES = ("name", "key", "Name", "Key", "header"), ("value", "Value")
"""Of a block that is a name and its value, such as a header."""


def without_secrets(text: str, mask: str) -> str:
    """The text with `mask` in place of what looks like a key or a token."""
    # The address first: a mask in the place of its name is none to that pattern any more.
    if "://" in text:
        text = IN_ADDRESS.sub(rf"\g<1>{mask}", text)
    text = LOOKS_LIKE_A_SECRET.sub(mask, text)
    if len(text) >= 40:
        text = ACCESS_KEY.sub(mask, text)
    if '"' in text:
        text = IN_JSON.sub(lambda found: _in_json(found, mask), text)
    if "=" in text:
        text = ASSIGNED.sub(lambda found: _assigned(found, mask), text)
    return text


def _in_json(found: re.Match[str], mask: str) -> str:
    name, quoting, text, number = found.groups()
    if not is_called_like_one(name, text or number):
        return found[0]
    value = mask if text else f'{quoting}"{mask}{quoting}"'
    return f"{found[0][: found.start(3 if text else 4) - found.start()]}{value}"


def _assigned(found: re.Match[str], mask: str) -> str:
    name = found[1].rstrip('= "')
    return f"{found[1]}{mask}" if is_called_like_one(name, found[2]) else found[0]


@lru_cache(maxsize=4_096)
def names_one(name: str) -> bool:
    """Whether what has this name is a secret by it, in whatever way its words are joined."""
    return bool(CALLED_LIKE_A_SECRET.fullmatch(BETWEEN_WORDS.sub("_", name)))


def is_called_like_one(name: str, value: Any) -> bool:
    """Whether all of a value is a secret by its name."""
    return may_be_one(value) and names_one(name)


def may_be_one(value: Any) -> bool:
    """Whether a single value behind such a name may be a secret; ARNs and aliases only say where one lies."""
    if isinstance(value, str):
        return value not in ("", "true", "false") and not value.startswith(("arn:", "alias/"))
    return isinstance(value, int | float) and not isinstance(value, bool)


def below(called: bool | None, members: Mapping[str, Any], key: str) -> bool | None:
    """Whether what a member holds is a secret by a name: its own, one above it (`called`), or that beside it,
    as in {name: DB_PASSWORD, value: …}. None where names say nothing, there and further down."""
    if called is None or key in LABELS:
        return None
    if called or names_one(key):
        return True
    return key in VALUES and any(isinstance(members.get(n), str) and names_one(members[n]) for n in NAMES)

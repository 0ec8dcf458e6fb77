"""Public keys of signed URLs, kept as files: they are no secret, and who may sign is worth a review.

The private keys are in Secrets Manager and nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

from environments.fingerprints import fingerprint

MOST = 5
"""Public keys in one key group (CloudFront developer guide, Quotas)."""

_ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(
    r"-----BEGIN PUBLIC KEY-----\n(?:[A-Za-z0-9+/=]{1,76}\n)+-----END PUBLIC KEY-----(?:\n|\Z)"
)


def path(file: str) -> Path:
    """Where SIGNING_PUBLIC_KEY_FILE is: relative to the project's folder, or absolute."""
    return _ROOT / file


def read(file: str) -> tuple[str, ...]:
    """The keys in PEM, each ending in a newline, in the order of the file; none where there is no file."""
    try:
        text = path(file).read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return ()
    return tuple(block.rstrip("\n") + "\n" for block in _BLOCK.findall(text))


def problem(file: str) -> str | None:
    """What is wrong with the file, as the end of a sentence; None where it is usable or not there."""
    try:
        text = path(file).read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}"
    if "PRIVATE KEY" in text:
        return "holds a private key: remove it here, and replace it wherever it is in use"
    keys = _BLOCK.findall(text)
    if not keys or _BLOCK.sub("", text).strip():
        return "holds something else than public keys in PEM"
    try:
        names = [fingerprint(key) for key in keys]
    except ValueError:
        return "holds a damaged key"
    if len(set(names)) < len(names):
        return "holds a key twice"
    if len(keys) > MOST:
        return f"holds {len(keys)} keys; a key group takes {MOST}"
    return None

"""Public keys for tests, as paths relative to the project's folder. Nobody has their private halves."""

from __future__ import annotations

ONE = "tests/support/signing_keys/one.pem"
TWO = "tests/support/signing_keys/two.pem"
"""A newer key, then the one of `ONE`."""
NONE = "tests/support/signing_keys/none.pem"
"""There is no such file."""

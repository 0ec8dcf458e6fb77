"""Proving that something is refused, and for the right reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ops.smoke import Broken


def refused(what: str, call: Callable[[], Any]) -> str:
    """The call must be answered with "access denied"; any other answer or failure breaks the promise."""
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("AccessDenied", "AccessDeniedException"):
            return f"{what}: {code}"
        raise Broken(f"{what} failed with {code}, expected AccessDenied") from error
    raise Broken(f"{what} was allowed")

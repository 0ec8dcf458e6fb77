"""How a value comes in: typed unseen on a terminal, or piped. Never as an argument."""

from __future__ import annotations

import sys

from ops.errors import OpsError
from ops.exit_codes import ExitCode

MOST_BYTES = 4096


def by_hand() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty()


def value(prompt: str) -> str:
    """What was entered, without the end of its line. OpsError USAGE: nothing, or the terminal shows it."""
    return _typed(prompt) if by_hand() else _piped(prompt)


def _typed(prompt: str) -> str:
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would go on and show what is typed
        try:
            return getpass.getpass(f"{prompt} (it is not shown): ")
        except getpass.GetPassWarning:
            raise OpsError(
                f"This terminal cannot hide what is typed, so the {prompt} is not asked for.",
                hint="Pipe it in from where it is kept, for example:  pass show … | ops secrets set …",
                code=ExitCode.USAGE,
            ) from None
        except EOFError:
            raise _nothing(prompt) from None


def _piped(prompt: str) -> str:
    read = sys.stdin.buffer.read(MOST_BYTES + 1)
    if not read.strip():
        raise _nothing(prompt)
    if len(read) > MOST_BYTES:
        raise OpsError(
            f"More than {MOST_BYTES} bytes came in; that is no {prompt}.",
            hint="Pipe in the key alone, on one line.",
            code=ExitCode.USAGE,
        )
    text = read.decode("utf-8", "replace")
    return text.removesuffix("\n").removesuffix("\r")


def _nothing(prompt: str) -> OpsError:
    return OpsError(
        f"No {prompt} was entered.",
        hint="Type it on a terminal, or pipe it in:  pass show … | ops secrets set …",
        code=ExitCode.USAGE,
    )

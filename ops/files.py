"""Writing files so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode


def write_private(path: Path, text: str) -> None:
    """Replace `path` by a file of mode 0600 with this text.

    Raises OpsError (OUTPUT) where the disk is full or the folder may not be written; an earlier file
    then stays as it was and nothing is left beside it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp gives 0600
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OpsError(
            f"Could not write {path}: {error.strerror or error}.",
            hint="The file is as it was. Make room or choose another place, then run the command again.",
            code=ExitCode.OUTPUT,
        ) from error

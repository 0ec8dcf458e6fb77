"""Files of one instance and the lock by which its server is recognised."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from environments import generations
from ops.local_aws.tls import Material

CHECKOUT = Path(__file__).resolve().parents[2]

PORT_IN_USE = 98
"""Exit status of the server when one of its ports is taken."""

ALREADY_RUNNING = 99
"""Exit status of the server when another one serves the same directory."""


@dataclass(frozen=True)
class Layout:
    """Where an instance keeps what."""

    directory: Path

    @property
    def ports(self) -> Path:
        """The endpoint that a restart keeps."""
        return self.directory / "ports.json"

    @property
    def server(self) -> Path:
        """Written and kept locked by the running server; without the lock its content means nothing."""
        return self.directory / "server.json"

    @property
    def operation(self) -> Path:
        """Held locked by whoever starts, stops or resets, so that no two do so at once."""
        return self.directory / "operation.lock"

    @property
    def log(self) -> Path:
        """Output of the server."""
        return self.directory / "server.log"

    @property
    def signing_keys(self) -> Path:
        """Public keys of signed URLs, one file per environment."""
        return self.directory / "signing-keys"

    @property
    def table_generations(self) -> Path:
        """Which restored tables are live here; `environments/generations.py` reads it."""
        return self.directory / generations.NAME

    @property
    def state(self) -> Path:
        """What services hold, except the bodies of S3 objects."""
        return self.directory / "state"

    @property
    def objects(self) -> Path:
        """Bodies of S3 objects."""
        return self.directory / "objects"

    @property
    def scratch(self) -> Path:
        """Temporary files of the server; emptied at each start."""
        return self.directory / "tmp"

    @property
    def deployer(self) -> Path:
        """Access key of the deploy user, mode 0600."""
        return self.directory / "deployer.json"

    @property
    def tls(self) -> Material:
        """Certificates."""
        return Material(self.directory / "tls")


def lock_server_file(path: Path) -> IO[str] | None:
    """Takes the server's lock on `path`, held until the last process that has the file closes it.

    None if a server has it. The kernel drops the lock however the server ends, so a recycled process id
    can never be taken for a server of ours, which a file with a process id alone cannot promise.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    # `running` looks by taking a shared lock for an instant: that must not end a start.
    for _ in range(20):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.02)
        else:
            # What an earlier server wrote must not be read as this one's.
            file.truncate(0)
            return file
    file.close()
    return None


def running(path: Path) -> dict[str, Any] | None:
    """What the running server wrote into `path`, None if no server runs."""
    try:
        file = path.open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        return _written(file) if _is_locked(file) else None


def _written(file: IO[str]) -> dict[str, Any] | None:
    # The lock comes before the server's first line of Python, the content soon after it.
    for _ in range(200):
        file.seek(0)
        try:
            content = json.load(file)
        except ValueError:
            time.sleep(0.05)
            if not _is_locked(file):
                return None
        else:
            return dict(content)
    return None


def _is_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One operation at a time; the others wait. Ctrl-C ends the wait."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

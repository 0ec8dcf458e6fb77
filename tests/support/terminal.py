"""A command on a terminal of its own: what it shows, and what is typed there."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class Terminal:
    """shown: everything so far, as the terminal got it. pid: of the command."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid, self._descriptor = pid, descriptor
        self.shown = ""
        self._code: int | None = None

    def wait_for(self, text: str, timeout_s: float = 60) -> None:
        """Until the terminal shows this text."""
        deadline = time.monotonic() + timeout_s
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} was never shown:\n{self.shown}"
            assert self._read(), f"the command ended without {text!r}:\n{self.shown}"

    def type(self, line: str) -> None:
        """As if by hand, with the return key."""
        time.sleep(0.2)  # the prompt is shown, or the echo switched off, in either order
        os.write(self._descriptor, f"{line}\n".encode())

    def end(self, timeout_s: float = 60) -> int:
        """The exit code, once the command has ended."""
        deadline = time.monotonic() + timeout_s
        while self._read():
            assert time.monotonic() < deadline, f"the command does not end:\n{self.shown}"
        if self._code is None:
            _, status = os.waitpid(self.pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def close(self) -> None:
        """End what is left of it."""
        if self._code is None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        os.close(self._descriptor)

    def _read(self) -> bool:
        """Take what there is; False: the command has closed the terminal."""
        if not select.select([self._descriptor], [], [], 0.5)[0]:
            return True
        try:
            found = os.read(self._descriptor, 65_536)
        except OSError:  # Linux's end of a terminal
            return False
        self.shown += found.decode("utf-8", "replace")
        return bool(found)


@contextmanager
def opened(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Iterator[Terminal]:
    """Run the command with a controlling terminal; what is left of it is killed."""
    pid, descriptor = pty.fork()
    if pid == 0:
        try:
            os.chdir(folder)
            os.execve(command[0], [*command], dict(environ))
        finally:
            os._exit(127)
    terminal = Terminal(pid, descriptor)
    try:
        yield terminal
    finally:
        terminal.close()

"""Saves time at the start of a synth, for `main.py`. Leaves out no work and changes no byte of the output.

jsii starts Node when the first of its packages is imported, waits until it is up, and waits again while it
loads each package. Here Node is started before anything else and told at once what it will be asked to load,
so that it works while this process imports pydantic, checks the configuration and imports jsii. Against
jsii's own start this takes a third of the time of the whole synth away:

- Node starts and loads in the time that Python needs for itself.
- There is one Node process, not two: jsii's launcher only passes messages on to the program that does the
  work (`bin/jsii-runtime.js` in the `jsii` package). That program wants its messages on file descriptor 3,
  which is as easily given to it directly.
- Python's garbage collector stays off: a synth makes many objects and drops few, and walking over them, and
  over the classes of the bindings, took a fifth of Python's time.
- The bindings evaluate a constructor's annotations at each call, to check its arguments; here once.
- At the end the process leaves at once: taking its objects apart one by one is a tenth of the time.

Where something needed is not there or not as expected, nothing happens here and jsii starts Node itself.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib.util
import io
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import types
import typing
from pathlib import Path
from typing import Any, NoReturn

from constructs_lib import lazy_bindings

PACKAGES = {
    "constructs": "constructs",
    "cdktf": "cdktf",
    lazy_bindings.BINDINGS: "@cdktf/provider-aws",
}
"""What will be loaded, in the order in which the imports ask for it: Python name -> npm name."""

WARM_UP = {
    "api": "sget",
    "fqn": "@cdktf/provider-aws.provider.AwsProvider",
    "property": "tfResourceType",
}
"""Reading a constant of the bindings has jsii read their type definitions, which it otherwise does when the
first construct is waiting for them. Nobody needs the answer, so it may as well be an error."""

NODE_OPTIONS = (
    "--max-old-space-size=4069",  # this and the next as jsii has it
    "--preserve-symlinks",
    "--preserve-symlinks-main",  # the program finds its parts beside the link to it
)

_OWN_RUNTIME = ("JSII_RUNTIME", "JSII_DEBUG", "JSII_DEBUG_TIMING")
"""Who sets one of these wants to see jsii's own start."""

_started: Kernel | None = None


def start() -> None:
    """Start Node, ahead of everything else. What nobody has taken over at exit is ended at once."""
    global _started
    if lazy_bindings.stock() or any(name in os.environ for name in _OWN_RUNTIME):
        return
    gc.disable()
    try:
        kernel = Kernel()
        atexit.register(kernel.dispose)
        kernel.load_ahead()
    except (OSError, ImportError, ValueError):  # ValueError: not the one archive that a package should have
        return
    _started = kernel


def hand_over() -> None:
    """Have jsii use the Node process of `start` where it would start its own. Imports jsii."""
    if _started is None or not _started.running:
        return
    from jsii._kernel.providers import process

    kernel = _started
    typing.get_type_hints = _once(typing.get_type_hints)

    def take_over(provider: Any) -> None:
        """Stands in for `_NodeProcess.start`, after which the provider must have these two attributes."""
        provider._process = kernel
        provider.sink_thread = threading.Thread()  # has nothing to read: Node writes to our own stderr
        atexit.register(provider.stop)
        provider.handshake()

    # An internal of the pinned jsii. Should it go away, jsii starts Node as if there were no head start.
    if hasattr(getattr(process, "_NodeProcess", None), "handshake"):
        process._NodeProcess.start = take_over


def _once(get_type_hints: Any) -> Any:
    """Keeps the answer for each function that is asked for alone, as the bindings ask."""
    known: dict[Any, Any] = {}

    @functools.wraps(get_type_hints)
    def hints(asked: Any, *more: Any, **named: Any) -> Any:
        if more or named or not isinstance(asked, types.FunctionType):
            return get_type_hints(asked, *more, **named)
        if asked not in known:
            known[asked] = get_type_hints(asked)
        return known[asked]

    return hints


def leave(code: int) -> NoReturn:
    """End the program with this exit code. All files must be closed."""
    if _started is None:
        sys.exit(code)
    _started.dispose()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a reader that has gone
            stream.flush()
    os._exit(code)


class Kernel:
    """jsii's Node process, in the shape of the `subprocess.Popen` that jsii works with.

    When jsii makes a request that `load_ahead` has sent, it is not sent again: the answer is on its way, or
    here already.
    """

    def __init__(self) -> None:
        self._loads = [_load_request(module, package) for module, package in PACKAGES.items()]
        self._unwanted_answers = 0
        self._warming_up = True
        self._directory = Path(tempfile.mkdtemp(prefix="spec-wizard-synth-"))
        try:
            self._process, channel = _launch(self._directory)
        except BaseException:
            shutil.rmtree(self._directory, ignore_errors=True)
            raise
        with channel:
            self._requests, self._answers = channel.makefile("wb"), channel.makefile("rb")
        self.stdin = self.stdout = self
        self.stderr = io.BytesIO()

    def load_ahead(self) -> None:
        """Send the requests to load PACKAGES, and the warm-up."""
        for request in (*self._loads, WARM_UP):
            self._requests.write(json.dumps(request).encode() + b"\n")
        self.flush()

    @property
    def running(self) -> bool:
        """Whether Node has not ended."""
        return self._process.poll() is None

    def write(self, line: bytes) -> None:
        """A request of jsii, which waits for the answer to one before it makes the next."""
        if self._loads and json.loads(line) == self._loads[0]:
            del self._loads[0]
            return
        self._unwanted_answers += len(self._loads) + self._warming_up
        self._loads.clear()
        self._warming_up = False
        self._requests.write(line)

    def flush(self) -> None:
        """Send."""
        self._requests.flush()

    def readline(self) -> bytes:
        """The next answer."""
        while self._unwanted_answers:
            self._answers.readline()
            self._unwanted_answers -= 1
        return self._answers.readline()

    @property
    def closed(self) -> bool:
        """Whether jsii is done; Node then ends by itself."""
        return self._requests.closed

    def close(self) -> None:
        """No more requests."""
        self._requests.close()

    def wait(self, timeout: float | None = None) -> int:
        """Until Node has ended; its exit status."""
        return self._process.wait(timeout)

    def terminate(self) -> None:
        """As Popen's."""
        self._process.terminate()

    def dispose(self) -> None:
        """End Node, should it still run, and remove its temporary files."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with contextlib.suppress(OSError):
            self._requests.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _load_request(module: str, package: str) -> dict[str, str]:
    (archive,) = (_folder(module) / "_jsii").glob("*.jsii.tgz")
    version = archive.name.removesuffix(".jsii.tgz").rpartition("@")[2]
    return {"name": package, "version": version, "tarball": str(archive), "api": "load"}


def _launch(directory: Path) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """jsii's program as its launcher starts it, and the channel to it. Temporary files go to `directory`.

    There it may be killed without leaving anything behind.
    """
    node = lazy_bindings.project_node()
    if node is None or os.environ.get("JSII_NODE") != str(node):
        raise FileNotFoundError("another Node may deserve the warnings that jsii's launcher gives")
    if not Path("~").expanduser().is_absolute():
        raise FileNotFoundError("without a home, jsii keeps its package cache among the temporary files")
    lib = directory / "lib"
    lib.mkdir()
    for file in (_folder("jsii") / "_embedded" / "jsii").glob("lib__*.js"):
        (lib / file.name.removeprefix("lib__")).symlink_to(file)  # the names by which it finds its parts
    program = lib / "program.js"
    program.stat()
    ours, theirs = socket.socketpair()
    # The shell moves the channel to file descriptor 3, which may be in use in this process.
    shell = ["/bin/sh", "-c", 'exec "$@" 3<&0 </dev/null', "sh"]
    with theirs:
        process = subprocess.Popen(
            [*shell, str(node), *NODE_OPTIONS, str(program)],
            stdin=theirs.fileno(),
            env=os.environ | {"JSII_AGENT": f"Python/{platform.python_version()}", "TMPDIR": str(directory)},
        )
    return process, ours


def _folder(module: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(name=module)
    return Path(spec.submodule_search_locations[0])

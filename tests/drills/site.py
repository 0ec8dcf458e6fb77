"""A checkout with its local AWS, and the proxy through which all of the drill's commands speak to it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import terraform
from ops.local_aws.example import EXAMPLE_VALUES
from ops.local_aws.layout import Layout
from tests.drills import small_main
from tests.local import checkout
from tests.local.checkout import COLOURS, Checkout
from tests.support.fault_proxy import FaultProxy
from tests.support.fault_schedule import Schedule


@dataclass(frozen=True)
class Ended:
    """How a command ended. code: its exit code, negative for the signal that killed it."""

    code: int
    output: str


@dataclass
class Site:
    """Commands go through the proxy, clients of the tests straight to the local AWS."""

    here: Checkout
    proxy: FaultProxy

    def environ(self, **changes: str) -> dict[str, str]:
        """Of a command: led to the proxy, with the example configuration."""
        return (
            self.here.local_aws.client_environment(self.here.environ())
            | dict(EXAMPLE_VALUES)
            | {
                "AWS_ENDPOINT_URL": self.proxy.endpoint,
                "LOCAL_AWS_PLAIN_ENDPOINT_URL": self.proxy.plain_endpoint,
            }
            | changes
        )

    def command(self, *words: str) -> list[str]:
        """`ops …`, or `cdktf …` where that is the first word."""
        program, *rest = words if words[0] == "cdktf" else ("ops", *words)
        return [str(self.here.root / ".venv/bin" / program), *rest]

    @contextmanager
    def started(self, *words: str, answers: bool = False, **changes: str) -> Iterator[subprocess.Popen[str]]:
        """A command under way, in a session of its own; what is left of it is killed.

        answers: whether something will be typed.
        """
        with subprocess.Popen(
            self.command(*words),
            cwd=self.here.root,
            env=self.environ(**changes),
            stdin=subprocess.PIPE if answers else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def run(self, *words: str, typed: str = "", timeout_s: float = 400, **changes: str) -> Ended:
        """A command, to its end. typed: what it is answered."""
        with self.started(*words, answers=bool(typed), **changes) as process:
            output = process.communicate(typed or None, timeout=timeout_s)[0]
        return Ended(process.returncode, COLOURS.sub("", output))

    def well(self, *words: str, typed: str = "", **changes: str) -> str:
        """A command that must end well, without faults; its output."""
        self.calm()
        ended = self.run(*words, typed=typed, **changes)
        assert ended.code == 0, f"{words} ended with {ended.code}:\n{ended.output}"
        return ended.output

    def terraform(self, stack: str, *words: str) -> str:
        """Plain Terraform in a stack's folder that a deploy has made ready, without faults; its output."""
        self.calm()
        command = [terraform.binary(), f"-chdir={self.here.root}/cdktf.out/stacks/{stack}", *words]
        return subprocess.run(
            command, env=self.environ(), capture_output=True, check=True, text=True, timeout=120
        ).stdout

    def calm(self) -> None:
        """No faults from now on."""
        self.proxy.schedule, self.proxy.trap = Schedule(), None

    def client(self, service: str) -> Any:
        """Of the local AWS itself."""
        return self.here.local_aws.client(service)


@contextmanager
def ready(root: Path) -> Iterator[Site]:
    """A site whose local AWS is empty and runs; its `staging` is a small one."""
    with checkout.running(root) as here:
        small_main.take_the_place_in(here.root)
        status = here.local_aws.start()
        assert status.endpoint
        assert status.plain_endpoint
        port, plain = (int(url.rpartition(":")[2]) for url in (status.endpoint, status.plain_endpoint))
        with FaultProxy(port, plain, Layout(here.local_aws.directory).tls) as proxy:
            yield Site(here, proxy)

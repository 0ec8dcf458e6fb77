"""A copy of the checkout, in which tests type the commands of the README.

The developer's own local AWS, synthesized stacks and outputs stay untouched; only the installed packages are
shared.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ops import paths
from ops.local_aws.instance import LocalAws, interferes
from ops.local_aws.ports import free_ports, listener
from ops.paths import ROOT
from ops.terraform import binary
from tests.support.project_files import project_files

COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
COMMANDS = ("ops", "cdktf")
SHARED = ("node_modules", ".tools")
GIVEN: set[int] = set()
"""Ports of this process's checkouts."""


class Checkout:
    """The copy in `root`, with a local AWS of its own. Use `running` as a context."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = _free_port()
        self._copy()

    def _copy(self) -> None:
        for name in project_files():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        for name in SHARED:
            if (ROOT / name).exists():
                (self.root / name).symlink_to(ROOT / name)
        self._virtualenv()

    def _virtualenv(self) -> None:
        """The installed packages under this root: the launchers find the checkout from their own place."""
        (self.root / ".venv/bin").mkdir(parents=True)
        for entry in (ROOT / ".venv").iterdir():
            if entry.name != "bin":
                (self.root / ".venv" / entry.name).symlink_to(entry)
        for entry in (ROOT / ".venv/bin").iterdir():
            if entry.name in COMMANDS:
                shutil.copy2(ROOT / "ops/launchers" / entry.name, self.root / ".venv/bin")
            else:
                (self.root / ".venv/bin" / entry.name).symlink_to(entry)

    @property
    def local_aws(self) -> LocalAws:
        """Its local AWS."""
        return LocalAws(self.root / ".local-aws", self.port)

    def environ(self, **changes: str) -> dict[str, str]:
        """A developer's environment without any AWS account in it."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not (interferes(name) or name.startswith(("AWS_", "TF_VAR", "JSII_", "NODE_OPTIONS")))
        }
        return kept | {"LOCAL_AWS_PORT": str(self.port)} | changes

    def run(
        self, *command: str, code: int = 0, folder: str = ".", environ: dict[str, str] | None = None
    ) -> str:
        """Run to the end and return stdout and stderr; any other exit code fails the test, output shown."""
        result = subprocess.run(
            command,
            cwd=self.root / folder,
            env=environ or self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        output = COLOURS.sub("", result.stdout)
        assert result.returncode == code, f"{command} ended with {result.returncode}:\n{output}"
        return output

    def ops(self, *arguments: str, code: int = 0, **changes: str) -> str:
        """`ops …` by its path, as with an inactive virtualenv."""
        command = str(self.root / ".venv/bin/ops")
        return self.run(command, *arguments, code=code, environ=self.environ(**changes))

    def cdktf(self, *arguments: str, code: int = 0, folder: str = ".", **changes: str) -> str:
        """The real cdktf in a shell that was led to the local AWS as the README says."""
        commands = self.root / ".venv/bin"
        exports = "".join(f"export {name}={shlex.quote(value)}; " for name, value in changes.items())
        script = f'eval "$({commands}/ops local env)"; {exports} exec {commands}/cdktf "$@"'
        shell = ("sh", "-c", script, "cdktf")
        return self.run(*shell, *arguments, code=code, folder=folder, environ=self.environ(**changes))

    def terraform(
        self, environment: str, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Plain Terraform in a synthesized stack that was initialized. environ: besides the usual one."""
        return subprocess.run(
            [binary(), *arguments, "-no-color"],
            cwd=self.root / paths.stack_directory(environment).relative_to(ROOT),
            env=self.local_aws.client_environment(self.environ()) | dict(environ or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`ops …` under way, in a session of its own; what is left of it is killed."""
        with subprocess.Popen(
            [str(self.root / ".venv/bin/ops"), *arguments],
            cwd=self.root,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Where the tests run in the background, shells have SIGINT ignored; programs would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def kill_terraform(self) -> None:
        """End Terraform and its provider, which is of its process group, as a power cut would."""
        for pid in _processes(lambda command: command.startswith("terraform") and str(self.root) in command):
            os.killpg(pid, signal.SIGKILL)


def _free_port() -> int:
    """A port that is free, with the next one, and that no client is given for a connection of its own.

    The local AWS starts later: within the system's range of such ports somebody may have it by then.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw9").removeprefix("gw"))
    first = 10_000 + worker % 10 * 1_000
    for port in range(first + os.getpid() % 50 * 10, first + 1_000, 2):
        with contextlib.suppress(OSError), listener(port), listener(port + 1):
            if port not in GIVEN:
                GIVEN.add(port)
                return port
    return free_ports(1)[0]


def wait_for(process: subprocess.Popen[str], text: str) -> str:
    """Read the output until a line has this text; what was read."""
    assert process.stdout
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} was never printed:\n{seen}")


def rest_of(process: subprocess.Popen[str], timeout_s: float = 120) -> str:
    """The output until the end."""
    return process.communicate(timeout=timeout_s)[0]


def _processes(wanted: Callable[[str], bool]) -> list[int]:
    found = []
    listing = subprocess.run(["ps", "-wweo", "pid=,args="], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        pid, _, command = line.strip().partition(" ")
        program, _, arguments = command.partition(" ")
        if wanted(f"{Path(program).name} {arguments}"):
            found.append(int(pid))
    return found


@contextmanager
def running(root: Path) -> Iterator[Checkout]:
    """A checkout whose local AWS is ended with it."""
    checkout = Checkout(root)
    try:
        yield checkout
    finally:
        checkout.kill_terraform()
        checkout.local_aws.stop()


@contextmanager
def deployed(root: Path, settings: str) -> Iterator[Checkout]:
    """`running`, with the account and a dev that the real cdktf has applied. settings: lines of .env.dev."""
    with running(root) as made:
        (made.root / ".env.dev").write_text(settings)
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        made.cdktf("deploy", "account", "dev", "--auto-approve")
        yield made

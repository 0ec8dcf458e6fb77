"""One local AWS in one directory: start, stop, status, reset, and what a client must be told.

Several instances live side by side, each with its own directory, ports, state and credentials.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.files import write_private
from ops.local_aws import deployer, layout, ports
from ops.local_aws.example import ACCOUNT_ID, REGION

DEFAULT_PORT = 4566
"""TLS port of the checkout's own instance; plain HTTP is on the next one."""

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0

INTERFERING = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)
"""Variables that would lead a client elsewhere or spoil its signature.

They must be *unset*: botocore takes an empty AWS_PROFILE for a profile of that name. Beside them each
AWS_ENDPOINT_URL_<SERVICE>, which goes before AWS_ENDPOINT_URL.
"""


def interferes(name: str) -> bool:
    """Whether the variable must be unset for a client of the local AWS."""
    return name in INTERFERING or name.startswith("AWS_ENDPOINT_URL_")


@dataclass(frozen=True)
class Status:
    """Facts about an instance; pid, started and version are None while it does not run."""

    running: bool
    directory: Path
    account: str
    endpoint: str | None
    plain_endpoint: str | None
    pid: int | None = None
    started: datetime | None = None
    version: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's types; `started` in ISO 8601, UTC."""
        return {
            **asdict(self),
            "directory": str(self.directory),
            "started": self.started.isoformat() if self.started else None,
        }


class LocalAws:
    """The instance whose files lie in `directory`.

    port: the TLS port, plain HTTP on the next one. When left out, free ports are chosen at the first
    start and remembered in the directory, so that a restart keeps the endpoint.
    without: names of fixes to leave out, for the tests that compare with stock MiniStack.
    """

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        account: str = ACCOUNT_ID,
        without: Sequence[str] = (),
    ) -> None:
        self.directory = directory.resolve()
        self.account = account
        self._port = port
        self._without = tuple(without)
        self._files = layout.Layout(self.directory)

    @classmethod
    def of_checkout(cls) -> LocalAws:
        """The checkout's own instance: `.local-aws`; port: LOCAL_AWS_PORT, the last one, or 4566."""
        directory = layout.CHECKOUT / ".local-aws"
        chosen = os.environ.get("LOCAL_AWS_PORT", "").strip()
        if not chosen:
            known = _read_ports(layout.Layout(directory).ports)
            return cls(directory, known[0] if known else DEFAULT_PORT)
        if not chosen.isdigit() or not 1024 <= int(chosen) <= 65534:
            raise OpsError(
                f"LOCAL_AWS_PORT is {chosen!r}; a number from 1024 to 65534 is expected.",
                hint="Unset it, or choose for example 5566; plain HTTP uses the port after it.",
                code=ExitCode.LOCAL_AWS,
            )
        return cls(directory, int(chosen))

    def start(self, timeout_s: float = START_TIMEOUT_S) -> Status:
        """Starts the server unless it runs, and returns once it answers and the deploy user exists.

        Whatever ends this early, Ctrl-C included, ends a server that was started by it.
        """
        with self._files_writable(), layout.exclusive(self._files.operation):
            # One that runs may be about to end: then it is started after all.
            if layout.running(self._files.server) is None or not self._await_answer(None, timeout_s):
                self._launch(timeout_s)
            self._ensure_deployer()
        return self.status()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> bool:
        """Ends the server, its state saved; False if it did not run."""
        with layout.exclusive(self._files.operation):
            return self._end(timeout_s)

    def reset(self) -> None:
        """Erases the state. A running server keeps running and gets a new deploy user."""
        with layout.exclusive(self._files.operation):
            shutil.rmtree(self._files.signing_keys, ignore_errors=True)
            self._files.table_generations.unlink(missing_ok=True)
            if layout.running(self._files.server) is None:
                for directory in (self._files.state, self._files.objects, self._files.scratch):
                    shutil.rmtree(directory, ignore_errors=True)
                self._files.deployer.unlink(missing_ok=True)
                return
            if self._request("POST", "/_ministack/reset", timeout_s=30) != 200:
                raise OpsError(
                    "The local AWS did not erase its state.",
                    hint="Stop it and try again:  ops local stop && ops local reset",
                    code=ExitCode.LOCAL_AWS,
                )
            self._files.deployer.unlink(missing_ok=True)
            self._ensure_deployer()

    def status(self) -> Status:
        """What is known now; takes a millisecond."""
        facts = layout.running(self._files.server)
        known = (facts["port"], facts["plain_port"]) if facts else _read_ports(self._files.ports)
        endpoint, plain = _endpoints(known) if known else (None, None)
        if facts is None:
            return Status(False, self.directory, self.account, endpoint, plain)
        return Status(
            True,
            self.directory,
            facts["account"],
            endpoint,
            plain,
            pid=facts["pid"],
            started=datetime.fromtimestamp(facts["started"], UTC),
            version=facts["version"],
        )

    def environment(self) -> dict[str, str]:
        """Variables that lead boto3, Terraform, cdktf and the AWS CLI to this instance.

        For a whole environment without what `INTERFERING` names see `client_environment`.
        """
        status = self.status()
        key = deployer.read(self._files.deployer)
        if not status.running or key is None or status.endpoint is None or status.plain_endpoint is None:
            raise OpsError(
                f"The local AWS in {self.directory} is not running.",
                hint="Start it:  ops local start",
                code=ExitCode.LOCAL_AWS,
            )
        return {
            # The address and not `localhost`: SDKs put a bucket's name before a host name
            # (bucket.localhost, which need not resolve) and into the path behind an address.
            "AWS_ENDPOINT_URL": status.endpoint,
            "LOCAL_AWS_PLAIN_ENDPOINT_URL": status.plain_endpoint,
            "AWS_CA_BUNDLE": str(self._files.tls.authority),
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # A profile in ~/.aws/config may say the opposite.
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            # Their private halves are in this instance's Secrets Manager, and are erased with it.
            "SIGNING_PUBLIC_KEY_FILE": str(self._files.signing_keys / "{environment}.pem"),
            **_no_proxy(),
        }

    def client_environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """`base` (os.environ when left out) made fit for a program that shall use this instance."""
        whole = os.environ if base is None else base
        kept = {name: value for name, value in whole.items() if not interferes(name)}
        return {**kept, **self.environment()}

    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client as the deploy user, whatever the environment says."""
        environment = self.environment()
        key = deployer.AccessKey(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        endpoint, authority = environment["AWS_ENDPOINT_URL"], Path(environment["AWS_CA_BUNDLE"])
        return deployer.client(service, key, endpoint, authority, region)

    @contextlib.contextmanager
    def _files_writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OpsError(
                f"The local AWS could not use its files in {self.directory}: {error.strerror or error}.",
                hint="Make room, or make the directory writable, then try again.",
                code=ExitCode.OUTPUT,
            ) from error

    def _launch(self, timeout_s: float) -> None:
        port, plain_port = self._choose_ports()
        server_file = layout.lock_server_file(self._files.server)
        if server_file is None:
            raise OpsError(
                f"The local AWS in {self.directory} is still ending.",
                hint="Try again in a moment.",
                code=ExitCode.LOCAL_AWS,
            )
        arguments = [str(self.directory), str(port), str(plain_port), self.account]
        arguments += ["--lock", str(server_file.fileno())]
        arguments += [word for name in self._without for word in ("--without", name)]
        # The lock is the server's from its fork on: whatever happens here, `status` and `stop` know it.
        with server_file, self._files.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ops.local_aws.server", *arguments],
                cwd=layout.CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[server_file.fileno()],
                # Out of the terminal's process group: Ctrl-C must not end it, nor closing the terminal.
                start_new_session=True,
            )
        try:
            self._await_answer(process, timeout_s)
            write_private(self._files.ports, json.dumps({"port": port, "plain_port": plain_port}))
        except BaseException:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise

    def _choose_ports(self) -> tuple[int, int]:
        if self._port is None:
            known = _read_ports(self._files.ports)
            if known and ports.are_free(known):
                return known
            first, second = ports.free_ports(2)
            return first, second
        chosen = (self._port, self._port + 1)
        if not ports.are_free(chosen):
            raise _port_in_use(next((port for port in chosen if not ports.is_free(port)), chosen[0]))
        return chosen

    def _await_answer(self, process: subprocess.Popen[bytes] | None, timeout_s: float) -> bool:
        """Waits until the server answers over TLS; False if one that was running ended meanwhile.

        process: the one just started, whose end is an error.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            if self._answers():
                return True
            ended = process.poll() if process else None
            if ended is not None:
                raise self._died(ended)
            if process is None and layout.running(self._files.server) is None:
                return False
            if time.monotonic() > deadline:
                raise OpsError(
                    f"The local AWS does not answer after {timeout_s:.0f} seconds.",
                    hint=f"Stop it:  ops local stop\nLast lines of {self._files.log}:\n{self._log_tail()}",
                    code=ExitCode.LOCAL_AWS,
                )
            time.sleep(0.03)

    def _answers(self) -> bool:
        try:
            return self._request("GET", "/_ministack/health", timeout_s=5) == 200
        except (OSError, http.client.HTTPException):
            return False

    def _died(self, exit_status: int | None) -> OpsError:
        if exit_status == layout.PORT_IN_USE and self._port is not None:
            taken = [port for port in (self._port, self._port + 1) if not ports.is_free(port)]
            return _port_in_use(taken[0] if taken else self._port)
        how = "" if exit_status is None else f" with exit status {exit_status}"
        return OpsError(
            f"The local AWS ended{how} while it was starting.",
            hint=f"Last lines of {self._files.log}:\n{self._log_tail()}",
            code=ExitCode.LOCAL_AWS,
        )

    def _log_tail(self, lines: int = 15) -> str:
        try:
            text = self._files.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"

    def _request(self, method: str, path: str, timeout_s: float) -> int:
        facts = layout.running(self._files.server)
        if facts is None:
            raise ConnectionRefusedError("no server")
        context = ssl.create_default_context(cafile=str(self._files.tls.authority))
        connection = http.client.HTTPSConnection(
            ports.LOOPBACK, facts["port"], timeout=timeout_s, context=context
        )
        with contextlib.closing(connection):
            connection.request(method, path)
            response = connection.getresponse()
            response.read()
            return response.status

    def _ensure_deployer(self) -> None:
        endpoint = self.status().endpoint
        if endpoint is None:
            raise self._died(None)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            deployer.ensure(self._files.deployer, endpoint, self._files.tls.authority, self.account)
        except (BotoCoreError, ClientError) as error:
            raise OpsError(
                f"The local AWS runs, but its deploy user could not be made: {error}",
                hint=f"Begin anew:  ops local stop && ops local reset\nIts log: {self._files.log}",
                code=ExitCode.LOCAL_AWS,
            ) from error

    def _end(self, timeout_s: float) -> bool:
        facts = layout.running(self._files.server)
        if facts is None:
            return False
        for number, patience_s in ((signal.SIGTERM, timeout_s), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(facts["pid"], number)
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline:
                if layout.running(self._files.server) is None:
                    return True
                time.sleep(0.02)
        raise OpsError(
            f"The local AWS (pid {facts['pid']}) does not end.",
            hint=f"End it:  kill -9 {facts['pid']}  Its log: {self._files.log}",
            code=ExitCode.LOCAL_AWS,
        )


def _endpoints(known: tuple[int, int]) -> tuple[str, str]:
    return f"https://{ports.LOOPBACK}:{known[0]}", f"http://{ports.LOOPBACK}:{known[1]}"


def _read_ports(path: Path) -> tuple[int, int] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return int(content["port"]), int(content["plain_port"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _port_in_use(port: int) -> OpsError:
    holder = ports.holder(port)
    by = f" by {holder}" if holder else ""
    return OpsError(
        f"Port {port} on {ports.LOOPBACK} is in use{by}.",
        hint="End that program, or choose another port:  LOCAL_AWS_PORT=5566 ops local start",
        code=ExitCode.LOCAL_AWS,
    )


def _no_proxy() -> dict[str, str]:
    """Proxy exceptions that keep loopback direct; botocore sends even 127.0.0.1 to a configured proxy."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = [host.strip() for host in known.split(",") if host.strip()]
    both = ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost"]))
    return {"NO_PROXY": both, "no_proxy": both}

"""The server process: `python -m ops.local_aws.server DIRECTORY PORT PLAIN_PORT ACCOUNT [--without FIX]`.

MiniStack's own `app.main` is not used: it binds every interface unless told otherwise, opens :443 and
:8883 beside its port, cannot serve plain HTTP next to TLS, keeps its process id in a shared place, and
leaves the developer's AWS settings in the environment that Lambda workers inherit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from ops.local_aws.layout import ALREADY_RUNNING, PORT_IN_USE, Layout, lock_server_file
from ops.local_aws.ports import listener

CHECKPOINT_S = 1.0

KEEP_ALIVE_S = 75
"""As MiniStack's own; hypercorn's 5 s ends connections that SDKs keep in their pools."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m ops.local_aws.server")
    parser.add_argument("directory", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("plain_port", type=int)
    parser.add_argument("account")
    parser.add_argument(
        "--without", action="append", default=[], metavar="FIX", help="leave a fix out (tests)"
    )
    parser.add_argument("--lock", type=int, metavar="DESCRIPTOR", help="the locked server file")
    options = parser.parse_args(arguments)
    layout = Layout(options.directory.resolve())
    server_file = _server_file(layout, options.lock)
    if server_file is None:
        return ALREADY_RUNNING
    # Never closed: the lock shall last until the process is gone, the interpreter's own end included.
    os.dup(server_file.fileno())
    try:
        sockets = [listener(options.port), listener(options.plain_port)]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return PORT_IN_USE
        raise
    _write_facts(server_file, options)
    _prepare(layout, options)
    _serve(layout, sockets, options.without)
    return 0


def _server_file(layout: Layout, descriptor: int | None) -> IO[str] | None:
    """The locked server file; the starter locked it so that this process was known from its fork on."""
    if descriptor is None:
        return lock_server_file(layout.server)
    # A Lambda worker that outlived the server would keep the lock.
    os.set_inheritable(descriptor, False)
    return os.fdopen(descriptor, "a+", encoding="utf-8")


def _write_facts(server_file: IO[str], options: argparse.Namespace) -> None:
    json.dump(
        {
            "pid": os.getpid(),
            "port": options.port,
            "plain_port": options.plain_port,
            "account": options.account,
            "started": time.time(),
            "version": version("ministack"),
        },
        server_file,
    )
    server_file.flush()


def environment(layout: Layout, port: int, account: str) -> dict[str, str]:
    """What the server and, by inheritance, each Lambda worker gets beside PATH and the locale."""
    tls = layout.tls
    return {
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(tls.chain),
        "MINISTACK_SSL_KEY": str(tls.key),
        "MINISTACK_ACCOUNT_ID": account,
        # Lambda workers are pointed at this port; it does not open one.
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(layout.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(layout.objects),
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(layout.scratch),
        # No ~/.aws: a Lambda worker on AWS has none either.
        "HOME": str(layout.scratch),
        "AWS_EC2_METADATA_DISABLED": "true",
        # A Docker daemon on this machine is none of our business.
        "DOCKER_HOST": f"unix://{layout.directory}/no-docker",
    }


def _prepare(layout: Layout, options: argparse.Namespace) -> None:
    """The environment and the files that MiniStack reads while it is imported."""
    shutil.rmtree(layout.scratch, ignore_errors=True)
    for directory in (layout.scratch, layout.state, layout.objects):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    layout.tls.ensure()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
    }
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(environment(layout, options.port, options.account))


def _serve(layout: Layout, sockets: list[socket.socket], without: Sequence[str]) -> None:
    import ministack.app as app
    from hypercorn.asyncio.run import worker_serve
    from hypercorn.config import Config, Sockets
    from hypercorn.utils import wrap_app

    from ops.local_aws import fixes, guard
    from ops.local_aws.checkpoint import Checkpoint

    fixes.install(without)
    guard.install(app)
    checkpoint = Checkpoint(app, layout.state, CHECKPOINT_S)
    checkpoint.watch()

    config = Config()
    config.certfile, config.keyfile = str(layout.tls.chain), str(layout.tls.key)
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.loglevel = "WARNING"
    _raise_descriptor_limit()
    _do_not_wait_for_idle_clients()
    # Relative paths of Lambda workers and of MiniStack land in the instance, not in the checkout.
    os.chdir(layout.scratch)

    async def serve() -> None:
        saver = asyncio.create_task(checkpoint.run())
        try:
            await worker_serve(
                wrap_app(app.app, config.wsgi_max_body_size, None),
                config,
                sockets=Sockets([sockets[0]], [sockets[1]], []),
                shutdown_trigger=_stop_requested(checkpoint),
            )
        finally:
            saver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await saver

    asyncio.run(serve())


def _stop_requested(checkpoint: Any) -> Any:
    """Waits for the signal and saves at once: closing connections may take longer than `stop` waits."""

    async def wait() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        await stop.wait()
        checkpoint.save()

    return wait


def _do_not_wait_for_idle_clients() -> None:
    """Lets the server end although clients keep TLS connections open.

    asyncio waits 30 s for a client to agree to the end of TLS, which an SDK with a pool of connections
    never does; hypercorn 0.18 neither sets that time nor expects it to pass.
    """
    from asyncio import constants

    from hypercorn.asyncio.tcp_server import TCPServer

    constants.SSL_SHUTDOWN_TIMEOUT = 0.2
    close = TCPServer._close

    async def close_quietly(self: Any) -> None:
        with contextlib.suppress(TimeoutError):
            await close(self)

    TCPServer._close = close_quietly


def _raise_descriptor_limit() -> None:
    """Terraform and the tests open more connections at once than the usual soft limit allows."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())

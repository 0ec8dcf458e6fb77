"""Ports on the loopback address: free ones, and who holds a taken one."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Collection
from pathlib import Path

LOOPBACK = "127.0.0.1"
OF_CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""Linux: the lowest and the highest port that a connection is given which asks for none."""
LOWEST, TRIES = 20_000, 200
RELEASE_S = 2.0
"""The kernel closes the files of a killed server one after the other: its ports may outlast its lock."""


def listener(port: int) -> socket.socket:
    """A socket bound to the loopback address; OSError when the port is taken. 0 means any free port."""
    # asyncio turns Nagle's delay (40 ms a request) off only where the protocol is named.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Connections of an instance that just ended stay in TIME_WAIT for a minute.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, port))
    except OSError:
        sock.close()
        raise
    return sock


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    try:
        # Linux lets two sockets with SO_REUSEADDR be bound as long as neither listens.
        with listener(port) as sock:
            sock.listen(1)
    except OSError:
        return False
    return True


def are_free(ports: Collection[int], patience_s: float = RELEASE_S) -> bool:
    """Whether a server could listen on all of them, now or within `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while not (free := all(is_free(port) for port in ports)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return free


def free_ports(count: int) -> list[int]:
    """Different ports that are free now; none that the system gives to clients, if it tells which those are.

    An instance keeps its ports over restarts, and a client somewhere may have one of its range meanwhile.
    """
    try:
        below = int(OF_CLIENTS.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        below = 0
    # Drawn, so that two who look at the same time find different ones.
    drawn = random.SystemRandom().sample(range(LOWEST, below), TRIES) if below >= LOWEST + TRIES else []
    sockets: list[socket.socket] = []
    try:
        for port in [*drawn, *[0] * count]:
            if len(sockets) < count:
                with contextlib.suppress(OSError):
                    sockets.append(listener(port))
        return [int(sock.getsockname()[1]) for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def holder(port: int) -> str:
    """Who listens on `port`, as "pid 4711 (nginx)"; empty where the system does not tell."""
    pid = _holder_in_proc(port) or _holder_by_lsof(port)
    return f"pid {pid} ({_program(pid)})" if pid else ""


def _holder_in_proc(port: int) -> int | None:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            # 0A is LISTEN.
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in inodes:
                return int(descriptor.parts[2])
        except OSError:
            continue
    return None


def _holder_by_lsof(port: int) -> int | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    try:
        found = subprocess.run(
            [lsof, "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    pid = found.stdout.split()[:1]
    return int(pid[0]) if pid else None


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        ps = shutil.which("ps")
        if ps is None:
            return "unknown program"
        named = subprocess.run(
            [ps, "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False
        )
        return named.stdout.strip() or "unknown program"

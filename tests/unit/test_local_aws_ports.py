"""Ports of the local AWS."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ops.local_aws import ports


def test_a_free_port_is_free_until_somebody_listens() -> None:
    (port,) = ports.free_ports(1)
    assert ports.is_free(port)
    with ports.listener(port) as sock:
        sock.listen(1)
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_free_ports_differ() -> None:
    assert len(set(ports.free_ports(5))) == 5


@pytest.mark.skipif(not ports.OF_CLIENTS.exists(), reason="needs /proc")
def test_no_client_is_given_a_free_port() -> None:
    lowest, highest = map(int, ports.OF_CLIENTS.read_text().split())
    assert [port for port in ports.free_ports(20) if lowest <= port <= highest] == []


@pytest.mark.parametrize("told", ["", "1024 65535", "nothing"])
def test_where_clients_have_any_port_or_nobody_knows_there_are_some_too(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "range"
    file.write_text(told)
    monkeypatch.setattr(ports, "OF_CLIENTS", file)
    assert len(set(ports.free_ports(3))) == 3


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_the_holder_is_named() -> None:
    with ports.listener(0) as sock:
        sock.listen(1)
        assert ports.holder(sock.getsockname()[1]).startswith(f"pid {os.getpid()} (")


def test_nobody_holds_a_free_port() -> None:
    (port,) = ports.free_ports(1)
    assert ports.holder(port) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="hides /proc")
def test_no_holder_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_holder_in_proc", lambda _: None)
    monkeypatch.setattr(ports.shutil, "which", lambda _: None)
    with ports.listener(0) as sock:
        sock.listen(1)
        assert ports.holder(sock.getsockname()[1]) == ""

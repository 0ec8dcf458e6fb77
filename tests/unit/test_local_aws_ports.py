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

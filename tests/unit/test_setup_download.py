"""The Terraform release is used only if all of it arrived and is what was published."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import download

VERSION = "1.11.4"
SUMS = f"/{VERSION}/terraform_{VERSION}_SHA256SUMS"
PROGRAM = b"#!/bin/sh\necho terraform\n"


def zipped(name: str = "terraform", content: bytes = PROGRAM) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("LICENSE.txt", "text")
        bundle.writestr(name, content)
    return buffer.getvalue()


class Releases:
    """A server of releases on loopback: `files` by path; `cut` paths end in the middle of the body."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        releases = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = releases.files.get(self.path)
                if body is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if self.path in releases.cut else body)

            def log_message(self, *args: object) -> None:
                """Keep the tests' output clean."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def archive() -> str:
    return f"terraform_{VERSION}_{download.target_platform()}.zip"


@pytest.fixture
def releases(archive: str) -> Iterator[Releases]:
    """A server with a right release for this machine."""
    server = Releases()
    body = zipped()
    server.files[f"/{VERSION}/{archive}"] = body
    server.files[SUMS] = f"{'0' * 64}  other.zip\n{hashlib.sha256(body).hexdigest()}  {archive}\n".encode()
    yield server
    server.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "terraform" / VERSION / "terraform"


def refused(releases: Releases, target: Path) -> OpsError:
    """Download, expecting an error that leaves nothing behind."""
    with pytest.raises(OpsError) as caught:
        download.release(VERSION, releases.url, target)
    assert list(target.parent.iterdir()) == []
    assert "\n" not in caught.value.message
    return caught.value


def test_right_file_is_put_in_place_executable(releases: Releases, target: Path) -> None:
    left = target.parent / ".part-of-a-killed-set-up"
    left.mkdir(parents=True)
    (left / "terraform").write_bytes(b"half")
    download.release(VERSION, releases.url + "/", target)
    assert target.read_bytes() == PROGRAM
    assert target.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in target.parent.iterdir()] == ["terraform"]


def test_wrong_checksum_is_refused(releases: Releases, target: Path, archive: str) -> None:
    releases.files[f"/{VERSION}/{archive}"] = zipped(content=b"something else")
    error = refused(releases, target)
    assert error.code == ExitCode.TOOL
    assert "SHA-256" in error.message


def test_failed_download_leaves_the_old_binary(releases: Releases, target: Path, archive: str) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    releases.files[f"/{VERSION}/{archive}"] = zipped(content=b"something else")
    with pytest.raises(OpsError):
        download.release(VERSION, releases.url, target)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("missing", ["sums", "archive"])
def test_not_found_names_the_address(releases: Releases, target: Path, archive: str, missing: str) -> None:
    path = SUMS if missing == "sums" else f"/{VERSION}/{archive}"
    del releases.files[path]
    error = refused(releases, target)
    assert error.code == ExitCode.TOOL
    assert f"{releases.url}{path} answered 404" in error.message


@pytest.mark.parametrize("which", ["sums", "archive"])
def test_interrupted_download_is_no_short_file(
    releases: Releases, target: Path, archive: str, which: str
) -> None:
    releases.cut.add(SUMS if which == "sums" else f"/{VERSION}/{archive}")
    error = refused(releases, target)
    assert error.code == ExitCode.NETWORK
    assert "the connection ended after" in error.message


def test_sums_without_our_file_are_refused(releases: Releases, target: Path, archive: str) -> None:
    releases.files[SUMS] = f"{'0' * 64}  terraform_{VERSION}_plan9_amd64.zip\n".encode()
    error = refused(releases, target)
    assert error.code == ExitCode.TOOL
    assert archive in error.message


def test_archive_without_terraform_is_refused(releases: Releases, target: Path, archive: str) -> None:
    body = zipped(name="vault")
    releases.files[f"/{VERSION}/{archive}"] = body
    releases.files[SUMS] = f"{hashlib.sha256(body).hexdigest()}  {archive}\n".encode()
    assert refused(releases, target).code == ExitCode.TOOL


def test_nobody_listening_is_a_network_error(releases: Releases, target: Path) -> None:
    releases.close()
    releases.server.server_close()
    error = refused(releases, target)
    assert error.code == ExitCode.NETWORK
    assert "could not be downloaded" in error.message
    assert "TERRAFORM_BINARY_NAME" in error.hint


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
    ],
)
def test_platform_names(system: str, machine: str, name: str) -> None:
    assert download.target_platform(system, machine) == name


@pytest.mark.parametrize(
    ("system", "machine"), [("Linux", "riscv64"), ("SunOS", "x86_64"), ("Windows", "AMD64")]
)
def test_unsupported_platform_names_what_was_found(system: str, machine: str) -> None:
    with pytest.raises(OpsError, match=f"{system} on {machine}") as caught:
        download.target_platform(system, machine)
    assert caught.value.code == ExitCode.TOOL

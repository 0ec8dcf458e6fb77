"""Brings in one Terraform release: fetched, checked against its published SHA-256, then put in place."""

from __future__ import annotations

import hashlib
import http.client
import os
import platform
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ops.errors import OpsError
from ops.exit_codes import ExitCode

TIMEOUT_SECONDS = 30.0
CHUNK = 1 << 20
WAYS_OUT = (
    "Install Terraform 1.11 or newer (https://developer.hashicorp.com/terraform/install), or name one with "
    "TERRAFORM_BINARY_NAME, or a mirror of the releases with TERRAFORM_RELEASES_URL."
)

SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def target_platform(system: str = "", machine: str = "") -> str:
    """Return the name that the release gives to this machine, such as `linux_amd64`."""
    system = system or platform.system()
    machine = machine or platform.machine()
    try:
        return f"{SYSTEMS[system]}_{MACHINES[machine.lower()]}"
    except KeyError:
        raise OpsError(
            f"there is no Terraform for {system} on {machine} (only for Linux and macOS, x86-64 and ARM64)",
            hint="Install Terraform 1.11 or newer by other means and name it with TERRAFORM_BINARY_NAME.",
            code=ExitCode.TOOL,
        ) from None


def release(version: str, base_url: str, target: Path, tick: Callable[[], None] = lambda: None) -> None:
    """Put the release's `terraform` at `target`.

    Whatever happens on the way, `target` is either as before or a whole, checked binary.
    """
    archive_name = f"terraform_{version}_{target_platform()}.zip"
    place = f"{base_url.rstrip('/')}/{version}"
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(".part-*"):  # of a set-up that was killed; the set-up's lock is held
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
        sums, archive = Path(folder, "SHA256SUMS"), Path(folder, archive_name)
        fetch(f"{place}/terraform_{version}_SHA256SUMS", sums, tick)
        expected = published_sum(sums.read_text("utf-8", "replace"), archive_name, place)
        found = fetch(f"{place}/{archive_name}", archive, tick)
        if found != expected:
            raise OpsError(
                f"{place}/{archive_name} has SHA-256 {found}, published is {expected}: it is not used",
                hint=f"Something on the way changed the file. {WAYS_OUT}",
                code=ExitCode.TOOL,
            )
        extract(archive, target)


def published_sum(text: str, name: str, place: str) -> str:
    """Return the SHA-256 that a SHA256SUMS file gives for `name`."""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == name:
            return words[0].lower()
    raise OpsError(
        f"the SHA256SUMS at {place} does not name {name}: the download cannot be checked",
        hint=WAYS_OUT,
        code=ExitCode.TOOL,
    )


def fetch(url: str, path: Path, tick: Callable[[], None]) -> str:
    """Download `url` to `path`; return its SHA-256."""
    if not url.startswith(("https://", "http://")):
        raise OpsError(
            f"{url} is not an http(s) address", hint="Correct TERRAFORM_RELEASES_URL.", code=ExitCode.TOOL
        )
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "spec-wizard-infra"})
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response, path.open("wb") as out:
            return copy(response, out, url, response.headers.get("Content-Length"), tick)
    except urllib.error.HTTPError as error:
        error.close()
        raise OpsError(
            f"{url} answered {error.code} {error.reason}",
            hint=WAYS_OUT,
            code=ExitCode.NETWORK if error.code >= 500 else ExitCode.TOOL,
        ) from None
    except urllib.error.URLError as error:
        raise unreachable(url, error.reason) from None
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise unreachable(url, error) from None


def copy(
    response: http.client.HTTPResponse,
    out: BinaryIO,
    url: str,
    announced: str | None,
    tick: Callable[[], None],
) -> str:
    """Write the body to `out`; return its SHA-256. A body that ends early is an error, not a short file."""
    digest, size = hashlib.sha256(), 0
    while chunk := response.read(CHUNK):
        out.write(chunk)
        digest.update(chunk)
        size += len(chunk)
        if size % (16 * CHUNK) < len(chunk):
            tick()
    if announced is not None and announced.isdigit() and size != int(announced):
        raise unreachable(url, f"the connection ended after {size} of {announced} bytes")
    return digest.hexdigest()


def unreachable(url: str, reason: object) -> OpsError:
    """Return the error for a download that the network did not let through."""
    return OpsError(f"{url} could not be downloaded: {reason}", hint=WAYS_OUT, code=ExitCode.NETWORK)


def extract(archive: Path, target: Path) -> None:
    """Take `terraform` out of the checked archive and put it at `target` in one step."""
    whole = archive.with_name("terraform")
    try:
        with zipfile.ZipFile(archive) as bundle, bundle.open("terraform") as member, whole.open("wb") as out:
            shutil.copyfileobj(member, out, CHUNK)
            out.flush()
            os.fsync(out.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise OpsError(
            f"{archive.name} holds no terraform ({error})", hint=WAYS_OUT, code=ExitCode.TOOL
        ) from None
    whole.chmod(0o755)
    whole.replace(target)

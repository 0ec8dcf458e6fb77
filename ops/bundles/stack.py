"""The synthesized stack as one number: the same sources give the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

FUNCTIONS = Path("functions")
"""Where the functions' zips lie, in the folder of all stacks."""


LOCK = ".terraform.lock.hcl"


def fingerprint(directory: Path) -> str:
    """SHA-256 of what Terraform reads in a stack's folder, and of the zips beside the stacks.

    directory: as synthesized. Configuration, its overrides, the provider lock; not what runs leave there.
    """
    return _digest(_files(directory))


def sources(directory: Path) -> str:
    """As `fingerprint`, but without the provider lock: `terraform init` adds this platform's checksum to it.

    Terraform compares the lock with that of the plan by itself.
    """
    return _digest((name, file) for name, file in _files(directory) if name != LOCK)


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{name}\n{content}\n".encode())
    return digest.hexdigest()


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    from ops import adoption

    configuration = [*directory.glob("*.tf.json"), *directory.glob("*.tf"), directory / LOCK]
    for file in sorted(configuration):
        if file.name != adoption.FILE and file.exists():
            yield file.name, file
    for file in sorted((directory.parent.parent / FUNCTIONS).glob("*.zip")):
        yield f"{FUNCTIONS}/{file.name}", file

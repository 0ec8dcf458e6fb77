"""A function's zip as bytes, which depend on its sources and its wheels and on nothing else."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from constructs_lib.compute import wheels
from constructs_lib.compute.catalogue import SPECS

Files = Mapping[str, bytes]
"""Name in the zip -> content."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
MODE = 0o100644
UNIX = 3

COMPILED_NAMES = (".so", ".pyd", ".dylib", ".dll", ".pyc", ".pyo", ".o", ".a")
COMPILED_STARTS = (
    b"\x7fELF",  # Linux
    b"MZ",  # Windows
    *(
        bytes.fromhex(magic) for magic in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe")
    ),  # macOS
)


def contents(folder: str, root: Path, own: Files | None = None) -> Files:
    """What a function's zip holds. NotPure: a compiled file is among it.

    own: `own_files`, where they were read already: somebody may be editing them.
    """
    found = dict(own_files(folder, root) if own is None else own)
    for wheel in wheels.chosen(SPECS[folder].packages, root):
        for name, content in wheels.members(wheel).items():
            assert name not in found, f"two packages have {name}"
            found[name] = content
    refuse_compiled(found)
    return found


def own_files(folder: str, root: Path) -> Files:
    """Our part of a function's zip: its folder and what the functions share."""
    functions = root / "functions"
    paths = [functions / "__init__.py"]
    for part in ("shared", folder):
        paths += [path for path in (functions / part).rglob("*") if path.is_file() and is_source(path)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def is_source(path: Path) -> bool:
    """Not what an interpreter, an editor or a file browser left there."""
    return "__pycache__" not in path.parts and not path.name.startswith(".") and path.suffix != ".pyc"


def refuse_compiled(files: Files) -> None:
    """NotPure: there is a compiled file, by its name or by what it begins with."""
    wrong = sorted(
        name
        for name, content in files.items()
        if name.endswith(COMPILED_NAMES) or ".so." in name or content.startswith(COMPILED_STARTS)
    )
    if wrong:
        raise wheels.NotPure(f"compiled, so no part of a function: {', '.join(wrong)}")


def fingerprint(folder: str, root: Path, own: Files | None = None) -> str:
    """What changes when the zip would; told without opening a wheel. own: see `contents`."""
    digest = hashlib.sha256(_recipe())
    for name, content in sorted((own_files(folder, root) if own is None else own).items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    for wheel in wheels.chosen(SPECS[folder].packages, root):
        digest.update(f"{wheel.package}\0{wheel.sha256}\n".encode())
    return digest.hexdigest()


def zip_bytes(files: Files) -> bytes:
    """A zip of these files.

    They are stored, not deflated: zlib's builds (its own, zlib-ng, Apple's) compress the same bytes
    differently, and even Lambda's limit for a direct upload, 50 MB, is far away.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = UNIX
            entry.external_attr = MODE << 16
            archive.writestr(entry, files[name])
    return target.getvalue()


@cache
def _recipe() -> bytes:
    """The rules by which zips are made: other rules are another zip."""
    return b"".join(hashlib.sha256(Path(file).read_bytes()).digest() for file in (__file__, wheels.__file__))

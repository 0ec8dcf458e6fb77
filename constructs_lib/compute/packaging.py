"""The functions' zips: the same bytes on every machine and day, beside the stacks that name them.

A zip is built once for each state of its sources and kept in `.tools/functions`; a synth links it to
`<outdir>/functions/`.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from constructs_lib.compute import archive
from constructs_lib.compute.catalogue import SPECS
from environments import function_code

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "functions"
"""Of the zips below the folder of a synth; a stack's directory is two further down."""
KEPT = 5
"""So many earlier zips of a function stay in `.tools/functions`, for going to and fro between branches."""


@dataclass(frozen=True)
class Zip:
    """A zip that is ready; `name` is what it is called below the folder of a synth."""

    name: str
    path: Path
    sha256: str
    """As Lambda and Terraform write it: base64."""
    is_ours: bool = True


def code_arguments(folder: str, places: tuple[str, ...]) -> dict[str, Any]:
    """Arguments of `aws_lambda_function` that name the code of a function.

    folder: of `functions/`. places: FUNCTION_CODE. For ours, and for a path of the application's own:
    `filename` relative to a stack's directory, and `source_code_hash`; for an object, where it is.
    """
    code = function_code.code_of(places, folder)
    if code and code.bucket:
        version = {"s3_object_version": code.version} if code.version else {}
        return {"s3_bucket": code.bucket, "s3_key": code.key, **version}
    ready = _ready(folder, places)
    return {"filename": f"../../{FOLDER}/{ready.name}", "source_code_hash": ready.sha256}


def write(outdir: Path, places: Iterable[tuple[str, ...]]) -> None:
    """Put the zips of environments with these FUNCTION_CODEs below a synth's folder.

    One that is there already keeps its time.
    """
    target = outdir / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for each in set(places):
        for folder in SPECS:
            code = function_code.code_of(each, folder)
            if not (code and code.bucket):
                _put(_ready(folder, each), target)


def _ready(folder: str, places: tuple[str, ...]) -> Zip:
    code = function_code.code_of(places, folder)
    if not (code and code.path):
        return ours(folder)
    path = function_code.path(code.path)
    sha256 = _sha256(path)
    # Environments may bring different code for a function; they share the folder.
    return Zip(f"{folder}-{base64.b64decode(sha256).hex()[:12]}.zip", path, sha256, is_ours=False)


@cache
def ours(folder: str, root: Path = ROOT) -> Zip:
    """The zip of `functions/<folder>`; built only if these sources never were. Once per process."""
    kept = root / ".tools" / FOLDER
    own = archive.own_files(folder, root)
    path = kept / f"{folder}-{archive.fingerprint(folder, root, own)[:32]}.zip"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        _write_whole(path, archive.zip_bytes(archive.contents(folder, root, own)))
        _forget_old(kept, folder)
    return Zip(f"{folder}.zip", path, _sha256(path))


def _forget_old(kept: Path, folder: str) -> None:
    pattern = f"{folder}-{'[0-9a-f]' * 32}.zip"
    for old in sorted(kept.glob(pattern), key=_made, reverse=True)[KEPT:]:
        old.unlink(missing_ok=True)


def _made(path: Path) -> int:
    """When it was made; 0 if another process, which forgets old ones too, was faster."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def _write_whole(path: Path, content: bytes) -> None:
    """Two processes may build the same zip: each writes aside, and the last one wins with the same bytes."""
    descriptor, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o444)  # synths link to it: whatever wrote into one would write into all
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _put(ready: Zip, folder: Path) -> None:
    """Nothing where it is there. Ours is linked if the file system can; another's may be written into."""
    target = folder / ready.name
    if target.exists() and (target.samefile(ready.path) or _sha256(target) == ready.sha256):
        return
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as aside:
        part = Path(aside) / ready.name
        if not (ready.is_ours and _linked(ready.path, part)):
            shutil.copyfile(ready.path, part)
        part.replace(target)


def _linked(source: Path, target: Path) -> bool:
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True

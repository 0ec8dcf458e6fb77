"""Where the code of a function comes from, if not from `functions/`."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_ROOT = Path(__file__).resolve().parent.parent
_S3 = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[^?#\s]+\.zip)(?:\?versionId=(?P<version>[^&#\s]+))?"
)


@dataclass(frozen=True)
class Code:
    """Either `path`, a .zip file relative to the checkout, or an object: `bucket`, `key`, `version`."""

    path: str | None = None
    bucket: str | None = None
    key: str | None = None
    version: str | None = None

    @classmethod
    def of(cls, place: str) -> Code:
        """Read a place as FUNCTION_CODE has it. ValueError says what is wrong with it."""
        if place.startswith("s3://"):
            found = _S3.fullmatch(place)
            if not found or not place.isprintable():
                raise ValueError("is not s3://<bucket>/<key>.zip")
            return cls(bucket=found["bucket"], key=unquote(found["key"]), version=found["version"])
        if not place.endswith(".zip") or not place.isprintable() or place != place.strip():
            raise ValueError("is not the path of a .zip file")
        return cls(path=place)


def code_of(places: tuple[str, ...], function: str) -> Code | None:
    """The code that FUNCTION_CODE gives a function; None if it gives none."""
    found = dict(item.split("=", 1) for item in places).get(function)
    return Code.of(found) if found else None


def path(file: str) -> Path:
    """Where such a .zip file is: relative to the project's folder, or absolute."""
    return _ROOT / file


def files_are_zips(places: tuple[str, ...]) -> str | None:
    """What is wrong with the files that FUNCTION_CODE names, as the end of a sentence; None if nothing."""
    for item in places:
        name, _, place = item.partition("=")
        file = Code.of(place).path
        if file is None:
            continue
        try:
            with path(file).open("rb") as stream:
                is_zip = zipfile.is_zipfile(stream)
        except OSError as error:
            return f"names {file!r} for {name}, which cannot be read: {error.strerror}"
        if not is_zip:
            return f"names {file!r} for {name}, which is no zip"
    return None

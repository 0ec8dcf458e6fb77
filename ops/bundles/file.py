"""A bundle as a file: a zip with a plan, what it means, and what it was made from."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.bundles.manifest import FORMAT, Manifest
from ops.errors import OpsError
from ops.exit_codes import ExitCode

MANIFEST = "manifest.json"
PLAN = "plan.tfplan"
DOCUMENT = "plan.json"
STACK = "cdk.tf.json"
CONFIGURATION = "configuration.json"
ACCOUNT_ENVIRONMENTS = "environments"
"""The key of an account's configuration: names of the environments that live in it."""


@dataclass(frozen=True)
class Bundle:
    """manifest: what it was made from. plan: Terraform's own file, b"" where planning failed.

    document: the plan as `terraform show -json` prints it, sensitive values included: the file is kept like
    the state itself. stack: the synthesized stack. configuration: what the environment is configured with,
    by dotted key, to compare it with another one's; for an account, which environments live in it.
    """

    manifest: Manifest
    plan: bytes = b""
    document: dict[str, Any] = field(default_factory=dict, repr=False)
    stack: dict[str, Any] = field(default_factory=dict, repr=False)
    configuration: dict[str, Any] = field(default_factory=dict, repr=False)


def write(path: Path, bundle: Bundle) -> None:
    """Replace `path` by the bundle, mode 0600, whole or not at all. Raises OpsError (OUTPUT)."""
    from ops.files import write_private

    documents = {DOCUMENT: bundle.document, STACK: bundle.stack, CONFIGURATION: bundle.configuration}
    members = {PLAN: bundle.plan} if bundle.plan else {}
    members |= {name: json.dumps(content).encode() for name, content in documents.items() if content}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    manifest = bundle.manifest.model_copy(update={"members": digests})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
        for name, content in members.items():
            archive.writestr(name, content)
    write_private(path, buffer.getvalue())


def read(path: Path) -> Bundle:
    """The bundle in a file. Raises OpsError (USAGE): missing, no bundle, damaged, or of another format."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}") from error
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            told = json.loads(archive.read(MANIFEST))
            members = {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}
    except Exception as error:  # a damaged byte may say anything: encrypted (RuntimeError), other codecs
        raise _refused(path, "is no plan bundle, or is damaged") from error
    return _checked(path, told, members)


def _checked(path: Path, told: Any, members: dict[str, bytes]) -> Bundle:
    from pydantic import ValidationError

    found = told.get("format") if isinstance(told, dict) else None
    if found != FORMAT:
        raise _refused(path, f"has format {found!r}; this `ops` reads format {FORMAT}")
    try:
        manifest = Manifest.model_validate(told)
    except ValidationError as error:
        raise _refused(path, f"has a manifest that cannot be right: {error.errors()[0]['msg']}") from error
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    if digests != manifest.members:
        wrong = sorted(name for name, _ in set(digests.items()) ^ set(manifest.members.items()))
        raise _refused(path, f"was changed after it was made ({', '.join(dict.fromkeys(wrong))})")
    documents = [json.loads(members.get(name, b"{}")) for name in (DOCUMENT, STACK, CONFIGURATION)]
    return Bundle(manifest, members.get(PLAN, b""), *documents)


def _refused(path: Path, why: str) -> OpsError:
    return OpsError(
        f"{path} {why}.",
        hint="A bundle is what `ops plan ENV --out FILE` writes.",
        code=ExitCode.USAGE,
    )

"""What Terraform needs beside a stack's `cdk.tf.json`, written after synth.

- `.terraform.lock.hcl`: the provider's checksums, from the file of that name in the project. With it
  `terraform init` accepts no other bytes, and the cdktf command line has no reason to run
  `terraform providers lock`, which ignores provider mirrors and asks the registry.
- `local_override.tf.json`: only where AWS_ENDPOINT_URL is set. Terraform merges `*_override.tf.json` into the
  configuration, so the graph itself is the same bytes for AWS and for the local AWS.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

JSON_FILE, HCL_FILE = "cdk.tf.json", "cdk.tf"
LOCK_FILE = ".terraform.lock.hcl"
OVERRIDE_FILE = "local_override.tf.json"
PLAIN_ENDPOINT = "LOCAL_AWS_PLAIN_ENDPOINT_URL"
RETRIES = 3
"""A local AWS that does not answer has ended; the provider's 25 attempts would take many minutes."""
LOCALLY: dict[str, dict[str, Any]] = {
    # Nothing to wait for: the provider would sleep for 30 seconds before it asks.
    "aws_cloudfront_distribution": {"wait_for_deployment": False},
}
"""Type of resource -> what the local AWS needs otherwise."""
STAGE_URL = re.compile(
    r"https://(?P<api>\$\{[^}]+\}|[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com/(?P<stage>\w+)"
)
"""Where a stage of API Gateway is on AWS; its id may be a reference."""
PROJECT_LOCK = Path(__file__).parent.parent / LOCK_FILE


def prepare(
    outdir: Path,
    environ: Mapping[str, str] = os.environ,
    documents: Mapping[str, dict[str, Any]] | None = None,
) -> None:
    """Complete the working directory of every stack that was synthesized to `outdir`.

    documents: what each stack would be as JSON, by its name, where HCL was written.
    """
    manifest = json.loads((outdir / "manifest.json").read_text(encoding="utf-8"))
    for name, stack in manifest["stacks"].items():
        directory = outdir / stack["workingDirectory"]
        document = (documents or {}).get(name)
        # What an earlier synth wrote in the other form, Terraform would read as well.
        (directory / (HCL_FILE if document is None else JSON_FILE)).unlink(missing_ok=True)
        if document is None:
            document = json.loads((directory / JSON_FILE).read_text(encoding="utf-8"))
        _copy_lock(directory)
        _override(directory, document, environ.get("AWS_ENDPOINT_URL", ""), environ.get(PLAIN_ENDPOINT, ""))


def override(endpoint: str, plain_endpoint: str, stack: dict[str, Any]) -> dict[str, Any]:
    """The override of a stack for an endpoint: where to send requests, and S3 with the bucket in the path.

    Terraform merges the arguments of each provider, an alias by its name, but replaces a backend as a whole:
    hence the arguments of the stack's own. All checks of credentials and account stay on: the local AWS
    answers them like AWS.
    """
    backend = stack["terraform"]["backend"]["s3"]
    here = {"s3_use_path_style": True, "skip_metadata_api_check": "true", "max_retries": RETRIES}
    if plain_endpoint and "aws_s3_account_public_access_block" in stack.get("resource", {}):
        # S3 Control is asked at <account>.<host>; no resolver knows 123456789012.127.0.0.1, but the plain
        # port of the local AWS is a proxy for such names. 127.0.0.1 itself never goes through a proxy.
        here["https_proxy"] = plain_endpoint
    resources: dict[str, dict[str, Any]] = {
        type_: dict.fromkeys(named, LOCALLY[type_])
        for type_, named in stack.get("resource", {}).items()
        if type_ in LOCALLY
    }
    if functions := _environments(endpoint, stack):
        resources["aws_lambda_function"] = functions
    return {
        "provider": {
            "aws": [
                here | {"alias": provider["alias"]} if "alias" in provider else here
                for provider in stack["provider"]["aws"]
            ],
        },
        **({"resource": resources} if resources else {}),
        "terraform": {
            "backend": {
                "s3": backend
                | {
                    "endpoints": {"s3": endpoint, "dynamodb": endpoint, "sts": endpoint, "iam": endpoint},
                    "use_path_style": True,
                    "max_retries": RETRIES,
                    "skip_metadata_api_check": True,
                }
            }
        },
    }


def _environments(endpoint: str, stack: dict[str, Any]) -> dict[str, Any]:
    """Functions that are told a stage's address, with where that stage is on the local AWS.

    A block in an override replaces all blocks of that type, so each environment stands here complete.
    """
    changed = {}
    for name, function in stack.get("resource", {}).get("aws_lambda_function", {}).items():
        before = function.get("environment", {}).get("variables", {})
        after = {variable: _local_stage(endpoint, value) for variable, value in before.items()}
        if after != before:
            changed[name] = {"environment": {"variables": after}}
    return changed


def _local_stage(endpoint: str, value: str) -> str:
    """The address of a stage there; any other value as it is."""
    found = STAGE_URL.fullmatch(value)
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{found['api']}/{found['stage']}" if found else value


def _copy_lock(directory: Path) -> None:
    """Leaves a lock file alone that has our checksums: Terraform may have added this platform's."""
    target = directory / LOCK_FILE
    wanted = set(re.findall(r'"((?:h1|zh):[^"]+)"', PROJECT_LOCK.read_text(encoding="utf-8")))
    present = (
        set(re.findall(r'"((?:h1|zh):[^"]+)"', target.read_text(encoding="utf-8")))
        if target.exists()
        else set()
    )
    if not wanted <= present:
        shutil.copyfile(PROJECT_LOCK, target)


def _override(directory: Path, stack: dict[str, Any], endpoint: str, plain_endpoint: str) -> None:
    """Write, replace or remove the override; forget the backend that an earlier `init` used if it changes.

    `.terraform/terraform.tfstate` is Terraform's note of the backend in use, not a state. Left there, the
    next `init` would offer to copy the state of the one AWS to the other.
    """
    target = directory / OVERRIDE_FILE
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    after = ""
    if endpoint:
        content = override(endpoint, plain_endpoint, stack)
        after = json.dumps(content, indent=2, sort_keys=True) + "\n"
    if after == before:
        return
    (directory / ".terraform" / "terraform.tfstate").unlink(missing_ok=True)
    if after:
        target.write_text(after, encoding="utf-8")
    else:
        target.unlink()

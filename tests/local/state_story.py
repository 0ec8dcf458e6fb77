"""A small state of real Terraform on the real backend, and `ops` in this process."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from environments import naming
from ops import aws, cli
from ops.errors import OpsError
from ops.local_aws.example import ACCOUNT_ID, REGION
from ops.terraform import binary

BUCKET = naming.state_bucket(ACCOUNT_ID, REGION)
KEY = naming.state_key("dev")
SECRET = "seeded-3f9a-value-that-nobody-may-see"
"""In the state, because a SecureString's value is; in no output of ours."""

LOCKS: dict[str, dict[str, Any]] = {
    "both": {"dynamodb_table": naming.LOCK_TABLE, "use_lockfile": True},
    "dynamodb": {"dynamodb_table": naming.LOCK_TABLE},
    "lockfile": {"use_lockfile": True},
}


def ops(*arguments: str, code: int = 0, typed: str = "") -> str:
    """`ops …`; what it printed, with the message and the hint of its failure."""
    result = CliRunner().invoke(cli.app, list(arguments), input=typed)
    output, found = result.output, result.exit_code
    if isinstance(result.exception, OpsError):
        error = result.exception
        output, found = f"{output}{error.message}\n{error.hint}", int(error.code)
    assert found == code, f"ops {' '.join(arguments)} ended with {found}:\n{output}\n{result.exc_info}"
    assert SECRET not in output
    return output


class Project:
    """dev's synthesized folder, with dev's backend and parameters as resources."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        self.directory = directory
        self.endpoint = endpoint

    def write(self, *names: str, lock: str = "both") -> None:
        """Parameters of these names, and one with the secret."""
        backend = {
            "bucket": BUCKET,
            "key": KEY,
            "region": REGION,
            "encrypt": True,
            "kms_key_id": naming.state_kms_key_arn(ACCOUNT_ID, REGION),
            "use_path_style": True,
            "endpoints": dict.fromkeys(("s3", "dynamodb", "sts", "iam"), self.endpoint),
            "skip_requesting_account_id": True,
            "skip_metadata_api_check": True,
            **LOCKS[lock],
        }
        values = dict.fromkeys(names, "plain") | {"secret": SECRET}
        parameters = {
            name: {
                "//": {"metadata": {"path": f"dev/story/{name}"}},
                "name": f"/story/{name}",
                "type": "SecureString" if value == SECRET else "String",
                "value": value,
            }
            for name, value in values.items()
        }
        content = {
            "terraform": {
                "backend": {"s3": backend},
                "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
            },
            "provider": {"aws": {"region": REGION, "skip_metadata_api_check": "true"}},
            "resource": {"aws_ssm_parameter": parameters},
        }
        (self.directory / "cdk.tf.json").write_text(json.dumps(content))

    def run(self, *arguments: str, code: int = 0) -> str:
        """Terraform; its output."""
        result = subprocess.run(
            [binary(), *arguments],
            cwd=self.directory,
            env={**os.environ, "TF_CLI_ARGS": "-no-color"},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        output = result.stdout + result.stderr
        assert result.returncode == code, f"terraform {' '.join(arguments)}:\n{output}"
        return output

    def deploy(self, *names: str, lock: str = "both") -> None:
        """Write, initialize, apply."""
        self.write(*names, lock=lock)
        self.run("init", "-input=false", "-reconfigure")
        self.run("apply", "-auto-approve", "-input=false")

    def plan_is_empty(self) -> bool:
        """Terraform accepts the state, and nothing differs."""
        return "No changes." in self.run("plan", "-input=false", "-detailed-exitcode")


def put(body: bytes) -> None:
    """Overwrite the state's object, as a broken tool would: its digest stays."""
    aws.client("s3", REGION).put_object(
        Bucket=BUCKET,
        Key=KEY,
        Body=body,
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=naming.state_kms_key_arn(ACCOUNT_ID, REGION),
    )


def body() -> bytes:
    """The state's object."""
    content: bytes = aws.client("s3", REGION).get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    return content


def digest() -> str:
    """What the lock table says of it."""
    item = (
        aws.client("dynamodb", REGION)
        .get_item(TableName=naming.LOCK_TABLE, Key={"LockID": {"S": f"{BUCKET}/{KEY}-md5"}})
        .get("Item", {})
    )
    return str(item.get("Digest", {}).get("S", ""))


def version_ids() -> list[str]:
    """Of the state's object, newest first, delete markers included."""
    return [
        row["version_id"]
        for row in json.loads(ops("state", "versions", "dev", "--all", "--json"))["versions"]
    ]

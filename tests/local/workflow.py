"""A run of one of GitHub's workflows: a token of its own, exchanged for a role, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import paths
from ops.local_aws import deployer
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES
from ops.paths import ROOT
from ops.terraform import binary
from tests.local.checkout import Checkout


def _token(subject: str) -> str:
    """A workflow's token with GitHub's claims."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": subject,
        "iat": now,
        "exp": now + 600,
    }
    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


class Workflow:
    """A run of a workflow: what Terraform and clients do with the credentials of its role."""

    def __init__(self, here: Checkout, role: str, subject: str) -> None:
        self._here = here
        answer = here.local_aws.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{role}",
            RoleSessionName="workflow",
            WebIdentityToken=_token(subject),
        )
        self._credentials = answer["Credentials"]

    def environ(self, **changes: str) -> dict[str, str]:
        credentials = {
            "AWS_ACCESS_KEY_ID": self._credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._credentials["SessionToken"],
        }
        return {
            **self._here.local_aws.client_environment(self._here.environ()),
            **EXAMPLE_VALUES,
            **credentials,
            **changes,
        }

    def ops(self, *arguments: str, **changes: str) -> str:
        """The output of a command of `ops`, as the workflows call it."""
        command = str(self._here.root / ".venv/bin/ops")
        return self._here.run(command, *arguments, environ=self.environ(**changes))

    def synth(self, **changes: str) -> None:
        """Every stack, with these changes of the configuration."""
        python = str(self._here.root / ".venv/bin/python")
        self._here.run(python, "main.py", environ=self.environ(**changes))

    def terraform(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [binary(), *arguments, "-no-color", "-input=false"],
            cwd=self._here.root / paths.stack_directory(stack).relative_to(ROOT),
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, stack: str, *arguments: str) -> str:
        """The output of a Terraform command that ends well."""
        result = self.terraform(stack, *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def client(self, service: str) -> Any:
        key = deployer.AccessKey(self._credentials["AccessKeyId"], self._credentials["SecretAccessKey"])
        environ = self.environ()
        return deployer.client(
            service,
            key,
            environ["AWS_ENDPOINT_URL"],
            Path(environ["AWS_CA_BUNDLE"]),
            token=self._credentials["SessionToken"],
        )

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        """boto3 here, too, has its credentials and nothing else."""
        with pytest.MonkeyPatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                patched.delenv(name)
            for name, value in self.environ().items():
                patched.setenv(name, value)
            yield


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether the call is refused for a missing permission, and for no other reason."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "403")
    return False

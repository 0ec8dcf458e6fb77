"""The secret that holds the private key: the one in use, and one that waits until CloudFront knows it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ops.aws import aws_errors
from ops.aws_failures import code_of
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.signing import pair as signing_pair
from ops.signing.pair import Pair

CURRENT, WAITING = "AWSCURRENT", "AWSPENDING"
"""Staging labels of Secrets Manager. Who asks for the secret without naming one gets the current version."""


class SigningSecret:
    """client: of Secrets Manager; arn: of the secret."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client, self._arn = client, arn

    def read(self, label: str) -> Pair | None:
        """The pair under a label, or None. Raises OpsError CONFIGURATION where the value is no such key."""
        with aws_errors("reading the signing key"):
            try:
                answer = self._client.get_secret_value(SecretId=self._arn, VersionStage=label)
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return None
                raise
        if not (value := answer.get("SecretString")):  # the local AWS's answer for a secret without a value
            return None
        try:
            return signing_pair.from_private(value)
        except ValueError as error:
            raise OpsError(
                f"What is in the secret {self._arn} {error}.",
                hint="A new key takes its place with --replace; links that are out stay valid.",
                code=ExitCode.CONFIGURATION,
            ) from None

    def put(self, pair: Pair, label: str) -> None:
        """Store the private half under a label: from memory to Secrets Manager, and nowhere else."""
        with aws_errors("storing the signing key"):
            self._client.put_secret_value(
                SecretId=self._arn, SecretString=pair.private_pem, VersionStages=[label]
            )

    def promote(self) -> None:
        """Make the waiting key the current one. Safe to repeat after an interruption."""
        with aws_errors("putting the waiting signing key in use"):
            stages = self._client.describe_secret(SecretId=self._arn)["VersionIdsToStages"]
            waiting, current = _version(stages, WAITING), _version(stages, CURRENT)
            if waiting != current:
                self._client.update_secret_version_stage(
                    SecretId=self._arn,
                    VersionStage=CURRENT,
                    MoveToVersionId=waiting,
                    RemoveFromVersionId=current,
                )
            self._client.update_secret_version_stage(
                SecretId=self._arn, VersionStage=WAITING, RemoveFromVersionId=waiting
            )


def _version(stages: dict[str, list[str]], label: str) -> str:
    return next(version for version, labels in stages.items() if label in labels)

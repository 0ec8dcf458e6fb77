"""The secret of an API key: its versions and their labels.

Values go in and none is ever read: GetSecretValue is not called, so that people do not need that permission
and the alarm on reading secrets stays silent.

A version's id is made of the value, so that the same value again is the same version. A new value waits under
AWSPENDING; then AWSCURRENT moves to it from the very version that was current before. Secrets Manager refuses
that where somebody else moved the label meanwhile, and puts AWSPREVIOUS on the version that it leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from ops.api_keys.kinds import Key
from ops.api_keys.silence import nothing_logged
from ops.aws import aws_errors
from ops.aws_failures import code_of
from ops.errors import OpsError
from ops.exit_codes import ExitCode

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
ROUNDS = 300_000
"""Of PBKDF2: version ids are in CloudTrail, and a gateway's key may be short."""


@dataclass(frozen=True)
class Labels:
    """Which version has which labels. arn: of the secret; versions: id -> labels."""

    arn: str
    versions: Mapping[str, tuple[str, ...]]

    def version(self, label: str) -> str | None:
        """The version with this label."""
        return next((version for version, labels in self.versions.items() if label in labels), None)

    @property
    def current(self) -> str | None:
        """The version in use."""
        return self.version(CURRENT)

    @property
    def previous(self) -> str | None:
        """The one before it."""
        return self.version(PREVIOUS)


@dataclass(frozen=True)
class Version:
    """created: when the value was set. used: the day on which it was last read, None if it never was."""

    created: datetime
    used: datetime | None


class KeySecret:
    """client: of Secrets Manager; name: of the secret there; environment: whose it is, for messages."""

    def __init__(self, client: Any, name: str, environment: str) -> None:
        self._client, self.name, self._environment = client, name, environment

    def labels(self) -> Labels:
        """As they are now. OpsError STATE: the secret is not there, or marked for deletion."""
        with aws_errors(f"looking at the secret {self.name}"):
            try:
                found = self._client.describe_secret(SecretId=self.name)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                raise OpsError(
                    f"{self._environment} has no secret {self.name}.",
                    hint=f"Deploy it first:  cdktf deploy {self._environment}",
                    code=ExitCode.STATE,
                ) from None
        if found.get("DeletedDate"):
            raise OpsError(
                f"The secret {self.name} is marked for deletion.",
                hint=f"Keep it:  aws secretsmanager restore-secret --secret-id {self.name}",
                code=ExitCode.STATE,
            )
        versions = found.get("VersionIdsToStages") or {}
        return Labels(found["ARN"], {version: tuple(labels) for version, labels in versions.items()})

    def versions(self) -> dict[str, Version]:
        """Id -> dates, of versions with labels."""
        found: dict[str, Version] = {}
        more: dict[str, str] = {}
        with aws_errors(f"listing the versions of {self.name}"):
            while True:  # botocore has no paginator for it
                page = self._client.list_secret_version_ids(SecretId=self.name, **more)
                for one in page["Versions"]:
                    found[one["VersionId"]] = Version(one["CreatedDate"], one.get("LastAccessedDate"))
                if "NextToken" not in page:
                    return found
                more = {"NextToken": page["NextToken"]}

    def set(self, key: Key, seen: Labels, *labels: str) -> bool:
        """Put the key in use; False: it is already. seen: the labels on which the caller's decision rests.

        OpsError STATE: another value was put in use since; that one stays.
        """
        version = version_id(seen.arn, key)
        if version == seen.current:
            return False
        if version not in seen.versions:
            with aws_errors(f"storing the value of {self.name}"), nothing_logged():
                self._client.put_secret_value(
                    SecretId=self.name,
                    SecretString=key.value,
                    ClientRequestToken=version,
                    VersionStages=[PENDING, *labels],
                )
        self._use(version, seen.current)
        self.unlabel(version, PENDING)
        return True

    def roll_back(self, seen: Labels) -> None:
        """Put the previous value in use; the current one becomes the previous one. OpsError STATE."""
        if seen.previous is None:
            raise OpsError(
                f"{self.name} has no previous value to go back to.",
                hint=f"Set one:  ops secrets set {self._environment} {self.name.rpartition('/')[2]}",
                code=ExitCode.STATE,
            )
        self._use(seen.previous, seen.current)

    def unlabel(self, version: str, label: str) -> None:
        """Take a label off a version; nothing where it is not on it."""
        with aws_errors(f"removing a label from {self.name}"):
            try:
                self._client.update_secret_version_stage(
                    SecretId=self.name, VersionStage=label, RemoveFromVersionId=version
                )
            except ClientError as error:
                if code_of(error) not in ("InvalidParameterException", "ResourceNotFoundException"):
                    raise

    def _use(self, version: str, instead_of: str | None) -> None:
        if instead_of is None and self.labels().current == version:
            return  # a secret's first version is the current one by itself
        move = {"RemoveFromVersionId": instead_of} if instead_of else {}
        with aws_errors(f"putting the new value of {self.name} in use"):
            try:
                self._client.update_secret_version_stage(
                    SecretId=self.name, VersionStage=CURRENT, MoveToVersionId=version, **move
                )
            except ClientError as error:
                if code_of(error) not in ("InvalidParameterException", "InvalidRequestException"):
                    raise
                current = self.labels().current
                if current == version:
                    return  # an earlier try of this call was done, and its answer lost
                if current == instead_of:
                    raise
                self.unlabel(version, PENDING)
                raise self._changed_meanwhile() from None

    def _changed_meanwhile(self) -> OpsError:
        return OpsError(
            f"Somebody else put another value of {self.name} in use meanwhile. That one stays; yours is not"
            " in use.",
            hint=f"Look:  ops secrets list {self._environment}   If yours is the right one, run the same"
            " command again.",
            code=ExitCode.STATE,
        )


def version_id(arn: str, key: Key) -> str:
    """64 characters that are the same for the same value of the same secret, and tell nothing of it."""
    return hashlib.pbkdf2_hmac("sha256", key.value.encode(), arn.encode(), ROUNDS).hex()

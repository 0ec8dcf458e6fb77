"""One secret of Secrets Manager in memory, by its API reference, and power that fails at a chosen moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spec-wizard/dev/openai-api-key-AbCdEf"


class Killed(BaseException):
    """The process is gone: kill -9, or the power."""


@dataclass
class Power:
    """Fails at the call with this number, before or after its effect, and stays off until it is restored."""

    at: int = -1
    before: bool = True
    calls: int = 0
    off: bool = False

    def use(self, effect: Callable[[], Any]) -> Any:
        """Run a call to the outside."""
        if self.off:
            raise Killed
        self.calls += 1
        due = self.calls - 1 == self.at
        self.off = due
        if due and self.before:
            raise Killed
        done = effect()
        if due:
            raise Killed
        return done

    def restore(self) -> None:
        """On again, for good."""
        self.off, self.at = False, -1


def refusal(code: str, operation: str = "UpdateSecretVersionStage") -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": "as the reference says"}}, operation)


@dataclass
class SecretsManager:
    """values: version -> value; labels: label -> version; calls: names of the operations."""

    power: Power = field(default_factory=Power)
    values: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    used: dict[str, datetime] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    there: bool = True
    deleted: bool = False
    meanwhile: Callable[[], object] = lambda: None

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:
        return dict(self._call("DescribeSecret", self._describe))

    def list_secret_version_ids(self, *, SecretId: str, NextToken: str = "") -> dict[str, Any]:
        """One version a page."""
        labelled = sorted(set(self.labels.values()))
        at = int(NextToken or 0)
        page: dict[str, Any] = {"Versions": [self._listed(version) for version in labelled[at : at + 1]]}
        if at + 1 < len(labelled):
            page["NextToken"] = str(at + 1)
        return dict(self._call("ListSecretVersionIds", lambda: page))

    def put_secret_value(self, **request: Any) -> None:
        self._call("PutSecretValue", lambda: self._put(**request))

    def update_secret_version_stage(self, **request: Any) -> None:
        self._call("UpdateSecretVersionStage", lambda: self._move(**request))

    @property
    def current(self) -> str | None:
        """The value in use."""
        return self.values.get(self.labels.get("AWSCURRENT", ""))

    def _call(self, operation: str, effect: Callable[[], Any]) -> Any:
        self.calls.append(operation)
        return self.power.use(effect)

    def _describe(self) -> dict[str, Any]:
        if not self.there:
            raise refusal("ResourceNotFoundException", "DescribeSecret")
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        deleted = {"DeletedDate": datetime.now(UTC)} if self.deleted else {}
        return {"ARN": ARN, "VersionIdsToStages": stages, **deleted}

    def _listed(self, version: str) -> dict[str, Any]:
        read = {"LastAccessedDate": self.used[version]} if version in self.used else {}
        return {"VersionId": version, "CreatedDate": datetime.now(UTC), **read}

    def _put(
        self, *, SecretId: str, SecretString: str, ClientRequestToken: str, VersionStages: list[str]
    ) -> None:
        if ClientRequestToken in self.values:
            assert self.values[ClientRequestToken] == SecretString
            return
        self.values[ClientRequestToken] = SecretString
        self.labels |= dict.fromkeys(VersionStages, ClientRequestToken)
        self.labels.setdefault("AWSCURRENT", ClientRequestToken)
        self.meanwhile()

    def _move(
        self,
        *,
        SecretId: str,
        VersionStage: str,
        MoveToVersionId: str | None = None,
        RemoveFromVersionId: str | None = None,
    ) -> None:
        on = self.labels.get(VersionStage)
        if on is not None and on != MoveToVersionId and on != RemoveFromVersionId:
            raise refusal("InvalidParameterException")
        if on is None and RemoveFromVersionId:
            raise refusal("InvalidParameterException")
        if MoveToVersionId is None:
            del self.labels[VersionStage]
            return
        self.labels[VersionStage] = MoveToVersionId
        if VersionStage == "AWSCURRENT" and on is not None and on != MoveToVersionId:
            self.labels["AWSPREVIOUS"] = on

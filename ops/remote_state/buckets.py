"""The state bucket and the bucket of its access logs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from environments import naming
from ops.remote_state import bucket_settings as settings
from ops.remote_state import lifecycles, ownership, policies
from ops.remote_state.model import Setting

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Bucket:
    """A bucket of ours with the settings that all of ours have; the two below add their own."""

    s3: S3Client
    account_id: str
    region: str

    @property
    def name(self) -> str:
        """Physical name."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """Name in reports."""
        raise NotImplementedError

    def exists(self) -> bool:
        """See `ownership.bucket_exists`."""
        return ownership.bucket_exists(self.s3, self.name, self.account_id, self.region)

    def create(self) -> bool:
        """See `ownership.create_bucket`."""
        return ownership.create_bucket(self.s3, self.name, self.account_id, self.region)

    def _target(self) -> settings.Target:
        return settings.Target(self.s3, self.name, self.account_id)


@dataclass(frozen=True)
class LogBucket(Bucket):
    """Receives the server access logs. SSE-S3: S3 does not deliver logs to a bucket under a customer key."""

    @property
    def name(self) -> str:
        """Physical name."""
        return naming.state_log_bucket(self.account_id, self.region)

    @property
    def label(self) -> str:
        """Name in reports."""
        return f"log bucket {self.name}"

    def settings(self) -> list[Setting]:
        """The hardening list of a log bucket."""
        target = self._target()
        source = naming.state_bucket(self.account_id, self.region)
        return [
            settings.public_access_block(target),
            settings.ownership_controls(target),
            settings.encryption_s3(target),
            settings.lifecycle(target, lifecycles.log_rules(), holds_state=False),
            settings.policy(target, policies.log_bucket_policy(self.name, source, self.account_id)),
            settings.tags(target),
        ]


@dataclass(frozen=True)
class StateBucket(Bucket):
    """Holds the states. key_arn: of the customer key; a function, because the key may have to be created."""

    key_arn: Callable[[], str]

    @property
    def name(self) -> str:
        """Physical name."""
        return naming.state_bucket(self.account_id, self.region)

    @property
    def label(self) -> str:
        """Name in reports."""
        return f"state bucket {self.name}"

    def settings(self) -> list[Setting]:
        """The hardening list of the state bucket."""
        target = self._target()
        return [
            settings.public_access_block(target),
            settings.ownership_controls(target),
            settings.encryption_kms(target, self.key_arn()),
            settings.versioning(target),
            settings.access_log(target, naming.state_log_bucket(self.account_id, self.region)),
            settings.lifecycle(target, lifecycles.state_rules(), holds_state=True),
            settings.policy(target, policies.state_bucket_policy(self.name)),
            settings.tags(target),
        ]

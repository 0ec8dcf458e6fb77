"""The customer key of the remote state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import policies
from ops.remote_state.model import TAGS, Setting, on_off, tag_setting

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef, TagTypeDef

DESCRIPTION = "Terraform state of spec-wizard: state bucket and lock table"
"""Also how a key is recognised that an interrupted run created and could not name any more."""


@dataclass
class StateKey:
    """A symmetric key, found by its alias."""

    kms: KMSClient
    account_id: str
    region: str
    _arn: str = field(default="", init=False)

    @property
    def label(self) -> str:
        """Name in reports."""
        return f"key {naming.STATE_KEY_ALIAS}"

    def arn(self) -> str:
        """The key's own ARN once it exists; before (in a dry run) its alias's."""
        return self._arn or naming.state_kms_key_arn(self.account_id, self.region)

    def exists(self) -> bool:
        """Raises OpsError STATE for a key that cannot encrypt: disabled, pending deletion, or asymmetric."""
        from botocore.exceptions import ClientError

        from ops.aws_failures import code_of

        try:
            found = self.kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]
        except ClientError as error:
            if code_of(error) != "NotFoundException":
                raise
            return False
        _usable(found)
        self._arn = found["Arn"]
        return True

    def create(self) -> bool:
        """Create the key, or take the one an interrupted run left, and give it the alias."""
        from botocore.exceptions import ClientError

        from ops.aws_failures import code_of

        left = self._left_over()
        arn = left or self._create_key()
        try:
            self.kms.create_alias(AliasName=naming.STATE_KEY_ALIAS, TargetKeyId=arn)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException" or not self.exists():
                raise
            if not left and self._arn != arn:  # another run was faster; nothing was ever encrypted with ours
                self.kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
            return False
        self._arn = arn
        return True

    def settings(self) -> list[Setting]:
        """The hardening list of a key."""
        return [
            Setting("description", self._description, lambda current: DESCRIPTION, self._describe),
            Setting("rotation", self._rotation, lambda current: True, self._rotate, show=on_off),
            self._policy_setting(),
            tag_setting(self._tags, self._tag),
        ]

    def _create_key(self) -> str:
        policy = json.dumps(policies.key_policy(self.account_id))
        key = self.kms.create_key(Description=DESCRIPTION, Policy=policy, Tags=_listed(TAGS))
        arn = key["KeyMetadata"]["Arn"]
        if key.get("ResponseMetadata", {}).get("RetryAttempts"):
            # The answer to an earlier try may have been lost, and its key not; nothing was encrypted with it.
            while twin := self._left_over(but=arn):
                self.kms.schedule_key_deletion(KeyId=twin, PendingWindowInDays=7)
        return arn

    def _left_over(self, but: str = "") -> str:
        """ARN of an enabled key with our description and no alias, other than `but`; empty if there is none.

        A key costs money every month, so a run that was interrupted between creating and naming it must not
        leave one behind. Who may not look (that is a wish, not a need) simply gets a new key.
        """
        from botocore.exceptions import ClientError

        from ops.aws_failures import DENIED, code_of

        try:
            for page in self.kms.get_paginator("list_keys").paginate():
                for key in page["Keys"]:
                    found = self.kms.describe_key(KeyId=key["KeyArn"])["KeyMetadata"]
                    ours = found.get("Description") == DESCRIPTION and found.get("KeyState") == "Enabled"
                    if (
                        ours
                        and key["KeyArn"] != but
                        and not self.kms.list_aliases(KeyId=key["KeyArn"])["Aliases"]
                    ):
                        return key["KeyArn"]
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
        return ""

    def _description(self) -> str:
        return self.kms.describe_key(KeyId=self.arn())["KeyMetadata"].get("Description", "")

    def _describe(self, wanted: str) -> None:
        self.kms.update_key_description(KeyId=self.arn(), Description=wanted)

    def _rotation(self) -> bool:
        return self.kms.get_key_rotation_status(KeyId=self.arn())["KeyRotationEnabled"]

    def _rotate(self, wanted: bool) -> None:
        self.kms.enable_key_rotation(KeyId=self.arn())

    def _policy_setting(self) -> Setting:
        ours = policies.key_policy(self.account_id)
        return Setting(
            "policy",
            lambda: json.loads(self.kms.get_key_policy(KeyId=self.arn(), PolicyName="default")["Policy"]),
            lambda current: policies.merge(current, ours),
            lambda wanted: self._put_policy(json.dumps(wanted)),
            show=policies.names,
            note=lambda current: policies.kept(current, ours),
        )

    def _put_policy(self, policy: str) -> None:
        self.kms.put_key_policy(KeyId=self.arn(), PolicyName="default", Policy=policy)

    def _tags(self) -> dict[str, str]:
        tags = self.kms.list_resource_tags(KeyId=self.arn())["Tags"]
        return {tag["TagKey"]: tag["TagValue"] for tag in tags}

    def _tag(self, wanted: dict[str, str]) -> None:
        self.kms.tag_resource(KeyId=self.arn(), Tags=_listed(wanted))


def _listed(tags: dict[str, str]) -> list[TagTypeDef]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _usable(key: KeyMetadataTypeDef) -> None:
    arn, state = key["Arn"], key.get("KeyState", "")
    if state == "PendingDeletion":
        raise OpsError(
            f"The key behind {naming.STATE_KEY_ALIAS} ({arn}) is going to be deleted; with it "
            "every state would become unreadable.",
            hint=f"aws kms cancel-key-deletion --key-id {arn} && aws kms enable-key --key-id {arn}",
            code=ExitCode.STATE,
        )
    if state != "Enabled":
        raise OpsError(
            f"The key behind {naming.STATE_KEY_ALIAS} ({arn}) is {state}, it must be Enabled.",
            hint=f"aws kms enable-key --key-id {arn}",
            code=ExitCode.STATE,
        )
    if key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        raise OpsError(
            f"The key behind {naming.STATE_KEY_ALIAS} ({arn}) is {key.get('KeySpec')}; S3 and DynamoDB need "
            "SYMMETRIC_DEFAULT.",
            hint=f"Delete the alias (aws kms delete-alias --alias-name {naming.STATE_KEY_ALIAS}) and run ops "
            "bootstrap again: it creates a right one.",
            code=ExitCode.STATE,
        )

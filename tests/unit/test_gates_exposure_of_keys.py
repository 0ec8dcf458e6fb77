"""The gate for what would be open to strangers: what the project's own keys encrypt."""

from __future__ import annotations

from typing import Any

import pytest

from ops.gates.exposures_of_keys import ENCRYPTION
from tests.support.plan_documents import created, deleted, updated
from tests.unit.test_gates_exposure import told

KEY = "arn:aws:kms:r:1:key/k"
AWS_KEYS = ("alias/aws/sqs", "arn:aws:kms:us-east-1:111111111111:alias/aws/sqs")


@pytest.mark.parametrize("type_", ENCRYPTION)
class TestTheProjectsOwnKey:
    @staticmethod
    def values(type_: str, key: Any) -> Any:
        for name in reversed(ENCRYPTION[type_]):
            key = {name: key if name == ENCRYPTION[type_][-1] else [key]}
        return key

    def test_none(self, type_: str) -> None:
        path, keyed = ENCRYPTION[type_], self.values(type_, KEY)
        assert told(updated(f"{type_}.x", keyed, {})) == [
            f"would not be encrypted with its own key any more ({'.'.join(path)})"
        ]
        assert told(updated(f"{type_}.x", {}, keyed)) == []
        assert told(updated(f"{type_}.x", keyed, {}, unknown={path[0]: True})) == []

    @pytest.mark.parametrize("key", AWS_KEYS)
    def test_one_of_aws(self, type_: str, key: str) -> None:
        own, other = self.values(type_, KEY), self.values(type_, key)
        assert len(told(updated(f"{type_}.x", own, other))) == 1
        assert told(updated(f"{type_}.x", other, own), updated(f"{type_}.y", other, {})) == []

    def test_another_one_of_its_own(self, type_: str) -> None:
        own, other = (self.values(type_, one) for one in (KEY, "alias/spec-wizard-prod-app"))
        assert told(updated(f"{type_}.x", own, other)) == []


class TestTables:
    ADDRESS = "aws_dynamodb_table.t"

    @staticmethod
    def values(enabled: bool, **more: Any) -> dict[str, Any]:
        return {"server_side_encryption": [{"enabled": enabled, **more}]}

    def test_switched_off(self) -> None:
        on, off = (self.values(one, kms_key_arn=KEY) for one in (True, False))
        assert len(told(updated(self.ADDRESS, on, off))) == 1
        assert told(updated(self.ADDRESS, off, on)) == []

    def test_switched_off_and_the_key_is_not_known(self) -> None:
        on, off = self.values(True, kms_key_arn=KEY), self.values(False)
        unknown = {"server_side_encryption": [{"kms_key_arn": True}]}
        assert len(told(updated(self.ADDRESS, on, off, unknown=unknown))) == 1
        assert told(updated(self.ADDRESS, on, self.values(True), unknown=unknown)) == []


class TestBuckets:
    ADDRESS = "aws_s3_bucket_server_side_encryption_configuration.e"

    @staticmethod
    def values(algorithm: str, key: str | None = None) -> dict[str, Any]:
        default = {"sse_algorithm": algorithm, "kms_master_key_id": key}
        return {"rule": [{"apply_server_side_encryption_by_default": [default]}]}

    @pytest.mark.parametrize("key", [KEY, None])
    def test_from_kms_to_none(self, key: str | None) -> None:
        kms, aes = self.values("aws:kms", key), self.values("AES256")
        assert len(told(updated(self.ADDRESS, kms, aes))) == 1
        assert len(told(deleted(self.ADDRESS, kms))) == 1
        assert told(updated(self.ADDRESS, aes, kms), created(self.ADDRESS, aes)) == []

    @pytest.mark.parametrize("key", [None, "", "alias/aws/s3", "arn:aws:kms:r:1:alias/aws/s3"])
    def test_to_the_key_of_aws(self, key: str | None) -> None:
        own, other = self.values("aws:kms", KEY), self.values("aws:kms", key)
        assert len(told(updated(self.ADDRESS, own, other))) == 1
        assert told(updated(self.ADDRESS, other, own), updated(self.ADDRESS, other, other)) == []

    def test_to_a_key_that_the_plan_makes(self) -> None:
        default = {"kms_master_key_id": True}
        unknown = {"rule": [{"apply_server_side_encryption_by_default": [default]}]}
        own, other = self.values("aws:kms", KEY), self.values("aws:kms")
        assert told(updated(self.ADDRESS, own, other, unknown=unknown)) == []
        assert told(updated(self.ADDRESS, own, self.values("aws:kms:dsse", "other"))) == []

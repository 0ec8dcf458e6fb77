"""Holding a lock as Terraform does, also where an answer is lost on the way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import taking
from ops.remote_state.locks import Place
from ops.remote_state.model import Clients
from ops.stacks import Stack

OWNER = Stack("dev", "dev", "123456789012", "eu-west-1")
THERE = ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")


class Places:
    """A bucket and a table that hold one lock each, or none. lost: so many answers to a put do not arrive."""

    def __init__(self, *, file: bytes = b"", item: str = "", table: bool = True, lost: int = 0) -> None:
        self.file, self.item, self.table, self.lost = file, item, table, lost

    def clients(self) -> Clients:
        def exceptions(service: str) -> Any:
            return boto3.client(
                service, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
            ).exceptions

        s3, dynamodb = MagicMock(), MagicMock()
        s3.exceptions, dynamodb.exceptions = exceptions("s3"), exceptions("dynamodb")
        s3.put_object = self.put_file
        s3.get_object = self.get_file
        s3.delete_object = lambda **_: setattr(self, "file", b"")
        dynamodb.put_item = self.put_item(dynamodb.exceptions)
        dynamodb.get_item = lambda **_: {"Item": {"Info": {"S": self.item}}} if self.item else {}
        dynamodb.delete_item = lambda **_: setattr(self, "item", "")
        use: Any = SimpleNamespace(s3=s3, dynamodb=dynamodb, kms=None)
        return use

    def put_file(self, *, Body: bytes, IfNoneMatch: str, ServerSideEncryption: str, **_: Any) -> Any:
        assert (IfNoneMatch, ServerSideEncryption) == ("*", "aws:kms")
        if self.file:
            raise THERE
        self.file = Body
        if self.lost:  # botocore tries again, and meets what its first try has put
            self.lost -= 1
            return self.put_file(Body=Body, IfNoneMatch="*", ServerSideEncryption="aws:kms")
        return {"ETag": '"e"'}

    def get_file(self, **_: Any) -> Any:
        if not self.file:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": MagicMock(read=lambda: self.file), "ETag": '"e"'}

    def put_item(self, exceptions: Any) -> Any:
        def put(*, Item: Any, ConditionExpression: str, **_: Any) -> None:
            assert ConditionExpression == "attribute_not_exists(LockID)"
            if not self.table:
                raise exceptions.ResourceNotFoundException({"Error": {}}, "PutItem")
            if self.item:
                raise exceptions.ConditionalCheckFailedException({"Error": {}}, "PutItem")
            self.item = Item["Info"]["S"]

        return put


@pytest.mark.parametrize(
    ("places", "held"),
    [
        (Places(), [Place.FILE, Place.TABLE]),
        (Places(table=False), [Place.FILE]),
        (Places(lost=1), [Place.FILE, Place.TABLE]),
    ],
    ids=["both", "no table", "an answer is lost"],
)
def test_both_places_are_held_and_let_go(places: Places, held: list[Place]) -> None:
    with taking.held(OWNER, "ops test", with_=places.clients()) as taken:
        assert [one.place for one in taken] == held
        assert {one.operation for one in taken} == {"ops test"}
        assert b"ops test" in places.file
    assert (places.file, places.item) == (b"", "")


@pytest.mark.parametrize("where", [{"file": b'{"Who": "ana@laptop"}'}, {"item": '{"Who": "ana@laptop"}'}])
def test_somebodys_lock_stays_and_ours_does_not(where: dict[str, Any]) -> None:
    places = Places(**where)
    with (
        pytest.raises(OpsError, match="ana@laptop") as refused,
        taking.held(OWNER, "ops test", with_=places.clients()),
    ):
        pytest.fail("the lock is somebody's")
    assert refused.value.code is ExitCode.LOCKED
    assert {"file": places.file, "item": places.item} == {"file": b"", "item": "", **where}


def test_a_failure_inside_lets_go() -> None:
    places = Places()
    with pytest.raises(KeyboardInterrupt), taking.held(OWNER, "ops test", with_=places.clients()):
        raise KeyboardInterrupt
    assert (places.file, places.item) == (b"", "")

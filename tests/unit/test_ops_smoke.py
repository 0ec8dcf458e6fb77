"""Proofs: every promise is tried, and only a refusal for the right reason counts as one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops.commands import outputs, smoke
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.smoke import Broken, Promise, Result, database, promises, prove, storage
from ops.smoke.deployment import Deployment
from ops.smoke.refusals import refused

DEPLOYMENT = Deployment("dev", {"dynamodb_table_name": "table", "s3_bucket_name": "exports"})


def broken(_: Deployment) -> str:
    raise Broken("seen [something] else")


def failed(_: Deployment) -> str:
    raise KeyError("s3_bucket_name")


def held(_: Deployment) -> str:
    return "seen"


PROMISES = (
    Promise("storage", "first", broken),
    Promise("storage", "second", failed),
    Promise("database", "third", held),
)


def answer(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Scan")


def raising(error: Exception) -> Any:
    def call() -> None:
        raise error

    return call


def test_a_broken_promise_does_not_keep_the_others_from_being_tried() -> None:
    found = [(result.held, result.seen) for result in prove(DEPLOYMENT, PROMISES)]
    assert found == [(False, "seen [something] else"), (False, "KeyError: 's3_bucket_name'"), (True, "seen")]


def test_ctrl_c_is_no_broken_promise() -> None:
    def interrupted(_: Deployment) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(prove(DEPLOYMENT, (Promise("storage", "x", interrupted),)))


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_access_denied_is_a_refusal(code: str) -> None:
    assert refused("Scan", raising(answer(code))) == f"Scan: {code}"


@pytest.mark.parametrize(
    "code",
    [
        "NoSuchBucket",
        "NoSuchKey",
        "ResourceNotFoundException",
        "ExpiredToken",
        "SignatureDoesNotMatch",
        "500",
    ],
)
def test_any_other_answer_proves_nothing(code: str) -> None:
    with pytest.raises(Broken, match=code):
        refused("Scan", raising(answer(code)))


def test_no_answer_proves_nothing() -> None:
    (result,) = prove(
        DEPLOYMENT,
        [
            Promise(
                "storage",
                "x",
                lambda _: refused("GET", raising(EndpointConnectionError(endpoint_url="https://x"))),
            )
        ],
    )
    assert not result.held
    assert "EndpointConnectionError" in result.seen


def test_what_was_allowed_breaks_the_promise() -> None:
    with pytest.raises(Broken, match="Scan was allowed"):
        refused("Scan", lambda: None)


def test_each_promise_is_told_once_and_in_words() -> None:
    made = promises.promises_of({"cloudfront_domain": "d1.cloudfront.net"})
    assert len({promise.text for promise in made}) == len(made)
    assert {promise.concern for promise in made} == {
        "database",
        "security",
        "storage",
        "cdn",
        "email",
        "websocket",
        "monitoring",
    }


def test_without_cloudfront_nothing_is_promised_of_it() -> None:
    assert "cdn" not in {promise.concern for promise in promises.promises_of({})}


class TestCleaningUp:
    """What was written is removed, also where the promise is broken."""

    @pytest.fixture
    def clients(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, MagicMock]:
        made: dict[str, MagicMock] = {}

        def client(self: Deployment, service: str, **_: Any) -> MagicMock:
            return made.setdefault(service, MagicMock())

        monkeypatch.setattr(Deployment, "application", client)
        monkeypatch.setattr(Deployment, "deployer", client)
        return made

    def test_the_item(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Written, and never seen in the index."""
        table = MagicMock()
        written: list[dict[str, Any]] = []
        table.put_item.side_effect = lambda Item, **_: written.append(Item) or {}
        table.query.side_effect = lambda **query: {"Items": [] if "IndexName" in query else written}
        resource = MagicMock(**{"Table.return_value": table})
        monkeypatch.setattr(Deployment, "application_resource", lambda *_: resource)
        monkeypatch.setattr(database, "PATIENCE_S", 0)
        with pytest.raises(Broken, match="found no session"):
            database.found_again_through_the_index(DEPLOYMENT)
        batch = table.batch_writer.return_value.__enter__.return_value
        (item,) = written
        batch.delete_item.assert_called_with(Key={"PK": item["PK"], "SK": item["SK"]})

    def test_all_versions_of_the_object(self, clients: dict[str, MagicMock]) -> None:
        s3 = clients["s3"] = MagicMock()
        s3.list_object_versions.return_value = {
            "Versions": [{"Key": "k", "VersionId": "1"}],
            "DeleteMarkers": [{"Key": "k", "VersionId": "2"}],
        }
        with pytest.raises(Broken, match="other bytes"):
            storage.kept_under_a_customer_key(DEPLOYMENT)
        assert [call.kwargs["VersionId"] for call in s3.delete_object.call_args_list] == ["1", "2"]

    @pytest.mark.parametrize(
        ("encryption", "manager", "told"),
        [
            ("AES256", "CUSTOMER", "encrypted with AES256"),
            ("aws:kms", "AWS", "managed by AWS"),
            ("aws:kms", "CUSTOMER", ""),
        ],
    )
    def test_the_key_must_be_a_customers(
        self,
        clients: dict[str, MagicMock],
        monkeypatch: pytest.MonkeyPatch,
        encryption: str,
        manager: str,
        told: str,
    ) -> None:
        @contextmanager
        def written(deployment: Deployment) -> Iterator[tuple[str, str, bytes]]:
            yield "exports", "smoke/x", b"body"

        monkeypatch.setattr(storage, "_object", written)
        clients["s3"] = MagicMock()
        clients["s3"].get_object.return_value = {
            "Body": MagicMock(read=lambda: b"body"),
            "ServerSideEncryption": encryption,
            "SSEKMSKeyId": "arn:aws:kms:us-east-1:1:key/abc",
        }
        clients["kms"] = MagicMock()
        clients["kms"].describe_key.return_value = {"KeyMetadata": {"KeyManager": manager}}
        (result,) = prove(DEPLOYMENT, [Promise("storage", "x", storage.kept_under_a_customer_key)])
        assert result.held is (told == "")
        assert told in result.seen


class TestCommand:
    @pytest.fixture(autouse=True)
    def _deployed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outputs, "deployed", lambda environment: DEPLOYMENT.outputs)
        monkeypatch.setattr(promises, "promises_of", lambda outputs: PROMISES)

    def test_broken_promises_are_named_and_have_their_exit_code(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(OpsError) as caught:
            smoke.smoke("dev")
        assert caught.value.code is ExitCode.PROOF
        assert caught.value.message == "2 of 3 promises of dev are broken: first; second"
        lines = capfd.readouterr().out.splitlines()
        assert lines == [
            "  FAIL storage   first  (seen [something] else)",
            "  FAIL storage   second  (KeyError: 's3_bucket_name')",
            "  pass database  third  (seen)",
        ]

    def test_as_json(self, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(OpsError):
            smoke.smoke("dev", json_=True)
        assert json.loads(capfd.readouterr().out)[0] == {
            "concern": "storage",
            "promise": "first",
            "held": False,
            "seen": "seen [something] else",
        }

    def test_all_kept_is_no_failure(self) -> None:
        smoke.judge("dev", [Result(PROMISES[2], True, "seen")])

"""`ops secrets` without AWS: what is asked for, what is refused, what moves, and the calls that are made."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from ops import aws, cli
from ops.api_keys import check, entering, requests, store
from ops.api_keys.admin import AdminApi
from ops.api_keys.kinds import ANTHROPIC, OPENAI, Key
from ops.api_keys.overview import Row
from ops.api_keys.silence import nothing_logged
from ops.api_keys.store import KeySecret, version_id
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support import configuration
from tests.support.admin_server import ADMIN_KEY, PROJECT, AdminServer
from tests.support.model_server import KEY, ModelServer
from tests.support.secrets_manager import ARN, Killed, Power, SecretsManager, refusal

REST = "T3BlbkFJq9Zr2mNb4VcX8yLpKd7Wt5Hs1Gf6Ue0Aa"
FIRST, SECOND = f"sk-proj-1{REST}", f"sk-proj-2{REST}"
CLAUDE = f"sk-ant-api03-{REST}"
NAME = "openai-api-key"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SecretsManager:
    """dev's and prod's secret; the same one, nobody asks for both."""
    monkeypatch.setattr(store, "ROUNDS", 1)
    for name, value in configuration.variables().items():
        monkeypatch.setenv(name, value)
    made = SecretsManager()
    monkeypatch.setattr(aws, "verify_caller", lambda *_: None)
    monkeypatch.setattr(aws, "client", lambda *_: made)
    return made


def run(*arguments: str, entered: str = "", code: int = 0) -> str:
    """`ops secrets …` with a value piped in."""
    done = CliRunner().invoke(cli.app, ["secrets", *arguments], input=entered)
    if isinstance(done.exception, OpsError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def refused(*arguments: str, entered: str = "") -> OpsError:
    with pytest.raises(OpsError) as caught:
        run(*arguments, entered=entered)
    return caught.value


class TestSet:
    def test_the_first_value_and_the_next(self, world: SecretsManager) -> None:
        assert "it is the first value" in run("set", "dev", NAME, entered=f"{FIRST}\n")
        assert "the previous value is kept" in run("set", "dev", NAME, entered=SECOND)
        assert world.current == SECOND
        assert world.values[world.labels["AWSPREVIOUS"]] == FIRST
        assert world.labels.keys() == {"AWSCURRENT", "AWSPREVIOUS"}
        assert "GetSecretValue" not in world.calls

    def test_the_same_value_again_writes_nothing(self, world: SecretsManager) -> None:
        run("set", "dev", NAME, entered=FIRST)
        before = len(world.calls)
        assert "nothing was written" in run("set", "dev", NAME, entered=FIRST)
        assert world.calls[before:] == ["DescribeSecret"]

    def test_the_previous_value_again_is_not_stored_twice(self, world: SecretsManager) -> None:
        for value in (FIRST, SECOND, FIRST):
            run("set", "dev", NAME, entered=value)
        assert world.calls.count("PutSecretValue") == 2
        assert (world.current, world.values[world.labels["AWSPREVIOUS"]]) == (FIRST, SECOND)

    @pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
    @pytest.mark.parametrize("at", range(4))
    @pytest.mark.parametrize("first", [True, False], ids=["first", "next"])
    def test_killed_at_any_call_one_of_both_is_in_use_and_the_next_run_ends_it(
        self, world: SecretsManager, at: int, before: bool, first: bool
    ) -> None:
        if not first:
            run("set", "dev", NAME, entered=FIRST)
        world.power = Power(at, before)
        with pytest.raises(Killed):
            run("set", "dev", NAME, entered=SECOND)
        world.power = Power()
        assert world.current in ({None, SECOND} if first else {FIRST, SECOND})
        run("set", "dev", NAME, entered=SECOND)
        assert world.current == SECOND

    @pytest.mark.parametrize("first", [True, False], ids=["first", "next"])
    def test_who_was_quicker_stays(self, world: SecretsManager, first: bool) -> None:
        if not first:
            run("set", "dev", NAME, entered=FIRST)
        theirs = Key(f"sk-proj-9{REST}")
        secret = KeySecret(world, NAME, "dev")
        seen = secret.labels()
        KeySecret(world, NAME, "dev").set(theirs, seen)
        with pytest.raises(OpsError, match="Somebody else") as caught:
            secret.set(Key(SECOND), seen)
        assert caught.value.code is ExitCode.STATE
        assert world.current == theirs.value
        assert "AWSPENDING" not in world.labels

    def test_a_lost_answer_is_no_conflict(
        self, world: SecretsManager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """botocore asks again, and the label has moved already."""
        run("set", "dev", NAME, entered=FIRST)
        move, tries = world._move, iter([1])

        def twice(**request: Any) -> None:
            move(**request)
            if next(tries, None):
                raise refusal("InvalidParameterException")

        monkeypatch.setattr(world, "_move", twice)
        assert "is set" in run("set", "dev", NAME, entered=SECOND)
        assert world.current == SECOND

    def test_it_says_whether_the_chat_uses_it(
        self, world: SecretsManager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CHAT_PROVIDER", "openai")
        assert "Workers read it" in run("set", "dev", NAME, entered=FIRST)
        monkeypatch.setenv("CHAT_PROVIDER", "built-in")
        assert "CHAT_PROVIDER of dev is built-in" in run("set", "dev", NAME, entered=SECOND)

    def test_for_programs(self, world: SecretsManager) -> None:
        assert json.loads(run("set", "dev", NAME, "--json", entered=FIRST)) == {
            "environment": "dev",
            "name": NAME,
            "changed": True,
            "checked": False,
        }

    def test_not_deployed(self, world: SecretsManager) -> None:
        world.there = False
        error = refused("set", "dev", NAME, entered=FIRST)
        assert (error.code, error.hint) == (ExitCode.STATE, "Deploy it first:  cdktf deploy dev")

    def test_marked_for_deletion(self, world: SecretsManager) -> None:
        world.deleted = True
        error = refused("set", "dev", NAME, entered=FIRST)
        assert error.code is ExitCode.STATE
        assert "restore-secret --secret-id spec-wizard/dev/openai-api-key" in error.hint

    @pytest.mark.parametrize(
        ("entered", "code"),
        [
            ("", ExitCode.USAGE),
            ("\n", ExitCode.USAGE),
            ("x" * 5000, ExitCode.USAGE),
            ("x", ExitCode.CONFIGURATION),
        ],
    )
    def test_nothing_and_too_much(self, world: SecretsManager, entered: str, code: ExitCode) -> None:
        assert refused("set", "dev", NAME, entered=entered).code is code
        assert world.values == {}

    def test_the_name_is_needed_where_nobody_can_be_asked(self, world: SecretsManager) -> None:
        error = refused("set", "dev", entered=FIRST)
        assert error.code is ExitCode.USAGE
        assert "openai-api-key and anthropic-api-key" in error.message


class TestArguments:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["set", "dev", NAME, FIRST],
            ["set", "dev", FIRST],
            ["set", FIRST],
            [FIRST],
            ["set", "dev", NAME, f"--value={FIRST}"],
            ["set", "dev", NAME, f"-k{FIRST}"],
            ["rotate", "dev", NAME, f"sk-admin-{REST}"],
            ["set", "dev", NAME, REST],
            ["set", "dev", REST],
            ["rollback", "dev", NAME, REST],
            ["list", "dev", REST],
        ],
    )
    def test_a_key_is_refused_and_not_repeated(self, world: SecretsManager, arguments: list[str]) -> None:
        error = refused(*arguments, entered=FIRST)
        assert error.code is ExitCode.USAGE
        assert "in the shell's history" in error.message + error.hint
        assert REST not in error.message + error.hint
        assert world.calls == []

    def test_an_option_that_there_is_not(self, world: SecretsManager) -> None:
        assert "No such option" in run("set", "dev", NAME, "--value", entered=FIRST, code=ExitCode.USAGE)


class TestProd:
    def test_its_name_is_wanted(self, world: SecretsManager) -> None:
        for command in (["set", "prod", NAME], ["rollback", "prod", NAME]):
            assert "--confirm prod" in refused(*command, entered=FIRST).hint
            assert refused(*command, "--confirm", "dev", entered=FIRST).code is ExitCode.USAGE
        assert world.values == {}
        run("set", "prod", NAME, "--confirm", "prod", entered=FIRST)
        assert world.current == FIRST


class TestRollback:
    def test_back_and_forth(self, world: SecretsManager) -> None:
        for value in (FIRST, SECOND):
            run("set", "dev", NAME, entered=value)
        assert "in use again" in run("rollback", "dev", NAME)
        assert world.current == FIRST
        assert json.loads(run("rollback", "dev", NAME, "--json"))["changed"] is True
        assert world.current == SECOND

    def test_without_a_previous_value(self, world: SecretsManager) -> None:
        run("set", "dev", NAME, entered=FIRST)
        error = refused("rollback", "dev", NAME)
        assert (error.code, error.hint) == (ExitCode.STATE, f"Set one:  ops secrets set dev {NAME}")


class TestList:
    def test_ages_and_dates(self) -> None:
        now = datetime(2026, 11, 28, 12, tzinfo=UTC)
        row = Row(NAME, now - timedelta(days=90, hours=1), now, now - timedelta(hours=1), previous=True)
        assert row.as_json(now) == {
            "name": NAME,
            "set": True,
            "set_at": "2026-08-30T11:00:00+00:00",
            "age_days": 90.042,
            "last_used": "2026-11-28",
            "due": "2026-11-28",
            "overdue": True,
            "previous": True,
        }

    def test_as_a_table_and_for_programs(self, world: SecretsManager) -> None:
        run("set", "dev", NAME, entered=FIRST)
        run("set", "dev", NAME, entered=SECOND)
        text = run("list", "dev")
        assert re.search(rf"{NAME} +set +0 d +never +20\d\d-\d\d-\d\d +there", text)
        found = json.loads(run("list", "dev", "--json"))
        assert [row["name"] for row in found["secrets"]] == [
            "openai-api-key",
            "anthropic-api-key",
            "cloudfront-signing-key",
        ]
        assert found["secrets"][2]["due"] is None
        assert REST not in text + json.dumps(found)
        assert {*world.calls} == {
            "DescribeSecret",
            "ListSecretVersionIds",
            "PutSecretValue",
            "UpdateSecretVersionStage",
        }


class TestCheck:
    @pytest.fixture
    def model(self) -> Iterator[ModelServer]:
        with ModelServer() as server:
            yield server

    @pytest.mark.parametrize("kind", [OPENAI, ANTHROPIC])
    def test_a_key_that_is_taken(self, model: ModelServer, kind: Any) -> None:
        check.accepted(Key(KEY), kind, model.url)
        assert model.seen[0].path == "/v1/models"

    @pytest.mark.parametrize("kind", [OPENAI, ANTHROPIC])
    def test_a_key_that_is_not(self, model: ModelServer, kind: Any) -> None:
        with pytest.raises(OpsError, match=f"{kind.owner} does not take this key") as caught:
            check.accepted(Key(FIRST), kind, model.url)
        assert caught.value.code is ExitCode.AUTHENTICATION
        assert REST not in caught.value.message

    @pytest.mark.parametrize(
        ("status", "text", "code"),
        [
            (403, "does not let it list models", ExitCode.AUTHENTICATION),
            (404, "is not there", ExitCode.FAILED),
            (429, "neither yes nor no", ExitCode.FAILED),
            (500, "neither yes nor no", ExitCode.FAILED),
            (302, "neither yes nor no", ExitCode.FAILED),
        ],
    )
    def test_other_answers(self, model: ModelServer, status: int, text: str, code: ExitCode) -> None:
        model.models_status = status
        with pytest.raises(OpsError, match=text) as caught:
            check.accepted(Key(KEY), OPENAI, model.url)
        assert caught.value.code is code
        assert "secret words" not in caught.value.message
        assert [seen.path for seen in model.seen] == ["/v1/models"]  # a redirection is not followed

    def test_a_new_key_is_given_time(self, model: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ops.api_keys.check.time.sleep", lambda _: model.keys.add(FIRST))
        check.accepted(Key(FIRST), OPENAI, model.url, patience_s=30)
        assert len(model.seen) == 2

    def test_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            monkeypatch.setattr(requests, "TIMEOUT_S", 0.2)
            with pytest.raises(OpsError, match="no answer within") as caught:
                check.accepted(Key(KEY), OPENAI, f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert caught.value.code is ExitCode.NETWORK

    def test_it_comes_before_anything_is_written(
        self, world: SecretsManager, model: ModelServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CHAT_PROVIDER", "openai")
        monkeypatch.setenv("CHAT_PROVIDER_URL", f"{model.url}/v1/")
        assert refused("set", "dev", NAME, "--check", entered=FIRST).code is ExitCode.AUTHENTICATION
        assert world.values == {}
        model.keys.add(FIRST)
        run("set", "dev", NAME, "--check", entered=FIRST)
        assert world.current == FIRST


class TestGuided:
    def test_the_steps_the_test_call_and_the_reminder(
        self, world: SecretsManager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ModelServer() as model:
            monkeypatch.setenv("CHAT_PROVIDER", "anthropic")
            monkeypatch.setenv("CHAT_PROVIDER_URL", model.url)
            monkeypatch.setattr(check, "NEW_KEY_S", 0.0)
            error = refused("rotate", "dev", "anthropic-api-key", entered=CLAUDE)
            assert (error.code, world.values) == (ExitCode.AUTHENTICATION, {})
            model.keys.add(CLAUDE)
            said = run("rotate", "dev", "anthropic-api-key", entered=CLAUDE)
        assert said.index("1. Make a new key") < said.index("takes the key") < said.index("3. When")
        assert "disable the old key at https://platform.claude.com/settings/keys" in said
        assert world.current == CLAUDE
        assert REST not in said

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            (["anthropic-api-key", "--finish"], "made by people"),
            ([NAME], "Of which of OpenAI's projects"),
            ([NAME, "--project", PROJECT, "--unread"], "--unread is for --finish"),
            ([NAME, "--project", PROJECT, "--admin-url", "http://example.com"], "--admin-url is http"),
            (
                [NAME, "--project", PROJECT, "--admin-url", "https://k@example.com"],
                "--admin-url is not an https",
            ),
        ],
    )
    def test_options_that_do_not_go_together(
        self, world: SecretsManager, arguments: list[str], text: str
    ) -> None:
        error = refused("rotate", "dev", *arguments, entered=ADMIN_KEY)
        assert text in error.message
        assert error.code is ExitCode.USAGE


class TestAdminApi:
    @pytest.fixture
    def server(self) -> Iterator[AdminServer]:
        with AdminServer(set()) as made:
            yield made

    def test_all_pages_are_listed(self, server: AdminServer) -> None:
        for number in range(5):
            server.make(f"account {number}")
        api = AdminApi(server.url, PROJECT, Key(ADMIN_KEY))
        assert [account.name for account in api.accounts()] == [f"account {n}" for n in range(5)]
        assert len(server.seen) == 3

    def test_created_and_deleted_and_deleted_again(self, server: AdminServer) -> None:
        api = AdminApi(f"{server.url}/v1", PROJECT, Key(ADMIN_KEY))
        account, key = api.create("ours")
        assert server.keys == {key.value}
        api.delete(account.id)
        api.delete(account.id)
        assert (server.keys, server.accounts) == (set(), {})

    def test_an_answer_without_a_key_leaves_no_account(
        self, server: AdminServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make = server.make
        monkeypatch.setattr(server, "make", lambda name: (make(name)[0], ""))
        with pytest.raises(OpsError, match="is empty"):
            AdminApi(server.url, PROJECT, Key(ADMIN_KEY)).create("ours")
        assert server.accounts == {}

    @pytest.mark.parametrize(
        ("project", "key", "status", "code", "text"),
        [
            (PROJECT, f"sk-admin-{REST}", 200, ExitCode.AUTHENTICATION, "status 401, invalid_api_key"),
            ("proj_of_others", ADMIN_KEY, 200, ExitCode.CONFIGURATION, "no project proj_of_others"),
            (PROJECT, ADMIN_KEY, 500, ExitCode.FAILED, "status 500, server_error"),
            (PROJECT, ADMIN_KEY, 429, ExitCode.FAILED, "status 429"),
        ],
    )
    def test_refusals_do_not_repeat_what_was_sent(
        self, server: AdminServer, project: str, key: str, status: int, code: ExitCode, text: str
    ) -> None:
        server.status = status
        with pytest.raises(OpsError, match=text) as caught:
            list(AdminApi(server.url, project, Key(key)).accounts())
        assert caught.value.code is code
        assert key not in caught.value.message
        assert "secret words" not in caught.value.message


def test_a_terminal_that_would_show_it_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass
    import warnings

    def shown(prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return FIRST

    monkeypatch.setattr(getpass, "getpass", shown)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(entering, "by_hand", lambda: True)
    with pytest.raises(OpsError, match="cannot hide") as caught:
        entering.value("API key")
    assert caught.value.code is ExitCode.USAGE


def test_the_calls_are_those_of_secrets_manager_and_none_of_them_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = boto3.client(
        "secretsmanager", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    version = version_id(ARN, Key(SECOND))
    assert re.fullmatch("[0-9a-f]{64}", version)
    with Stubber(client) as stub, caplog.at_level(logging.DEBUG):
        stages = {"1" * 32: ["AWSCURRENT"]}
        stub.add_response("describe_secret", {"ARN": ARN, "VersionIdsToStages": stages}, {"SecretId": NAME})
        put = {
            "SecretId": NAME,
            "SecretString": SECOND,
            "ClientRequestToken": version,
            "VersionStages": ["AWSPENDING", "service-account:a"],
        }
        stub.add_response("put_secret_value", {}, put)
        move = {
            "SecretId": NAME,
            "VersionStage": "AWSCURRENT",
            "MoveToVersionId": version,
            "RemoveFromVersionId": "1" * 32,
        }
        stub.add_response("update_secret_version_stage", {}, move)
        done = {"SecretId": NAME, "VersionStage": "AWSPENDING", "RemoveFromVersionId": version}
        stub.add_response("update_secret_version_stage", {}, done)
        secret = KeySecret(client, NAME, "dev")
        assert secret.set(Key(SECOND), secret.labels(), "service-account:a") is True
        stub.assert_no_pending_responses()
    assert "DescribeSecret" in caplog.text
    assert REST not in caplog.text


def test_debugging_is_as_before_afterwards(caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> None:
    monkeypatch.setattr(HTTPConnection, "debuglevel", 1)
    seen: list[int] = []

    @nothing_logged()
    def ends_badly() -> None:
        logging.getLogger("botocore").debug("within")
        seen.append(HTTPConnection.debuglevel)
        raise Killed

    with caplog.at_level(logging.DEBUG), pytest.raises(Killed):
        ends_badly()
    assert seen == [0]
    logging.getLogger("botocore").warning("afterwards")
    assert HTTPConnection.debuglevel == 1
    assert [record.message for record in caplog.records] == ["afterwards"]


def test_a_version_tells_nothing_of_its_value_and_differs_between_secrets() -> None:
    other = version_id(ARN.replace("dev", "prod"), Key(FIRST))
    assert len({version_id(ARN, Key(FIRST)), version_id(ARN, Key(SECOND)), other}) == 3
    assert version_id(ARN, Key(FIRST)) == version_id(ARN, Key(FIRST))

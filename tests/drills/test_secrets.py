"""API keys of a deployed dev: set, used by the chat, rolled back, rotated, and found nowhere afterwards.

The tests are the steps of one story and run in this order. The providers are servers of the test's, which
answer as the real ones document it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.shared.table import Table, new_token
from ops.api_keys.rotation import UNDER_WAY
from ops.chat.line import address, trust
from ops.exit_codes import ExitCode
from ops.local_aws.example import EXAMPLE_VALUES
from ops.local_aws.instance import LocalAws
from tests.drills import elsewhere
from tests.drills.ledger import Drill
from tests.local import checkout, tables, workers
from tests.local.checkout import COLOURS, Checkout
from tests.local_aws.cloud import Caller, Cloud, refused
from tests.support import terminal
from tests.support.admin_server import ADMIN_KEY, PROJECT, AdminServer
from tests.support.chat_clients import Client, all_at_once
from tests.support.model_server import MODELS_PATH, ModelServer

NAME = "openai-api-key"
SECRET = f"spec-wizard/dev/{NAME}"
FUNCTION = "spec-wizard-dev-chat-worker"
FIRST, SECOND, OTHER, WRONG, UNLUCKY, SHOWN = (f"sk-proj-{secrets.token_hex(70)}" for _ in range(6))
PATIENCE_S = 120.0
BASH = "/bin/bash"
CLOSED = "http://127.0.0.1:9"
"""Nobody listens there."""
ROTATE = ("rotate", "dev", NAME, "--project", PROJECT)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.keys = {FIRST, SECOND, OTHER}
        yield server


@pytest.fixture(scope="module")
def admin(model: ModelServer) -> Iterator[AdminServer]:
    with AdminServer(model.keys) as server:
        yield server


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Checkout]:
    settings = f"ENABLE_CLOUDFRONT=false\nCHAT_PROVIDER=openai\nCHAT_PROVIDER_URL={model.url}\n"
    with checkout.deployed(tmp_path_factory.mktemp("secrets"), settings) as made:
        yield made


@pytest.fixture(scope="module")
def aws(here: Checkout) -> LocalAws:
    return here.local_aws


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """Everything that a command of this story wrote."""
    return []


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the shell in which this story types commands."""
    return tmp_path_factory.mktemp("shell") / "history"


Command = Callable[..., str]


def _environ(here: Checkout, **changes: str) -> dict[str, str]:
    """What `ops local env` sets."""
    return {**EXAMPLE_VALUES, **here.local_aws.client_environment(here.environ()), **changes}


@pytest.fixture(scope="module")
def ops(here: Checkout, printed: list[str], admin: AdminServer) -> Command:
    """`ops secrets …` with a value piped in; stdout and stderr of it. caller: instead of the deployer.

    No process may have the value meanwhile, nor that of a service account.
    """

    def hidden(entered: str) -> list[str]:
        return [entered.strip(), *(value for _, value in list(admin.accounts.values()))]

    def run(
        *arguments: str, entered: str = "", code: int = 0, caller: Caller | None = None, **changes: str
    ) -> str:
        environ = _environ(here, **changes)
        if caller:
            environ["AWS_ACCESS_KEY_ID"] = caller.key.access_key_id
            environ["AWS_SECRET_ACCESS_KEY"] = caller.key.secret_access_key
        with subprocess.Popen(
            [str(here.root / ".venv/bin/ops"), "secrets", *arguments],
            cwd=here.root,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            watch = Watch(process.pid, lambda: hidden(entered))
            if entered:
                watch.start()
            output = COLOURS.sub("", process.communicate(entered)[0])
        if entered:
            watch.end()
            assert watch.looked
            assert watch.found == set()
        printed.append(output)
        assert process.returncode == code, f"{arguments} ended with {process.returncode}:\n{output}"
        return output

    return run


@pytest.fixture(scope="module")
def ask(here: Checkout, aws: LocalAws) -> Callable[[str], str]:
    """A question to the deployed chat; the answer's text."""
    environ = aws.environment()
    outputs: dict[str, str] = json.loads(here.ops("--local", "outputs", "dev", "--json"))
    url = address(outputs["websocket_url"], environ)
    resource = tables.resource(aws, outputs["aws_region"])
    table = Table(outputs["dynamodb_table_name"], resource=resource)

    def question(text: str) -> str:
        token = new_token()
        table.create_session(token)
        client = Client(url, token, trust(url, environ))
        asyncio.run(all_at_once([client], [[text]], PATIENCE_S))
        return str(client.exchanges[0].answer.text)

    return question


def _used(model: ModelServer) -> str:
    """The key of the last question."""
    asked = [seen for seen in model.seen if seen.path != MODELS_PATH]
    return asked[-1].headers["authorization"].removeprefix("Bearer ")


def _labels(aws: LocalAws) -> dict[str, str]:
    """Label -> version."""
    found = aws.client("secretsmanager").describe_secret(SecretId=SECRET).get("VersionIdsToStages", {})
    return {label: version for version, labels in found.items() for label in labels}


def _row(ops: Command) -> dict[str, Any]:
    rows = json.loads(ops("list", "dev", "--json"))["secrets"]
    found: dict[str, Any] = next(row for row in rows if row["name"] == NAME)
    return found


class Watch(threading.Thread):
    """Looks at the command lines and environments of all processes for these texts, until it is ended."""

    def __init__(self, command: int, values: Callable[[], list[str]]) -> None:
        super().__init__(daemon=True)
        self._command, self._values = command, values
        self._over = threading.Event()
        self.looked, self.found = 0, set[int]()

    def run(self) -> None:
        while not self._over.wait(0.01):
            self.looked += (Path("/proc") / str(self._command) / "cmdline").exists()
            self.found |= set(workers.processes(self._has_one))

    def _has_one(self, command: bytes, environ: bytes) -> bool:
        return any(value.encode() in text for value in self._values() for text in (command, environ))

    def end(self) -> None:
        self._over.set()
        self.join()


def test_the_search_of_processes_finds_what_is_there() -> None:
    with subprocess.Popen(["sleep", "60"], env={**os.environ, "A": OTHER}) as process:
        watch = Watch(process.pid, lambda: [OTHER])
        watch.start()
        while not watch.looked:
            pass
        watch.end()
        process.kill()
    assert watch.found == {process.pid}


def test_at_first_nothing_is_set(ops: Command) -> None:
    row = _row(ops)
    assert (row["set"], row["age_days"], row["due"], row["previous"]) == (False, None, None, False)
    assert "openai-api-key          empty" in ops("list", "dev")


def test_a_key_typed_on_a_terminal_is_shown_nowhere_and_in_no_process(
    here: Checkout, aws: LocalAws, model: ModelServer, printed: list[str]
) -> None:
    command = [str(here.root / ".venv/bin/ops"), "--local", "secrets", "set", "dev", "--check"]
    with terminal.opened(command, here.root, here.environ()) as screen:
        watch = Watch(screen.pid, lambda: [FIRST])
        watch.start()
        screen.wait_for("Which API key")
        screen.type(NAME)
        screen.wait_for("it is not shown")
        screen.type(FIRST)
        code = screen.end()
        watch.end()
    printed.append(screen.shown)
    assert code == 0, screen.shown
    assert NAME in screen.shown  # what is typed is shown where it may be
    assert "is set; it is the first value" in screen.shown
    assert FIRST[:16] not in screen.shown
    assert watch.looked > 3
    assert watch.found == set()
    assert model.seen[-1].path == MODELS_PATH
    assert _labels(aws).keys() == {"AWSCURRENT"}


def test_the_worker_uses_it_without_a_deploy(ask: Callable[[str], str], model: ModelServer) -> None:
    assert ask("Who are you?").startswith("Good day")
    assert _used(model) == FIRST


def test_the_same_key_again_writes_nothing(ops: Command, aws: LocalAws) -> None:
    before = aws.client("secretsmanager").describe_secret(SecretId=SECRET)
    assert "has this value already; nothing was written" in ops("set", "dev", NAME, entered=f"{FIRST}\n")
    after = aws.client("secretsmanager").describe_secret(SecretId=SECRET)
    assert after["VersionIdsToStages"] == before["VersionIdsToStages"]
    assert after["LastChangedDate"] == before["LastChangedDate"]


def test_a_running_worker_takes_the_new_key_when_the_old_one_is_refused(
    ops: Command, ask: Callable[[str], str], model: ModelServer
) -> None:
    assert "the previous value is kept" in ops("set", "dev", NAME, entered=f"{SECOND}\r\n")
    model.keys.discard(FIRST)
    assert ask("And now?").startswith("Good day")
    assert _used(model) == SECOND
    model.keys.add(FIRST)


def test_back_and_forth(ops: Command, aws: LocalAws, drill: Drill) -> None:
    first, second = _labels(aws)["AWSPREVIOUS"], _labels(aws)["AWSCURRENT"]
    drill.loses(f"the key of version {first[:8]}, replaced by that of {second[:8]}")
    assert "in use again" in ops("rollback", "dev", NAME)
    labels = _labels(aws)
    assert labels == {"AWSCURRENT": first, "AWSPREVIOUS": second}
    drill.gets_back(f"version {labels['AWSCURRENT'][:8]} is in use, {labels['AWSPREVIOUS'][:8]} is kept")
    ops("rollback", "dev", NAME)
    labels = _labels(aws)
    assert labels == {"AWSCURRENT": second, "AWSPREVIOUS": first}
    drill.gets_back(f"the same command again: {labels['AWSCURRENT'][:8]} is in use")


def test_the_documented_policy_is_enough_and_lets_nobody_read_a_value(
    ops: Command, here: Checkout, aws: LocalAws
) -> None:
    text = (here.root / "docs/secrets.md").read_text()
    policy = json.loads(text.partition("<!-- policy -->\n```json\n")[2].partition("```")[0])
    operator = Cloud(aws).user(*policy["Statement"])
    assert "openai-api-key          set" in ops("list", "dev", caller=operator)
    assert "is set" in ops("set", "dev", NAME, entered=OTHER, caller=operator)
    ops("rollback", "dev", NAME, caller=operator)
    assert (
        refused(operator.client("secretsmanager").get_secret_value, SecretId=SECRET)
        == "AccessDeniedException"
    )


def test_a_key_set_by_somebody_else_meanwhile_stays(here: Checkout, ops: Command, aws: LocalAws) -> None:
    command = [str(here.root / ".venv/bin/ops"), "--local", "secrets", "set", "dev", NAME]
    with terminal.opened(command, here.root, here.environ()) as screen:
        screen.wait_for("it is not shown")
        ops("set", "dev", NAME, entered=FIRST)
        theirs = _labels(aws)["AWSCURRENT"]
        screen.type(f"sk-proj-{secrets.token_hex(70)}")
        code = screen.end()
    assert code == ExitCode.STATE, screen.shown
    assert "Somebody else put another value" in screen.shown
    assert _labels(aws)["AWSCURRENT"] == theirs
    assert "AWSPENDING" not in _labels(aws)
    ops("set", "dev", NAME, entered=SECOND)


def test_neither_the_shells_history_nor_a_process_has_what_is_typed_or_piped(
    here: Checkout, aws: LocalAws, printed: list[str], history: Path, tmp_path: Path
) -> None:
    """The documented lines, in an interactive bash; and how one would look that has a key as an argument."""
    (tmp_path / "key").write_text(SECOND)
    manager = tmp_path / "pass"
    manager.write_text(f"#!/bin/sh\nexec cat '{tmp_path}/key'\n")
    manager.chmod(0o700)
    path = f"{tmp_path}:{here.root}/.venv/bin:{os.environ['PATH']}"
    environ = _environ(here, PATH=path, HISTFILE=str(history), HISTSIZE="100", HISTCONTROL="", PS1="> ")
    typed, piped = f"ops secrets set dev {NAME}", f"pass show openai/dev | ops secrets set dev {NAME}"
    assert all(line in (here.root / "docs/secrets.md").read_text() for line in (typed, piped))
    with terminal.opened([BASH, "--norc", "--noprofile", "-i"], here.root, environ) as screen:
        watch = Watch(screen.pid, lambda: [OTHER, SECOND])
        watch.start()
        screen.type(typed)
        screen.wait_for("it is not shown")
        screen.type(OTHER)
        screen.wait_for("the previous value is kept")
        before = _labels(aws)["AWSCURRENT"]
        screen.type(piped)
        screen.type("echo piped: $?")
        screen.wait_for("piped: 0")
        assert _labels(aws)["AWSPREVIOUS"] == before
        watch.end()
        printed.append(screen.shown)
        screen.type(f"{typed} {SHOWN}")
        screen.type("echo refused: $?")
        screen.wait_for(f"refused: {int(ExitCode.USAGE)}")
        screen.type("exit")
        assert screen.end() == 0, screen.shown
    lines = history.read_text().splitlines()
    assert lines[:2] == [typed, piped]
    assert SHOWN in lines[3]  # the search finds what bash writes down
    assert [line for line in lines if OTHER[8:40] in line or SECOND[8:40] in line] == []
    assert OTHER[:16] not in screen.shown
    assert SECOND[:16] not in screen.shown
    assert watch.looked > 3
    assert watch.found == set()


def test_a_rotation_makes_tries_and_uses_a_key(
    ops: Command, admin: AdminServer, model: ModelServer, aws: LocalAws
) -> None:
    said = ops(*ROTATE, "--admin-url", admin.url, entered=ADMIN_KEY)
    assert "OpenAI takes the new key." in said
    assert "--finish" in said
    (account, value) = next(iter(admin.accounts.values()))
    assert account["name"] == "spec-wizard-dev 123456789012 us-east-1"
    labels = _labels(aws)
    assert labels[f"service-account:{account['id']}"] == labels["AWSCURRENT"]
    assert "AWSPENDING" not in labels
    assert model.seen[-1].headers["authorization"] == f"Bearer {value}"


def test_it_is_finished_only_when_somebody_has_read_the_new_key(
    ops: Command, admin: AdminServer, model: ModelServer, ask: Callable[[str], str], aws: LocalAws
) -> None:
    finish = (*ROTATE, "--finish", "--admin-url", admin.url)
    refused = ops(*finish, entered=ADMIN_KEY, code=ExitCode.INCOMPLETE)
    assert "Nobody has read the new value" in refused
    assert workers.kill(aws, FUNCTION)  # Lambda starts them anew by itself, within hours
    assert ask("A new worker?").startswith("Good day")
    ((_, value),) = admin.accounts.values()
    assert _used(model) == value
    assert _row(ops)["last_used"]
    assert "made by hand and is still valid" in ops(*finish, entered=ADMIN_KEY)


def test_the_next_rotation_ends_the_account_of_the_one_before(
    ops: Command, admin: AdminServer, model: ModelServer, ask: Callable[[str], str], aws: LocalAws
) -> None:
    ((before, old),) = admin.accounts.values()
    said = ops(*ROTATE, "--admin-url", admin.url, OPENAI_ADMIN_KEY=ADMIN_KEY)
    assert "Created the service account" in said
    assert old in model.keys
    ops(*ROTATE, "--finish", "--unread", "--admin-url", admin.url, entered=ADMIN_KEY)
    ((account, value),) = admin.accounts.values()
    assert account["id"] != before["id"]
    assert old not in model.keys
    assert set(_labels(aws)) == {"AWSCURRENT", f"service-account:{account['id']}"}
    assert ask("Still there?").startswith("Good day")  # its worker had the old key, and was refused
    assert _used(model) == value
    assert "has no previous value" in ops("rollback", "dev", NAME, code=ExitCode.STATE)


def test_a_rotation_that_is_killed_leaves_the_old_key_and_an_account_that_a_later_run_removes(
    here: Checkout, ops: Command, admin: AdminServer, aws: LocalAws, ask: Callable[[str], str]
) -> None:
    before, accounts = _labels(aws), set(admin.accounts)
    with elsewhere.ROTATION.survived() as struck:
        command = [str(here.root / ".venv/bin/ops"), "--local", "secrets", *ROTATE, "--admin-url", admin.url]
        with subprocess.Popen(
            command, cwd=here.root, env=here.environ(OPENAI_ADMIN_KEY=ADMIN_KEY), stdin=subprocess.DEVNULL
        ) as process:
            admin.created = lambda: os.kill(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        struck("the key is made")
        admin.created = lambda: None
        (orphan,) = set(admin.accounts) - accounts
        assert _labels(aws) == before
        assert ask("Still there?").startswith("Good day")

        said = ops(*ROTATE, "--admin-url", admin.url, entered=ADMIN_KEY)
        assert f"{orphan} is of a run that is under way or was cut off just now" in said
        assert orphan in admin.accounts
        admin.accounts[orphan][0]["created_at"] -= int(UNDER_WAY.total_seconds())
        said = ops(*ROTATE, "--finish", "--unread", "--admin-url", admin.url, entered=ADMIN_KEY)
        assert f"Deleted the service account {orphan}, which an interrupted run had left." in said
        assert len(admin.accounts) == 1


DEFECT = """
import sys
from ops import cli
from ops.api_keys import store
store.KeySecret._use = lambda *_: 1 / 0
cli.main()
"""
DEBUGGING = """
import logging
from http.client import HTTPConnection
from ops import cli
logging.basicConfig(level=logging.DEBUG)
HTTPConnection.debuglevel = 1
cli.main()
"""


def test_no_failure_repeats_a_key(ops: Command, here: Checkout, aws: LocalAws, printed: list[str]) -> None:
    """The form, the provider, the network, AWS, an argument; a defect's traceback; debugging switched on."""
    nobody = Cloud(aws).user()
    before = _labels(aws)
    assert "has white space" in ops("set", "dev", NAME, entered=f"{WRONG} ", code=ExitCode.CONFIGURATION)
    said = ops("set", "dev", NAME, "--check", entered=WRONG, code=ExitCode.AUTHENTICATION)
    assert "OpenAI does not take this key (status 401, authentication_error)" in said
    said = ops("set", "dev", NAME, "--check", entered=WRONG, code=ExitCode.NETWORK, CHAT_PROVIDER_URL=CLOSED)
    assert "could not be reached for the test call: Connection refused" in said
    said = ops("set", "dev", NAME, entered=WRONG, code=ExitCode.AUTHENTICATION, caller=nobody)
    assert "secretsmanager:DescribeSecret" in said
    assert "in the shell's history" in ops("set", "dev", NAME, WRONG, code=ExitCode.USAGE)
    assert _labels(aws) == before

    def script(text: str, value: str) -> str:
        done = subprocess.run(
            [str(here.root / ".venv/bin/python"), "-c", text, "secrets", "set", "dev", NAME],
            cwd=here.root,
            env=_environ(here),
            input=value,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        printed.append(done.stdout)
        return done.stdout

    debugged = script(DEBUGGING, WRONG)
    assert "DescribeSecret" in debugged  # what has no value in it is written down
    assert "is set" in debugged
    ops("rollback", "dev", NAME)
    assert "ZeroDivisionError" in script(DEFECT, UNLUCKY)
    assert [text for text in printed if WRONG[8:24] in text or UNLUCKY[8:24] in text] == []


def test_the_values_are_in_no_state_plan_log_file_or_output(
    here: Checkout, aws: LocalAws, admin: AdminServer, printed: list[str], history: Path
) -> None:
    """Each place is searched for the values, and for something that it must have."""
    made = [value for _, value in admin.accounts.values()]
    values = [FIRST, SECOND, OTHER, WRONG, UNLUCKY, ADMIN_KEY, *made]
    here.ops("--local", "outputs", "dev")  # synthesized and initialized
    trace = here.root / "trace.log"
    plan = here.terraform(
        "dev", "plan", "-out=plan.bin", environ={"TF_LOG": "TRACE", "TF_LOG_PATH": str(trace)}
    )
    assert plan.returncode == 0, plan.stderr
    planned = here.terraform("dev", "show", "-json", "plan.bin").stdout
    actions = {
        one["name"]: one["change"]["actions"]
        for one in json.loads(planned)["resource_changes"]
        if one["type"] == "aws_secretsmanager_secret"
    }
    assert len(actions) == 3
    assert {action for every in actions.values() for action in every} == {"no-op"}
    buckets = aws.client("s3")
    state_bucket = next(b["Name"] for b in buckets.list_buckets()["Buckets"] if "tfstate-123" in b["Name"])
    states = [
        buckets.get_object(Bucket=state_bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"]
        .read()
        .decode()
        for one in buckets.list_object_versions(Bucket=state_bucket, Prefix="dev/")["Versions"]
    ]
    places = {
        "state": (here.terraform("dev", "state", "pull").stdout, SECRET),
        "every version of the state": ("\n".join(states), SECRET),
        "plan": (planned, SECRET),
        "Terraform's log": (trace.read_text(), "secretsmanager.DescribeSecret"),
        "outputs": (here.ops("--local", "outputs", "dev", "--json", "--sensitive"), "openai_secret_arn"),
        "shell's history": (history.read_text(), f"secrets set dev {NAME}"),
        "output of the commands": ("\n".join(printed), "is in use"),
        "logs": ("\n".join(_every_log(aws)), "chat_worker"),
        "audit trail": (
            json.dumps(aws.client("cloudtrail").lookup_events(MaxResults=50), default=str),
            "Event",
        ),
    }
    missing = [place for place, (text, mark) in places.items() if mark not in text]
    assert missing == []
    found = [place for place, (text, _) in places.items() for value in values if value[8:40] in text]
    assert found == []
    assert _files_with(here.root, [value[8:40].encode() for value in values]) == []


def _every_log(aws: LocalAws) -> Iterator[str]:
    logs = aws.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            events = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            yield from (event["message"] for found in events for event in found["events"])


def _files_with(root: Path, values: list[bytes]) -> list[Path]:
    """Files of the checkout that have one of these texts; the local AWS's own store is Secrets Manager."""
    return [
        path
        for path in root.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and ".local-aws" not in path.relative_to(root).parts
        and any(value in path.read_bytes() for value in values)
    ]

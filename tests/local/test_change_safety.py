"""A change on its way: planned, reviewed, refused when stale, deployed, drifted, reverted.

The tests are the steps of one story and run in this order. What a reviewer sees of it lies in tests/goldens.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import pytest

from ops.bundles import file
from ops.exit_codes import ExitCode
from tests.local import checkout
from tests.local.checkout import Checkout

JOBS = "constructs_lib/websocket/jobs.py"
BUNDLE = "dev.bundle"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A repository with one commit, and the local AWS with a remote state; nothing is deployed."""
    with checkout.running(tmp_path_factory.mktemp("change")) as made:
        (made.root / ".env.dev").write_text("ENABLE_CLOUDFRONT=false\n")  # it takes minutes to make
        _git(made, "init", "--quiet")
        _commit(made)
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        yield made


def _git(here: Checkout, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *who, *arguments], cwd=here.root, check=True, capture_output=True)


def _commit(here: Checkout) -> None:
    _git(here, "add", "--all")
    _git(here, "commit", "--quiet", "--message", "a change")


def _plan(here: Checkout, *options: str, code: int = ExitCode.OK) -> str:
    return here.ops("--local", "plan", "dev", "--out", BUNDLE, *options, code=code)


def _serial(here: Checkout) -> int:
    return int(json.loads(here.terraform("dev", "state", "pull").stdout)["serial"])


def test_without_its_account_nothing_is_planned(here: Checkout) -> None:
    output = _plan(here, code=ExitCode.STATE)
    assert "cdktf deploy account" in output
    failure = file.read(here.root / BUNDLE).manifest.failure
    assert failure
    assert (failure.step, failure.code) == ("configuration", ExitCode.STATE)


def test_a_first_deploy_asks_unless_it_is_told(here: Checkout) -> None:
    here.ops("--local", "deploy", "account", code=ExitCode.USAGE)  # nobody there to answer
    here.ops("--local", "deploy", "account", "--confirm", "account")
    output = here.ops("--local", "deploy", "dev", "--yes", "--no-smoke")
    assert "table_name" in output.lower()
    assert (here.root / "outputs/dev.env").stat().st_mode & 0o777 == 0o600
    assert "Nothing to apply" in here.ops("--local", "deploy", "dev", "--no-smoke")


def test_no_changes_is_said_in_short(here: Checkout) -> None:
    output = _plan(here, "--detailed-exitcode")
    assert "No changes" in output
    assert file.read(here.root / BUNDLE).manifest.serial == _serial(here)


def test_a_changed_construct_is_planned_and_saved(here: Checkout) -> None:
    source = here.root / JOBS
    text = source.read_text()
    changed, times = re.subn(r"max_receive_count(\W+)\d+", r"max_receive_count\g<1>7", text)
    assert times == 1
    source.write_text(changed)
    _commit(here)
    output = _plan(here, "--detailed-exitcode", code=ExitCode.CHANGES)
    assert "dev/websocket" in output
    assert "aws_sqs_queue" in output
    manifest = file.read(here.root / BUNDLE).manifest
    assert manifest.commit
    assert not manifest.dirty

"""A state through a bad day: damaged, deleted, its digest wrong, its locks changed, and taken away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from environments import load, naming
from ops import aws, paths, remote_state, stacks
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES, REGION
from ops.local_aws.instance import LocalAws
from ops.paths import ROOT
from ops.remote_state import locks, taking
from ops.remote_state.locks import StateLock
from ops.remote_state.model import clients
from ops.state import restoring
from ops.state.store import Store
from tests.drills import elsewhere
from tests.drills.ledger import Drill
from tests.local import state_story
from tests.local.state_story import BUCKET, KEY, SECRET, Project, body, digest, ops, put, version_ids
from tests.support.led import lead


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    instance = LocalAws(tmp_path_factory.mktemp("state"))
    instance.start()
    with pytest.MonkeyPatch.context() as patch:
        lead(patch, instance, **EXAMPLE_VALUES)
        list(remote_state.apply(ACCOUNT_ID, REGION))
        patch.setattr(paths, "SYNTHESIZED", tmp_path_factory.mktemp("synthesized"))
        (directory := paths.stack_directory("dev")).mkdir(parents=True)
        yield Project(directory, os.environ["AWS_ENDPOINT_URL"])
    instance.stop()


def killed(patches: str, call: str) -> None:
    """Run `call` in a process of its own that `patches` lets die by kill -9."""
    program = (
        f"import os, signal\ndie = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n{patches}\n{call}"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == -9, result.stderr


def mend_as_the_doctor_says() -> str:
    """Run the command that the doctor prints; what the doctor said."""
    said = ops("state", "doctor", "dev", code=ExitCode.UNSOUND)
    command = re.search(r"ops (state restore dev \S+)", said)
    assert command, said
    ops(*command[1].split(), "--yes")
    return said


def test_nothing_is_deployed_yet(project: Project) -> None:
    assert "nothing was ever deployed" in ops("state", "list", "dev", code=ExitCode.STATE)
    assert "nothing was ever deployed" in ops("state", "versions", "dev")
    assert "nothing was ever deployed" in ops("state", "doctor", "dev")


def test_resources_versions_and_differences_are_shown_and_the_secret_is_not(project: Project) -> None:
    project.deploy("one")
    project.deploy("one", "two")
    assert SECRET in body().decode()

    listed = json.loads(ops("state", "list", "dev", "--json"))
    assert [row["address"] for row in listed] == project.run("state", "list").split()
    assert listed[-1] == {
        "construct": "story/two",
        "address": "aws_ssm_parameter.two",
        "type": "aws_ssm_parameter",
        "id": "/story/two",
    }
    shown = json.loads(ops("state", "show", "dev", "aws_ssm_parameter.secret", "--json"))
    assert shown["attributes"]["value"] == "(sensitive)"
    assert shown["attributes"]["type"] == "SecureString"
    assert "(sensitive)" in ops("state", "show", "dev", "story/secret")

    newest, oldest = json.loads(ops("state", "versions", "dev", "--json"))["versions"]
    assert (oldest["serial"], oldest["resources"], oldest["delta"]) == (1, 2, "")
    assert (newest["serial"], newest["resources"], newest["current"]) == (2, 3, True)
    assert newest["delta"].startswith("+1")
    assert newest["lineage"] == oldest["lineage"]
    assert "+ aws_ssm_parameter.two" in ops("state", "diff", "dev", "1", "2")
    assert "- aws_ssm_parameter.two" in ops(
        "state", "diff", "dev", newest["version_id"], oldest["version_id"]
    )
    assert "Nothing to mend." in ops("state", "doctor", "dev")


def truncate() -> None:
    put(body()[:-300])


def overwrite() -> None:
    put(b"<html>502 Bad Gateway</html>")


def delete() -> None:
    aws.client("s3", REGION).delete_object(Bucket=BUCKET, Key=KEY)


@pytest.mark.parametrize(
    ("damage", "named"),
    [(truncate, "is truncated"), (overwrite, "is no JSON"), (delete, "is deleted")],
    ids=["truncated", "no JSON", "deleted"],
)
def test_a_lost_state_is_named_and_mended_by_the_doctors_command(
    project: Project, damage: Callable[[], None], named: str, drill: Drill
) -> None:
    before = json.loads(body())
    drill.loses(f"a state of {len(before['resources'])} resources: its object {named}")
    with elsewhere.STATE_OBJECT.survived() as struck:
        damage()
        struck(f"it {named}")
        assert named in ops("state", "list", "dev", code=ExitCode.UNSOUND)
        said = mend_as_the_doctor_says()
        assert f"state object {named}" in said
        after = json.loads(body())
        assert after["serial"] > before["serial"]
        assert {**after, "serial": 0} == {**before, "serial": 0}
        assert project.plan_is_empty()
        assert "Nothing to mend." in ops("state", "doctor", "dev")
    drill.gets_back(f"{len(after['resources'])} resources by the doctor's command; an empty plan")


def test_a_restore_goes_back_and_the_command_that_it_prints_undoes_it(project: Project) -> None:
    said = ops("state", "restore", "dev", "1", typed="dev\n")
    assert "- aws_ssm_parameter.two" in said
    assert "aws_ssm_parameter.two" not in project.run("state", "list")
    assert "1 to add" in project.run("plan", "-input=false", "-detailed-exitcode", code=2)
    way_back = re.search(r"The way back: ops (.+)", said)
    assert way_back
    ops(*way_back[1].split(), "--yes")
    assert project.plan_is_empty()
    again = version_ids()
    assert "Nothing to do" in ops(*way_back[1].split(), "--yes")
    assert version_ids() == again


def test_another_answer_than_the_name_restores_nothing(project: Project) -> None:
    before = version_ids()
    ops("state", "restore", "dev", "1", typed="yes\n", code=ExitCode.USAGE)
    assert version_ids() == before
    ops("state", "restore", "dev", "99999", "--yes", code=ExitCode.STATE)


def test_a_restore_is_refused_while_somebody_holds_the_lock(project: Project) -> None:
    before = version_ids()
    with taking.held(load("dev"), "OperationTypeApply"):
        said = ops("state", "restore", "dev", "1", "--yes", code=ExitCode.LOCKED)
        assert ", apply, since " in said
        assert "Error acquiring the state lock" in project.run("plan", "-input=false", code=1)
    assert version_ids() == before
    assert "is not locked" in ops("state", "lock", "dev")
    assert project.plan_is_empty()


def test_plain_terraform_moves_and_unlocks_beside_ops(project: Project) -> None:
    """As docs/state.md shows it."""
    address, moved = "aws_ssm_parameter.two", "aws_ssm_parameter.renamed"
    before = version_ids()
    project.run("state", "mv", address, moved)
    assert moved in project.run("state", "list").split()
    newest, older, *_ = version_ids()
    assert f"+ {moved}\n- {address}" in ops("state", "diff", "dev", older, newest)
    project.run("state", "mv", moved, address)
    assert version_ids()[2:] == before
    assert project.plan_is_empty()

    left: list[StateLock] = []
    taking.take(load("dev"), "OperationTypeApply", left, clients(REGION))
    assert "Error acquiring the state lock" in project.run("plan", "-input=false", code=1)
    project.run("force-unlock", "-force", left[0].id)
    assert "is not locked" in ops("state", "lock", "dev")
    assert project.plan_is_empty()


def test_a_state_written_since_it_was_looked_at_is_not_overwritten(project: Project) -> None:
    store = Store.of(stacks.find("dev"))
    planned = restoring.plan(store, "1")
    put(body())
    before = version_ids()
    with pytest.raises(OpsError, match="Somebody wrote the state of dev") as refused:
        restoring.carry_out(store, planned)
    assert refused.value.code is ExitCode.STATE
    assert version_ids() == before
    assert "is not locked" in ops("state", "lock", "dev")


def test_killed_between_the_object_and_its_digest_the_next_run_mends_it(project: Project) -> None:
    with elsewhere.STATE_RESTORE.survived() as struck:
        killed(
            "from ops.state.store import Store\nStore.write_digest = die",
            "from ops.commands.state_versions import restore\nrestore('dev', '1', yes=True)",
        )
        struck("the object is written")
        assert "ops state restore" in ops("state", "lock", "dev", code=ExitCode.LOCKED)
        ops("state", "restore", "dev", "2", "--yes", code=ExitCode.LOCKED)
        ops("state", "unlock", "dev", "--yes", code=ExitCode.LOCKED)  # too young to be certainly dead
        ops("state", "unlock", "dev", "--force", "--yes")
        assert "does not have the expected content" in " ".join(
            project.run("plan", "-input=false", code=1).replace("│", " ").split()
        )
        before = version_ids()
        assert "digest in the lock table is of other content" in mend_as_the_doctor_says()
        assert version_ids() == before  # the object was right already
        ops("state", "restore", "dev", "2", "--yes")
        assert project.plan_is_empty()


def test_a_damaged_setting_and_an_old_lock_are_found_with_what_mends_them(project: Project) -> None:
    s3 = aws.client("s3", REGION)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    info = json.dumps({"ID": "1", "Operation": "OperationTypeApply", "Created": "2020-01-01T00:00:00Z"})
    item = {"LockID": {"S": f"{BUCKET}/{KEY}"}, "Info": {"S": info}}
    aws.client("dynamodb", REGION).put_item(TableName=naming.LOCK_TABLE, Item=item)
    report = json.loads(ops("state", "doctor", "dev", "--json", code=ExitCode.UNSOUND))
    wrong = {one["subject"]: one["fix"] for one in report["findings"] if one["level"] == "wrong"}
    assert wrong == {
        f"state bucket {BUCKET}: versioning": "ops bootstrap dev",
        "lock table": "ops state unlock dev",
    }
    for command in wrong.values():
        ops(*command.split()[1:], *(["--yes"] if "unlock" in command else []))
    assert json.loads(ops("state", "doctor", "dev", "--json"))["sound"]


def test_a_disabled_key_is_found_before_anything_that_it_makes_unreadable(project: Project) -> None:
    kms = aws.client("kms", REGION)
    key = kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    report = json.loads(ops("state", "doctor", "dev", "--json", code=ExitCode.UNSOUND))
    kms.enable_key(KeyId=key)
    assert report["findings"][0]["subject"] == f"key {naming.STATE_KEY_ALIAS}"
    assert report["findings"][0]["fix"] == f"aws kms enable-key --key-id {key}"
    assert not [one for one in report["findings"] if "encryption" in one["subject"]]


def test_from_the_table_to_the_lock_file_and_back_one_safe_step_at_a_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_LOCK", "dynamodb")
    project.deploy("one", "two", "three", lock="dynamodb")
    assert "leads no safe step" in ops("state", "migrate-lock", "dev", "--to", "file", code=ExitCode.USAGE)
    assert "STATE_LOCK=both" in ops("state", "migrate-lock", "dev", "--to", "both")

    monkeypatch.setenv("STATE_LOCK", "both")
    with taking.held(load("dev"), "OperationTypeApply"):
        ops("state", "migrate-lock", "dev", "--to", "file", code=ExitCode.LOCKED)
    project.deploy("one", "two")
    assert digest()
    assert "STATE_LOCK=lockfile" in ops("state", "migrate-lock", "dev", "--to", "file")
    assert digest() == ""

    monkeypatch.setenv("STATE_LOCK", "lockfile")
    project.deploy("one", "two", "three", lock="lockfile")
    assert digest() == ""
    assert "nothing is left to do" in ops("state", "migrate-lock", "dev", "--to", "file")
    ops("state", "doctor", "dev")
    assert "leads no safe step" in ops("state", "migrate-lock", "dev", "--to", "table", code=ExitCode.USAGE)

    assert "STATE_LOCK=both" in ops("state", "migrate-lock", "dev", "--to", "both")
    monkeypatch.setenv("STATE_LOCK", "both")
    project.deploy("one", "two")
    assert project.plan_is_empty()
    assert "Nothing to mend." in ops("state", "doctor", "dev")


def test_a_lock_file_that_the_last_deployment_did_not_take_is_not_relied_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.deploy("one", "two", "three", lock="dynamodb")
    s3 = aws.client("s3", REGION)
    found = s3.list_object_versions(Bucket=BUCKET, Prefix=f"{KEY}.tflock")
    for one in [*found["Versions"], *found["DeleteMarkers"]]:  # as if they were long gone
        s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    monkeypatch.setenv("STATE_LOCK", "both")
    said = ops("state", "migrate-lock", "dev", "--to", "file", code=ExitCode.STATE)
    assert "did not use the lock file" in said
    assert digest()
    report = json.loads(ops("state", "doctor", "dev", "--json", code=ExitCode.UNSOUND))
    found = {one["subject"]: one["level"] for one in report["findings"]}
    assert found == {"lock mode": "wrong", "lock file": "note"}
    project.deploy("one", "two")
    ops("state", "migrate-lock", "dev", "--to", "file")


def test_the_remote_state_stays_while_a_state_in_it_holds_resources(project: Project) -> None:
    project.deploy("one", "two")
    before = version_ids()
    for _ in range(2):  # a deleted state says nothing about what it held
        said = ops("bootstrap", "staging", "--remove", "--yes", code=ExitCode.PROTECTED)
        assert f"{KEY} holds 3 resources" in said
        ops("bootstrap", "staging", "--remove", "--dry-run", code=ExitCode.PROTECTED)
        delete()
    assert version_ids()[2:] == before
    mend_as_the_doctor_says()
    truncate()
    assert "nobody knows what it holds" in ops(
        "bootstrap", "dev", "--remove", "--yes", code=ExitCode.PROTECTED
    )
    mend_as_the_doctor_says()
    project.run("destroy", "-auto-approve", "-input=false")


def test_it_stays_while_a_lock_is_held_or_the_answer_is_another(project: Project) -> None:
    with taking.held(load("staging"), "OperationTypeApply"):
        said = ops("bootstrap", "dev", "--remove", "--yes", code=ExitCode.LOCKED)
        assert "The state of staging is locked" in said
    assert "this was a dry run" in ops("bootstrap", "dev", "--remove", "--dry-run")
    ops("bootstrap", "dev", "--remove", typed="dev\n", code=ExitCode.USAGE)
    assert "--yes is not enough for prod" in ops(
        "bootstrap", "prod", "--remove", "--yes", code=ExitCode.PROTECTED
    )
    assert remote_state.check(ACCOUNT_ID, REGION) == []
    assert [locks.read_locks(load(name)) for name in ("dev", "staging", "prod")] == [[], [], []]


@pytest.mark.parametrize("step", elsewhere.REMOVAL_STEPS)
def test_killed_before_any_step_the_removal_goes_on(project: Project, step: str) -> None:
    """From the second on, what the one before left is where this one begins; the last test ends it."""
    with elsewhere.REMOVAL.survived() as struck:
        killed(
            "from ops.remote_state import removal\nfrom ops.remote_state.vanishing import Key, Table\n"
            + (f"{step} = die" if "." in step else f"removal.{step} = die"),
            "from ops.commands import bootstrap_remove\n"
            "bootstrap_remove.run('dev', dry_run=False, yes=True, json_=False)",
        )
        struck(f"before {step}")


def test_the_remote_state_goes_and_leaves_nothing_but_a_key_that_is_going(project: Project) -> None:
    key = aws.client("kms", REGION).describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"]
    ops("bootstrap", "dev", "--remove", typed=f"{BUCKET}\n")
    assert "Nothing to do" in ops("bootstrap", "dev", "--remove")
    buckets = [found["Name"] for found in aws.client("s3", REGION).list_buckets()["Buckets"]]
    assert [name for name in buckets if "tfstate" in name] == []
    assert naming.LOCK_TABLE not in aws.client("dynamodb", REGION).list_tables()["TableNames"]
    kms = aws.client("kms", REGION)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert naming.STATE_KEY_ALIAS not in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]


def test_a_new_remote_state_takes_the_place(project: Project) -> None:
    ops("bootstrap", "dev")
    assert remote_state.check(ACCOUNT_ID, REGION) == []
    assert state_story.digest() == ""
    project.deploy("one")
    assert project.plan_is_empty()
    assert "Nothing to mend." in ops("state", "doctor", "dev")

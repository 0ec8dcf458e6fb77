"""checkov, zizmor and check-jsonschema themselves: what is committed passes, and what is wrong is seen."""

from __future__ import annotations

import io
import json
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.commands.policy import STACKS, check
from ops.errors import OpsError
from ops.policy import checkov, programs, workflows
from ops.policy.model import Report
from ops.policy.stack import Stack


@pytest.fixture(scope="module")
def report() -> Report:
    """Of all that is committed, as `ops policy` makes it."""
    return check(STACKS, Console(file=io.StringIO()))


def test_every_finding_is_explained(report: Report) -> None:
    assert [(*finding.key, finding.what) for finding in report.findings] == []
    assert report.trouble == ()


def test_much_was_checked(report: Report) -> None:
    counts = report.counts()
    assert counts.keys() >= set(STACKS)
    assert all(counts[name]["passed"] > 500 for name in STACKS)
    checks = {finding.check[:4] for finding, _ in report.skipped}
    assert {"CKV_", "CKV2"} <= checks


def stack(**types: dict[str, Any]) -> Stack:
    return Stack("dev", {"resource": types, "provider": {"aws": [{"region": "us-east-1"}]}})


@pytest.fixture(scope="module")
def failed() -> set[tuple[str, str]]:
    """What checkov refuses of a small stack: check and address."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    small = stack(
        aws_iam_policy={"wide": {"name": "wide", "policy": json.dumps(policy)}},
        aws_dynamodb_table={"t": {"name": "t", "attribute": [{"name": "PK", "type": "S"}]}},
        aws_s3_bucket={"open": {"bucket": "open"}, "shut": {"bucket": "shut"}},
        aws_s3_bucket_public_access_block={
            "b": {"bucket": "${aws_s3_bucket.shut.id}"} | dict.fromkeys(switches, True)
        },
        aws_kms_key={"none": {"count": 0}, "one": {"count": 1, "enable_key_rotation": False}},
    )
    return {(one.check, one.address) for one in checkov.scan({"x": small}).outcomes["x"].findings}


def test_checkov_looks_into_policies_and_along_references(failed: set[tuple[str, str]]) -> None:
    # By text, only where the policy is read as a document, by an attribute of its own, by a reference.
    assert {
        ("CKV_AWS_62", "aws_iam_policy.wide"),
        ("CKV_AWS_355", "aws_iam_policy.wide"),
        ("CKV_AWS_119", "aws_dynamodb_table.t"),
        ("CKV2_AWS_6", "aws_s3_bucket.open"),
    } <= failed
    assert ("CKV2_AWS_6", "aws_s3_bucket.shut") not in failed


def test_a_counted_resource_has_the_address_of_its_block(failed: set[tuple[str, str]]) -> None:
    """Where `count` is 0 the scan of it counts, too: the fixture would have raised."""
    assert ("CKV_AWS_7", "aws_kms_key.one") in failed


def test_what_checkov_cannot_read_is_no_pass() -> None:
    broken = stack(aws_kms_key={"k": {}})
    broken.document["resource"]["aws_kms_key"]["k"] = "no block"
    with pytest.raises(OpsError, match="checkov"):
        checkov.scan({"x": broken})


def test_a_scanner_that_calls_somebody_is_stopped() -> None:
    program = """
        import socket, sys
        sys.path.insert(0, "policy")
        import scan
        sys.addaudithook(scan.stay_offline)
        for call, place in (socket.create_connection, ("127.0.0.1", 9)), (socket.gethostbyname, "x.example"):
            try:
                call(place)
            except PermissionError as error:
                print(error)
    """
    said = subprocess.run(
        [programs.BIN / "python", "-c", textwrap.dedent(program)],
        cwd=programs.FOLDER.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.count("must stay offline") == 2


GOOD = """
name: good
on: push
permissions: {}
concurrency:
  group: good
  cancel-in-progress: true
jobs:
  x:
    name: x
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {}
    steps:
      - name: Nothing
        run: "true"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / ".github" / "workflows"
    place.mkdir(parents=True)
    (place / "good.yml").write_text(GOOD)
    return place


def test_a_good_workflow_passes_both(folder: Path, tmp_path: Path) -> None:
    outcome = workflows.scan(tmp_path)
    assert outcome.findings == ()
    name = ".github/workflows/good.yml"
    assert outcome.passed == {("check-jsonschema", name), ("zizmor", name)}


def test_a_workflow_that_runs_what_a_title_says(folder: Path, tmp_path: Path) -> None:
    """Also where a comment asks zizmor to look away: exceptions stand in the table, with a reason."""
    run = "run: echo ${{ github.event.pull_request.title }} # zizmor: ignore[template-injection]"
    (folder / "bad.yml").write_text(GOOD.replace('run: "true"', run).replace("on: push", "on: pull_request"))
    found = {(one.check, one.construct, one.address) for one in workflows.scan(tmp_path).findings}
    assert found == {("zizmor/template-injection", ".github/workflows/bad.yml", "line 16")}


def test_a_workflow_that_github_would_refuse(folder: Path, tmp_path: Path) -> None:
    (folder / "wrong.yaml").write_text(GOOD.replace("runs-on", "runs"))
    (folder / "torn.yml").write_text("jobs: [")
    action = tmp_path / ".github" / "actions" / "own" / "action.yml"
    action.parent.mkdir(parents=True)
    action.write_text("name: own\ndescription: Does nothing.\nruns:\n  using: composite\n")
    outcome = workflows.scan(tmp_path)
    assert {(one.check, one.construct) for one in outcome.findings} == {
        ("check-jsonschema", ".github/workflows/wrong.yaml"),
        ("check-jsonschema", ".github/workflows/torn.yml"),
        ("check-jsonschema", ".github/actions/own/action.yml"),
    }
    assert ("zizmor", ".github/workflows/good.yml") in outcome.passed

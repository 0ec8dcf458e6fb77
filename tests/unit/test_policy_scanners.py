"""What the scanners answer, read: above all that no silence counts as a pass. The answers are as theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.policy import checkov, programs, workflows
from ops.policy.stack import Resource, Stack, references

BUCKET, KEY = "aws_s3_bucket.b_1", "aws_kms_key.k_2"


def stack(**more: Any) -> Stack:
    def body(path: str) -> dict[str, Any]:
        return {"//": {"metadata": {"path": f"dev/{path}"}}}

    resources = {"aws_s3_bucket": {"b_1": body("storage/b")}, "aws_kms_key": {"k_2": body("security/k")}}
    return Stack("dev", {"resource": resources, "removed": [{"from": "x"}], **more})


def answer(**changes: Any) -> dict[str, Any]:
    said = {
        "passed": [{"check": "CKV_AWS_7", "name": "n", "resource": KEY, "keys": []}],
        "failed": [
            {
                "check": "CKV_AWS_18",
                "name": "Logging",
                "resource": BUCKET,
                "keys": ["resource_type", "a/[0]/b"],
            }
        ],
        "seen": [KEY, BUCKET],
        "in_graph": [KEY, BUCKET],
        "unread": [],
        **changes,
    }
    return {
        "version": "3.3.30",
        "checks": ["CKV_AWS_7", "CKV_AWS_18"],
        "complaints": [],
        "stacks": {"dev": said},
    }


class TestCheckov:
    def test_findings_have_construct_paths(self) -> None:
        scan = checkov.read(answer(), {"dev": stack()})
        outcome = scan.outcomes["dev"]
        (finding,) = outcome.findings
        assert (finding.key, finding.address) == (("CKV_AWS_18", "storage/b", "dev"), BUCKET)
        assert (finding.what, finding.mend) == ("Logging", "See a.b")
        assert outcome.passed == {("CKV_AWS_7", "security/k")}
        assert scan.checks == {"CKV_AWS_7", "CKV_AWS_18"}

    @pytest.mark.parametrize("layer", ["seen", "in_graph"])
    def test_a_resource_that_was_not_looked_at_is_an_error(self, layer: str) -> None:
        with pytest.raises(OpsError, match="looked at 1 of the 2 resources of dev") as caught:
            checkov.read(answer(**{layer: [KEY]}), {"dev": stack()})
        assert BUCKET in caught.value.hint

    def test_a_file_that_was_not_read_is_an_error(self) -> None:
        with pytest.raises(OpsError, match="could not read the stack dev"):
            checkov.read(answer(unread=["x.tf.json"]), {"dev": stack()})

    def test_a_check_that_crashed_is_an_error(self) -> None:
        crashed = answer() | {"complaints": ["root: Failed to run check CKV_AWS_18"]}
        with pytest.raises(OpsError, match="did not do all of its work") as caught:
            checkov.read(crashed, {"dev": stack()})
        assert "CKV_AWS_18" in caught.value.hint

    def test_it_is_given_resources_and_providers_only(self, tmp_path: Path) -> None:
        """Its reader gives up at `removed`, and then has found nothing."""
        bin_ = fake(
            tmp_path,
            "python",
            f"tee {tmp_path}/asked >/dev/null; cp $(sed 's/.*: \"//; s/\"}}}}//' "
            f"{tmp_path}/asked) {tmp_path}/given; cat <<'E'\n{json.dumps(answer())}\nE",
        )
        checkov.scan({"dev": stack(provider={"aws": []}, terraform={})}, bin_)
        assert json.loads((tmp_path / "given").read_text()).keys() == {"resource", "provider"}


def fake(folder: Path, name: str, script: str) -> Path:
    """A folder of programs with one that is a script."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    (place / name).write_text(f"#!/bin/sh\n{script}\n")
    (place / name).chmod(0o755)
    return place


class TestPrograms:
    def test_what_is_not_installed_is_told_with_the_command(self, tmp_path: Path) -> None:
        with pytest.raises(OpsError, match="zizmor is not installed") as caught:
            programs.run(["zizmor"], codes=(0,), binary=tmp_path)
        assert caught.value.code == ExitCode.TOOL
        assert "make policy" in caught.value.hint

    def test_another_exit_code_is_an_error_with_the_last_lines(self, tmp_path: Path) -> None:
        bin_ = fake(tmp_path, "zizmor", "echo nothing; echo 'no inputs collected' >&2; exit 3")
        with pytest.raises(OpsError, match="zizmor ended with code 3") as caught:
            programs.run(["zizmor"], codes=(0, 11), binary=bin_)
        assert "no inputs collected" in caught.value.hint

    def test_a_code_for_findings_is_none(self, tmp_path: Path) -> None:
        bin_ = fake(tmp_path, "zizmor", "echo '[]'; exit 11")
        assert programs.run(["zizmor"], codes=(0, 11), binary=bin_) == "[]\n"

    def test_no_token_goes_along_and_pips_settings_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", "t-1")
        monkeypatch.setenv("BC_API_KEY", "t-2")
        monkeypatch.setenv("PIP_CERT", "a file")
        said = programs.run(["zizmor"], codes=(0,), binary=fake(tmp_path, "zizmor", "env"))
        assert "t-1" not in said
        assert "t-2" not in said
        assert "PIP_CERT=a file" in said
        assert "ZIZMOR_OFFLINE=true" in said

    def test_one_that_does_not_end_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "LIMIT_S", 0.2)
        with pytest.raises(OpsError, match="did not end within"):
            programs.run(["zizmor"], codes=(0,), binary=fake(tmp_path, "zizmor", "exec sleep 20"))


def zizmor(ident: str, file: str, row: int, note: str = "a note") -> dict[str, Any]:
    def place(kind: str, row: int) -> dict[str, Any]:
        return {
            "symbolic": {"key": {"Local": {"verbatim_path": file}}, "annotation": note, "kind": kind},
            "concrete": {"location": {"start_point": {"row": row, "column": 8}}},
        }

    return {
        "ident": ident,
        "desc": "overly broad permissions",
        "url": f"https://docs.zizmor.sh/audits/#{ident}",
        "determinations": {"confidence": "Medium", "severity": "Medium", "persona": "Regular"},
        "locations": [place("Related", 0), place("Primary", row)],
        "ignored": False,
    }


class TestWorkflows:
    def test_one_finding_for_each_audit_and_file_with_its_lines(self, tmp_path: Path) -> None:
        file = f"{tmp_path}/.github/workflows/a.yml"
        found = workflows.audited(
            [
                zizmor("unpinned-uses", file, 6),
                zizmor("unpinned-uses", file, 2),
                zizmor("artipacked", file, 6),
            ],
            tmp_path,
        )
        assert [(one.check, one.construct, one.address) for one in found] == [
            ("zizmor/artipacked", ".github/workflows/a.yml", "line 7"),
            ("zizmor/unpinned-uses", ".github/workflows/a.yml", "line 3, 7"),
        ]
        assert found[0].what == "overly broad permissions (medium): a note"
        assert found[0].mend == "See https://docs.zizmor.sh/audits/#artipacked"

    def test_what_the_schema_does_not_allow(self, tmp_path: Path) -> None:
        error = {
            "filename": f"{tmp_path}/.github/workflows/b.yml",
            "path": "$.jobs.x",
            "message": "is not valid under any of the given schemas",
            "best_deep_match": {"path": "$.jobs.x", "message": "'runs-on' is a required property"},
        }
        unread = {"filename": f"{tmp_path}/.github/workflows/c.yml", "message": "Failed to parse"}
        found = workflows.misread({"errors": [error], "parse_errors": [unread]}, tmp_path)
        assert [(one.construct, one.address) for one in found] == [
            (".github/workflows/b.yml", "$.jobs.x"),
            (".github/workflows/c.yml", ""),
        ]
        assert "'runs-on' is a required property" in found[0].what

    def test_without_workflows_nothing_is_started(self, tmp_path: Path) -> None:
        outcome = workflows.scan(tmp_path, tmp_path / "no such folder")
        assert (outcome.findings, outcome.passed) == ((), frozenset())


class TestStack:
    def test_references_are_those_of_expressions(self) -> None:
        text = 'x ${aws_a.b-c_1.arn} aws_no.one ${join(",", [aws_d.e[*].id])} ${aws_f.g.name}/h'
        assert list(references(text)) == ["aws_a.b-c_1", "aws_d.e", "aws_f.g"]

    def test_policies_hold_references_too(self) -> None:
        body = {"policy": '{"Statement": [{"Effect": "Allow", "Resource": "${aws_a.b.arn}/*"}]}'}
        resource = Resource("aws_iam_policy", "p", "p", body)
        (statement,) = Stack("dev", {}).statements(resource)
        assert (statement.allows, statement.listed("Resource")) == (True, ["${aws_a.b.arn}/*"])
        assert resource.references == {"aws_a.b"}

    def test_a_block_in_a_list_is_the_block(self) -> None:
        resource = Resource("t", "n", "c", {"a": [{"b": {"c": 1}}], "d": [{"e": 1}, {"e": 2}]})
        assert resource.get("a", "b", "c") == 1
        assert resource.get("d", "e") is None
        assert resource.get("nothing", "there") is None
        assert [one["e"] for one in resource.blocks("d")] == [1, 2]

    @pytest.mark.parametrize("text", ["", "{", "{}"])
    def test_a_folder_without_a_stack_is_refused(self, tmp_path: Path, text: str) -> None:
        if text:
            (tmp_path / "cdk.tf.json").write_text(text)
        with pytest.raises(OpsError):
            Stack.of(tmp_path, "dev")

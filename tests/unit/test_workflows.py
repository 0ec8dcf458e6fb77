"""The workflows of GitHub: what they may do, what they run, and that it exists."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from environments import ENVIRONMENTS, naming
from ops import cli
from ops.paths import ROOT
from tests.support.workflows import (
    ACTIONS,
    FILES,
    FOLDER,
    JOBS,
    WORKFLOWS,
    events,
    files,
    job_of,
    starts,
    step_named,
    steps,
    used,
)

PINNED = re.compile(r"(?P<action>[\w-]+/[\w-]+)@(?P<sha>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)")

SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"

ASKING = {"actions": "read", "deployments": "read"}
"""What `ops may-deploy` needs."""

WRITES = {
    ("plan", "plan"): {"id-token": "write"},
    ("plan", "comment"): {"pull-requests": "write", "actions": "read"},
    # A job that calls a workflow gives the most that its jobs may take.
    ("deploy", "dev"): {"id-token": "write", "pull-requests": "write", **ASKING},
    ("deploy", "staging"): {"id-token": "write", "pull-requests": "write", **ASKING},
    ("deploy", "prod"): {"id-token": "write", "pull-requests": "write", **ASKING},
    ("deploy-environment", "plan"): {"id-token": "write", "pull-requests": "write", **ASKING},
    ("deploy-environment", "apply"): {"id-token": "write", "pull-requests": "write"},
    ("drift", "look"): {"id-token": "write"},
    ("drift", "tell"): {"issues": "write"},
}
"""What jobs may do beside reading the sources; all others may not do more."""

each_job = pytest.mark.parametrize(("workflow", "job"), JOBS)
each_file = pytest.mark.parametrize("file", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())


def commands(program: str) -> list[tuple[str, list[str]]]:
    """The command lines that start with this program, variables replaced by a word; with where they are."""
    found = []
    for where, step in steps():
        script = re.sub(r"\\\n\s*", " ", step.get("run", ""))
        script = re.sub(r'"\$\{\w+\[@\]\}"', "", script)
        script = re.sub(r"\$\{\w+:\+([^}]*)\}", r"\1", script)
        script = re.sub(r'"\$\([^)]*\)"|"?\$\w+"?', "dev", script)
        for line in re.findall(rf"(?:^|\s){re.escape(program)} ([^\n;]*)", script):
            told = re.split(r"\s(?:>|>>|\|\|)\s", line)[0]
            found.append((where, shlex.split(told)))
    return found


def expanded(name: str, matrix: dict[str, list[str]] | None) -> list[str]:
    """A job's name, once for each value of its matrix, which has one dimension."""
    if not matrix:
        return [name]
    ((dimension, values),) = matrix.items()
    assert f"${{{{ matrix.{dimension} }}}}" in name
    return [name.replace(f"${{{{ matrix.{dimension} }}}}", value) for value in values]


class TestWhatTheyMayDo:
    def test_no_file_is_overlooked(self, tmp_path: Path) -> None:
        assert len(WORKFLOWS) + len(ACTIONS) == len(FILES)
        for name in ("workflows/a.yml", "workflows/b.yaml", "actions/c/action.yaml", "workflows/d.md"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("")
        found = [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)]
        assert found == ["actions/c/action.yaml", "workflows/a.yml", "workflows/b.yaml"]

    @each_file
    def test_every_action_is_pinned_by_its_commit(self, file: Path) -> None:
        used = re.findall(r"uses: (.+)", file.read_text())
        others = [one for one in used if not one.startswith("$/")]
        assert [one for one in others if not PINNED.fullmatch(one)] == []
        assert [one for one in used if one.startswith("$/") and not (ROOT / one[2:]).exists()] == []

    def test_an_action_has_one_commit_everywhere(self) -> None:
        pins = {match.groups() for file in FILES for match in PINNED.finditer(file.read_text())}
        assert len({action for action, _, _ in pins}) == len(pins) == 5

    @pytest.mark.parametrize("workflow", WORKFLOWS)
    def test_no_workflow_may_do_anything_by_itself(self, workflow: str) -> None:
        assert WORKFLOWS[workflow]["permissions"] == {}

    @each_job
    def test_a_job_may_do_what_it_needs(self, workflow: str, job: str) -> None:
        given = job_of(workflow, job)["permissions"]
        needed = WRITES.get((workflow, job), {})
        assert {
            name: access for name, access in given.items() if (name, access) != ("contents", "read")
        } == needed

    @each_job
    def test_a_job_ends_by_itself(self, workflow: str, job: str) -> None:
        found = job_of(workflow, job)
        assert "uses" in found or 0 < found["timeout-minutes"] <= 120

    @each_file
    def test_nothing_is_put_into_a_script(self, file: Path) -> None:
        """A branch's name may be a command; environment variables are only data."""
        scripts = [step["run"] for _, step in steps() if "run" in step]
        assert len(scripts) > 15
        assert [script for script in scripts if "${{" in script] == []
        assert "secrets." not in file.read_text()

    def test_the_checkouts_keep_no_token(self) -> None:
        found = [step for _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
        assert len(found) > 8
        assert [step for step in found if step["with"].get("persist-credentials") is not False] == []

    @pytest.mark.parametrize("workflow", WORKFLOWS)
    def test_none_runs_a_forks_code_with_our_rights(self, workflow: str) -> None:
        assert events(workflow).keys().isdisjoint({"pull_request_target", "workflow_run", "issue_comment"})

    def test_a_fork_gets_no_credentials_and_is_told(self) -> None:
        assert SAME_REPOSITORY in job_of("plan", "plan")["if"]
        assert SAME_REPOSITORY in job_of("plan", "comment")["if"]
        fork = job_of("plan", "fork")
        assert fork["if"] == SAME_REPOSITORY.replace("==", "!=")
        assert fork["permissions"] == {}
        tested = [job for name, job in JOBS if name == "ci"]
        assert all(job_of("ci", job)["permissions"] == {"contents": "read"} for job in tested)

    @pytest.mark.parametrize("workflow", sorted(set(WORKFLOWS) - {"deploy", "deploy-environment"}))
    def test_runs_do_not_meet(self, workflow: str) -> None:
        told = WORKFLOWS[workflow]["concurrency"]
        assert told["group"].startswith(workflow)
        # What holds a state's lock is never cancelled.
        assert told["cancel-in-progress"] is False or workflow == "ci"


class TestCommands:
    def test_every_ops_command_is_understood(self) -> None:
        group: Any = typer.main.get_command(cli.app)
        seen = set()
        for where, words in commands(".venv/bin/ops"):
            command = group
            name = []
            while hasattr(command, "commands"):
                name.append(words.pop(0))
                assert name[-1] in command.commands, f"{where}: ops {' '.join(name)}"
                command = command.commands[name[-1]]
            command.make_context(" ".join(name), words)  # raises where an option is not known
            seen.add(" ".join(name))
        assert seen == {"account roles", "may-deploy", "plan", "deploy", "comment", "drift", "drift-issue"}

    def test_what_takes_a_states_lock_waits_for_it(self) -> None:
        locking = [words for _, words in commands(".venv/bin/ops") if words[0] in ("plan", "deploy", "drift")]
        assert len(locking) == 4
        assert [words for words in locking if words[words.index("--lock-timeout") + 1] != "10m"] == []
        assert [file.name for file in FILES if "TF_CLI_ARGS" in file.read_text()] == []

    def test_every_target_of_make_is_there(self) -> None:
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        found = commands("make")
        assert {words[0] for _, words in found} == {"setup", "lint", "policy", "test"}
        assert {words[0] for _, words in found} <= targets

    def test_every_folder_of_tests_is_run(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
        run = [
            folder
            for _, words in commands("make")
            for word in words
            if word.startswith("PYTEST_ARGS=")
            for folder in word.removeprefix("PYTEST_ARGS=").split()
        ]
        assert sorted(run) == sorted(settings["testpaths"])

    def test_the_checks_that_the_docs_require_are_all_there_are(self) -> None:
        """Those of `ci`, and the plans."""
        text = (ROOT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
        (listed,) = re.findall(r"required checks (.*?);", text, re.DOTALL)
        jobs = [job_of("ci", job) for job in WORKFLOWS["ci"]["jobs"]]
        matrix = {"stack": [*ENVIRONMENTS, naming.ACCOUNT]}
        names = [
            name for job in jobs for name in expanded(job["name"], job.get("strategy", {}).get("matrix"))
        ]
        names += expanded(job_of("plan", "plan")["name"], matrix)
        assert sorted(" ".join(one.split()) for one in re.findall(r"`(.*?)`", listed, re.DOTALL)) == sorted(
            names
        )

    def test_the_versions_of_python(self) -> None:
        assert job_of("ci", "unit")["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


class TestDeploy:
    def test_what_is_applied_is_the_file_that_was_planned(self) -> None:
        (kept,) = used("deploy-environment", "plan", "actions/upload-artifact")
        (fetched,) = used("deploy-environment", "apply", "actions/download-artifact")
        assert fetched == {"name": kept["name"], "path": "bundles"}
        assert kept["path"] == "bundles/${{ inputs.environment }}.bundle"
        assert kept["if-no-files-found"] == "error"
        planned = step_named("deploy-environment", "plan", "Plan")["run"]
        applied = step_named("deploy-environment", "apply", "Apply the plan, prove it")["run"]
        assert '--out "bundles/$ENVIRONMENT.bundle"' in planned
        assert '--plan "bundles/$ENVIRONMENT.bundle"' in applied
        for job in ("plan", "apply"):
            assert job_of("deploy-environment", job)["env"]["ENVIRONMENT"] == "${{ inputs.environment }}"

    def test_one_environment_after_the_other_each_alone(self) -> None:
        jobs = WORKFLOWS["deploy"]["jobs"]
        assert list(jobs) == list(ENVIRONMENTS)
        assert [job.get("needs") for job in jobs.values()] == [None, "dev", ["dev", "staging"]]
        for name, job in jobs.items():
            assert job["with"]["environment"] == name
            assert job["concurrency"] == {"group": f"deploy-{name}", "cancel-in-progress": False}

    @pytest.mark.parametrize(
        ("environments", "ended", "expected"),
        [
            ("", {}, ["dev", "staging", "prod"]),
            ('["dev", "staging"]', {}, ["dev", "staging"]),
            ('["staging", "prod"]', {}, ["staging", "prod"]),
            ('["prod"]', {}, ["prod"]),
            ('["dev", "prod"]', {"dev": "failure"}, ["dev"]),
            ("", {"staging": "failure"}, ["dev", "staging"]),
            ("", {"dev": "cancelled"}, ["dev"]),
        ],
    )
    def test_what_is_deployed_is_what_the_variable_names(
        self, environments: str, ended: dict[str, str], expected: list[str]
    ) -> None:
        """ended: how jobs that are started end, where not in success."""
        for ref, started in (("refs/heads/main", expected), ("refs/heads/feature", [])):
            results: dict[str, str] = {}
            for name in WORKFLOWS["deploy"]["jobs"]:
                goes = starts("deploy", name, ref=ref, environments=environments, results=results)
                results[name] = ended.get(name, "success") if goes else "skipped"
            assert [name for name, result in results.items() if result != "skipped"] == started

    def test_without_the_variable_all_mean_the_same_environments(self) -> None:
        defaults = {
            found
            for file in FILES
            for found in re.findall(r"fromJSON\(vars\.ENVIRONMENTS \|\| '(.*?)'\)", file.read_text())
        }
        assert [yaml.safe_load(one) for one in defaults] == [list(ENVIRONMENTS)]

    def test_reviewers_are_asked_before_the_apply_only(self) -> None:
        assert job_of("deploy-environment", "apply")["environment"] == "${{ inputs.environment }}"
        assert job_of("deploy-environment", "apply")["needs"] == "plan"
        assert "environment" not in job_of("deploy-environment", "plan")

    @pytest.mark.parametrize(
        ("job", "does", "tells"),
        [("plan", "Plan", "Say why it failed"), ("apply", "Apply the plan, prove it", "Show why it failed")],
    )
    def test_a_failure_is_told_on_the_merged_pull_request_and_hidden_by_nothing(
        self, job: str, does: str, tells: str
    ) -> None:
        names = [step["name"] for step in job_of("deploy-environment", job)["steps"]]
        assert names.index(tells) == names.index(does) + 1
        done, told = (step_named("deploy-environment", job, name) for name in (does, tells))
        assert "continue-on-error" not in done
        assert told["if"] == "${{ failure() && steps.prepare.outcome == 'success' }}"
        assert told["continue-on-error"] is True

    def test_who_may_not_be_deployed_to_gets_no_credentials(self) -> None:
        names = [step["name"] for step in job_of("deploy-environment", "plan")["steps"]]
        assert names.index("May it be deployed") < names.index("Take the role") < names.index("Plan")
        step = step_named("deploy-environment", "plan", "May it be deployed")
        assert {"if", "continue-on-error"}.isdisjoint(step)
        for job in WORKFLOWS["deploy"]["jobs"].values():
            assert job["with"]["take-back"] == "${{ inputs.take-back || false }}"

    def test_only_the_steps_that_ask_or_write_on_github_have_its_token(self) -> None:
        having = {
            (workflow, job, step["name"])
            for workflow, job in JOBS
            for step in job_of(workflow, job).get("steps", ())
            if "GITHUB_TOKEN" in step.get("env", {})
        }
        assert having == {
            ("plan", "comment", "Comment"),
            ("deploy-environment", "plan", "Say why it failed"),
            ("deploy-environment", "plan", "May it be deployed"),
            ("deploy-environment", "apply", "Show why it failed"),
            ("drift", "tell", "Open, update or close the issues"),
        }
        assert [name for name in JOBS if "GITHUB_TOKEN" in job_of(*name).get("env", {})] == []

    def test_plans_and_nights_are_about_every_environment_and_the_account(self) -> None:
        for workflow, job in (("plan", "plan"), ("drift", "look")):
            told = job_of(workflow, job)["strategy"]["matrix"]
            assert json.loads(re.findall(r"'(\[.*\])'", told["stack"])[0]) == list(ENVIRONMENTS)
            # What would overwrite a value of the matrix is a job of its own.
            assert json.loads(re.findall(r"'(\[.*\])'", told["include"])[0]) == [{"stack": naming.ACCOUNT}]
            # An account's stack is one of those behind the environments of the run.
            selected = job_of(workflow, job)["env"]["ENVIRONMENT"]
            assert selected == f"${{{{ join({told['stack'][4:-3]}, ',') }}}}"
        expected = step_named("plan", "comment", "Comment")["env"]
        plan = job_of("plan", "plan")["strategy"]["matrix"]
        assert expected["ENVIRONMENTS"] == f"${{{{ join({plan['stack'][4:-3]}, ' ') }}}}"
        assert expected["ACCOUNTS"] == f"${{{{ join({plan['include'][4:-3]}.*.stack, ' ') }}}}"

    def test_a_plan_is_kept_and_told_though_a_gate_is_closed(self) -> None:
        (kept,) = [
            step for step in job_of("plan", "plan")["steps"] if "upload-artifact" in step.get("uses", "")
        ]
        assert kept["if"] == "${{ !cancelled() }}"
        assert kept["with"]["name"] == "plan-${{ matrix.stack }}"
        assert job_of("plan", "comment")["if"].startswith("${{ !cancelled()")
        assert used("plan", "comment", "actions/download-artifact")[0]["pattern"] == "plan-*"


def run_script(
    step: dict[str, Any], folder: Path, ops: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does, with another `ops`."""
    program = folder / ".venv" / "bin" / "ops"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$@" >> asked\n{ops}\n')
    program.chmod(0o755)
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


class TestScripts:
    @pytest.mark.parametrize(("code", "kept"), [(0, True), (20, True), (21, True), (5, False), (1, False)])
    def test_a_look_that_failed_leaves_nothing_to_tell(self, tmp_path: Path, code: int, kept: bool) -> None:
        step = step_named("drift", "look", "Look")
        done = run_script(step, tmp_path, f"echo '{{}}'; exit {code}", STACK="dev")
        assert done.returncode == (0 if kept else code)
        assert (tmp_path / "drift" / "dev.json").exists() is kept
        assert (tmp_path / "asked").read_text() == "drift dev --lock-timeout 10m --json\n"

    def test_every_environment_that_was_looked_at_is_told_though_one_fails(self, tmp_path: Path) -> None:
        (tmp_path / "drift").mkdir()
        for name in ("dev", "prod"):
            (tmp_path / "drift" / f"{name}.json").write_text("{}")
        step = step_named("drift", "tell", "Open, update or close the issues")
        done = run_script(step, tmp_path, "test $2 = prod || exit 10")
        assert done.returncode == 10
        asked = (tmp_path / "asked").read_text().splitlines()
        assert asked == ["drift-issue dev drift/dev.json", "drift-issue prod drift/prod.json"]

    @pytest.mark.parametrize(("take_back", "option"), [("", ""), ("yes", " --take-back")])
    def test_what_is_deployed_is_taken_back_on_purpose_only(
        self, tmp_path: Path, take_back: str, option: str
    ) -> None:
        step = step_named("deploy-environment", "plan", "May it be deployed")
        done = run_script(step, tmp_path, "exit 23", ENVIRONMENT="dev", TAKE_BACK=take_back)
        assert done.returncode == 23
        assert (tmp_path / "asked").read_text() == f"may-deploy dev{option}\n"

    @pytest.mark.parametrize("there", [[], ["dev"], ["dev", "prod"]])
    def test_what_should_have_a_plan_is_told(self, tmp_path: Path, there: list[str]) -> None:
        (tmp_path / "bundles").mkdir()
        for name in there:
            (tmp_path / "bundles" / f"{name}.bundle").write_text("")
        step = step_named("plan", "comment", "Comment")
        done = run_script(step, tmp_path, "", ENVIRONMENTS="dev staging prod", ACCOUNTS="account")
        assert done.returncode == 0, done.stderr
        bundles = "".join(f"bundles/{name}.bundle " for name in there)
        expected = "--expect dev --expect staging --expect prod --expect account"
        asked = f"comment {bundles}{expected} --summary --html bundles/plans.html\n"
        assert (tmp_path / "asked").read_text() == asked

    @pytest.mark.parametrize(
        ("job", "tells", "option", "more"),
        [
            ("plan", "Say why it failed", "--out", ""),
            ("apply", "Show why it failed", "--report", "--summary "),
        ],
    )
    @pytest.mark.parametrize("written", [True, False])
    def test_a_deploy_that_failed_is_told_whether_it_left_a_bundle_or_not(
        self, tmp_path: Path, job: str, tells: str, option: str, more: str, written: bool
    ) -> None:
        """Without one it ended before `ops` ran, such as where the role was refused."""
        scripts = " ".join(step.get("run", "") for step in job_of("deploy-environment", job)["steps"])
        (named,) = re.findall(rf'{option} "(\S+)"', scripts)
        bundle = named.replace("$ENVIRONMENT", "staging")
        (tmp_path / "bundles").mkdir()
        if job == "apply":
            (tmp_path / "bundles" / "staging.bundle").write_text("the plan")
        if written:
            (tmp_path / bundle).parent.mkdir(exist_ok=True)
            (tmp_path / bundle).write_text("")
        done = run_script(step_named("deploy-environment", job, tells), tmp_path, "", ENVIRONMENT="staging")
        assert done.returncode == 0, done.stderr
        asked = f"comment {bundle + ' ' if written else ''}--expect staging {more}--merged\n"
        assert (tmp_path / "asked").read_text() == asked

    def test_a_fork_is_told_in_the_summary(self, tmp_path: Path) -> None:
        summary = tmp_path / "summary"
        done = run_script(
            step_named("plan", "fork", "Say so"), tmp_path, "", GITHUB_STEP_SUMMARY=str(summary)
        )
        assert done.returncode == 0
        assert "comes from a fork: it gets no credentials" in summary.read_text()

    def test_the_configuration_is_written_as_it_is(self, tmp_path: Path) -> None:
        (step,) = [
            one for one in ACTIONS["prepare"]["runs"]["steps"] if one["name"] == "Write the configuration"
        ]
        lines = {"CONFIGURATION": "A=$(id)\nB='x'", "DEV": "C=%s\\n", "STAGING": "", "PROD": "D=1"}
        assert run_script(step, tmp_path, "", **lines).returncode == 0
        files = {
            name: (tmp_path / name).read_text() for name in (".env", ".env.dev", ".env.staging", ".env.prod")
        }
        assert list(files.values()) == ["A=$(id)\nB='x'\n", "C=%s\\n\n", "\n", "D=1\n"]
        assert list(step["env"]) == list(lines)

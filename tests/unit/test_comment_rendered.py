"""`ops comment` with what is really written: the reviews of bundles, from their files to the servers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ops import cli
from ops.bundles import file
from ops.bundles.file import Bundle
from ops.bundles.manifest import Failure, Manifest, Run
from ops.comment.marker import Marker, read
from ops.exit_codes import ExitCode
from tests.support import actions_run
from tests.support.actions_run import RUN
from tests.support.github_server import GitHubServer
from tests.support.gitlab_server import PROJECT, GitLabServer
from tests.support.gitlab_server import TOKEN as GITLAB_TOKEN
from tests.support.plans import many
from tests.support.plans.builders import Json, change, plan

SHA = "a" * 40
NUMBER = 5
QUEUE = "aws_sqs_queue.jobs_1"
BAD = "environments/acknowledged.toml: entry 1: by is ; allowed: who says so"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as started:
        yield started


@pytest.fixture
def summary(server: GitHubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of a run of GitHub Actions on the pull request, under which these tests run then."""
    actions_run.begin(monkeypatch, server, tmp_path, NUMBER, SHA)
    return tmp_path / "summary.md"


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., str]:
    """bundle(environment, document): the name of a file with one."""

    def write(environment: str, document: Json, failure: Failure | None = None, run: Any = RUN) -> str:
        path = tmp_path / f"{environment}.bundle"
        made = datetime(2026, 1, 2, tzinfo=UTC)
        manifest = Manifest(environment=environment, made=made, commit=SHA, run=run, failure=failure)
        file.write(path, Bundle(manifest, b"" if failure else b"plan", document))
        return str(path)

    return write


def update(environment: str = "dev") -> Json:
    """A plan that changes a queue of the environment."""
    before, after = ({"name": f"spec-wizard-{environment}", "delay_seconds": n} for n in (1, 2))
    return plan(change(QUEUE, "update", before, after))


def ops_comment(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["comment", *arguments])


def links(text: str) -> list[tuple[str, str]]:
    """Words and addresses, in order."""
    return re.findall(r"\[([^\]]+)\]\((https?://[^)]+)\)", text)


class TestOnGitHub:
    def test_the_comment_has_exactly_the_links_that_are_promised(
        self, server: GitHubServer, summary: Path, bundle: Any
    ) -> None:
        """Also where nothing changes, and in the summary."""
        expected = [("artifact", f"{RUN.url}#artifacts"), ("run and its summary", RUN.url)]
        for document in (update(), plan()):
            assert ops_comment(bundle("dev", document), "--summary").exit_code == 0
            (body,) = server.bodies(NUMBER)
            assert links(body) == expected
            assert links(summary.read_text()) == expected
            summary.unlink()

    @pytest.mark.parametrize("longest", [65_536, 30_000])
    def test_two_thousand_resources_are_posted_below_the_limit(
        self, server: GitHubServer, summary: Path, bundle: Any, longest: int
    ) -> None:
        """A server that takes less than is known of it answers 422."""
        server.longest = longest
        document = many.document()
        result = ops_comment(bundle("dev", document), "--summary", "--html", str(summary.with_name("x.html")))
        assert result.exit_code == 0, result.exception
        (body,) = server.bodies(NUMBER)
        assert read(body) == Marker(12, 1, SHA)
        assert longest * 0.6 < len(body) <= longest
        assert "### Plan: " in body
        assert body.count("<details") == body.count("</details>") == 1
        assert [words for words, _ in links(body)] == ["artifact", "run and its summary"]
        assert len(summary.read_text()) > len(body)
        posted = server.asked("POST", f"/issues/{NUMBER}/comments")
        assert (posted > 1) is (longest < 65_536)


def test_on_gitlab(bundle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline has no summary, and its artifacts are those of its jobs."""
    actions_run.forget(monkeypatch)
    pipeline, job = (f"https://gitlab.test/{PROJECT}/-/{what}" for what in ("pipelines/900", "jobs/31"))
    with GitLabServer() as server:
        server.requests[7] = SHA
        server.pipelines = [{"id": 1, "iid": 44, "status": "running"}]
        for name, value in {
            "GITLAB_CI": "true",
            "GITLAB_TOKEN": GITLAB_TOKEN,
            "CI_SERVER_URL": server.url,
            "CI_PROJECT_ID": PROJECT,
            "CI_MERGE_REQUEST_IID": "7",
            "CI_COMMIT_SHA": SHA,
            "CI_PIPELINE_ID": "900",
            "CI_PIPELINE_IID": "44",
            "CI_JOB_URL": job,
        }.items():
            monkeypatch.setenv(name, value)
        run = Run(id="900", number=44, url=pipeline)
        result = ops_comment(bundle("dev", update(), run=run), bundle("staging", update("staging"), run=run))
        assert result.exit_code == 0, result.exception
        (note,) = server.notes
    assert read(note["body"]) == Marker(44, 1, SHA)
    assert "### Plan: changes in dev, staging" in note["body"]
    assert "+ delay_seconds: 2" in note["body"]
    assert links(note["body"]) == [("artifact", f"{job}/artifacts/browse"), ("run", pipeline)]


class TestFailures:
    """Whatever fails, the comment of an older commit does not stay."""

    @pytest.fixture
    def bad_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Somebody mistyped an acknowledgement."""
        from ops.gates import acknowledgements

        wrong = tmp_path / "acknowledged.toml"
        wrong.write_text("[[acknowledged]]\nby = \n")
        load = acknowledgements.load
        monkeypatch.setattr(acknowledgements, "load", lambda today: load(today, wrong))

    @pytest.fixture(autouse=True)
    def _older_comment(self, summary: Path, server: GitHubServer) -> None:
        server.write(NUMBER, Marker(11, 1, "b" * 40).line + "the plan of an older commit")

    def _posted(self, server: GitHubServer, summary: Path, page: Path) -> str:
        (body,) = server.bodies(NUMBER)
        assert read(body) == Marker(12, 1, SHA)
        assert "older commit" not in body
        assert page.read_text().startswith("<!DOCTYPE html>")
        assert summary.read_text().startswith("### Plan: failed for dev")
        return body

    @pytest.mark.parametrize("document", [{}, update()], ids=["no plan", "a plan"])
    def test_a_bundle_that_failed_keeps_its_cause(
        self, bad_file: None, server: GitHubServer, summary: Path, bundle: Any, document: Json
    ) -> None:
        failure = Failure(step="plan", code=3, message=BAD, next_command="ops plan dev")
        page = summary.with_name("page.html")
        result = ops_comment(bundle("dev", document, failure), "--summary", "--html", str(page))
        assert result.exit_code == 0, result.exception
        body = self._posted(server, summary, page)
        assert "**plan failed**, exit code 3" in body
        assert "entry 1: by is" in body

    def test_a_plan_that_cannot_be_judged_is_a_failure_that_says_why(
        self, bad_file: None, server: GitHubServer, summary: Path, bundle: Any
    ) -> None:
        page = summary.with_name("page.html")
        result = ops_comment(bundle("dev", update()), bundle("staging", {}), "--summary", "--html", str(page))
        assert result.exit_code == 0, result.exception
        body = self._posted(server, summary, page)
        assert "**review failed**, exit code 3" in body
        assert "it is not TOML" in body
        assert "delay" in body  # what would change is told all the same
        assert "Next: `ops plan dev`" in body

    @pytest.mark.parametrize("part", ["ops.cost.change.change", "ops.gates.check.findings"])
    def test_so_is_a_defect_with_its_class_and_without_secrets(
        self, monkeypatch: pytest.MonkeyPatch, server: GitHubServer, summary: Path, bundle: Any, part: str
    ) -> None:
        def broken(*arguments: Any, **more: Any) -> Any:
            raise KeyError("sk-ant-0123456789abcdef")

        monkeypatch.setattr(part, broken)
        page = summary.with_name("page.html")
        assert ops_comment(bundle("dev", update()), "--summary", "--html", str(page)).exit_code == 0
        body = self._posted(server, summary, page)
        assert f"**review failed**, exit code {ExitCode.FAILED:d}" in body
        assert "KeyError: '(looks like a secret)'" in body

    def test_a_comparison_that_fails_is_a_note(
        self, monkeypatch: pytest.MonkeyPatch, server: GitHubServer, summary: Path, bundle: Any
    ) -> None:
        def broken(bundles: Any) -> Any:
            raise ValueError("no")

        monkeypatch.setattr("ops.deployment.reviewing._parity", broken)
        assert ops_comment(bundle("dev", update()), bundle("staging", update("staging"))).exit_code == 0
        (body,) = server.bodies(NUMBER)
        assert body.count("The environments could not be compared: ValueError: no") == 2
        assert "failed" not in body

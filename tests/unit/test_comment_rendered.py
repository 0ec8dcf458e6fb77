"""`ops comment` with what is really written: the reviews of bundles, from their files to the servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ops import cli
from ops.bundles import file
from ops.bundles.file import Bundle
from ops.bundles.manifest import Failure, Manifest
from ops.comment.marker import Marker, read
from ops.exit_codes import ExitCode
from tests.support import actions_run
from tests.support.actions_run import RUN
from tests.support.github_server import GitHubServer
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

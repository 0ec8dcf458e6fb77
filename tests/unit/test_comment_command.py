"""`ops comment`: which pull request, which run, what is written where, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import ops.review
from ops import cli
from ops.bundles import file
from ops.bundles.file import Bundle
from ops.bundles.manifest import Failure, Manifest, Run
from ops.comment import place, plans
from ops.comment.marker import Marker, read
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support import actions_run
from tests.support.github_server import REPOSITORY, TOKEN, Account, GitHubServer
from tests.support.gitlab_server import PROJECT, GitLabServer
from tests.support.gitlab_server import TOKEN as GITLAB_TOKEN

SHA = "a" * 40
NUMBER = 5

Ops = Callable[..., Result]


@pytest.fixture(autouse=True)
def renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that say which reviews they are of. The renderer has tests of its own."""

    def told(reviews: list[Any], *, limit: int, links: Any = None, deploy: bool = False) -> str:
        return "plans of " + ", ".join(
            f"{one.environment}{' (failed)' if one.manifest.failure else ''}" for one in reviews
        )

    markdown = SimpleNamespace(
        comment=told,
        summary=lambda reviews, links, deploy: f"summary: {told(reviews, limit=9999)}",
        Links=lambda *addresses, **more: SimpleNamespace(),
    )
    page = SimpleNamespace(render=lambda reviews: f"<html>{told(reviews, limit=9999)}</html>")
    for module, fake in (("markdown", markdown), ("page", page)):
        monkeypatch.setitem(sys.modules, f"ops.review.{module}", fake)
        monkeypatch.setattr(ops.review, module, fake, raising=False)
    actions_run.forget(monkeypatch)


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as started:
        started.pulls[NUMBER] = SHA
        yield started


@pytest.fixture
def actions(server: GitHubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of a run of GitHub Actions on a pull request; its event file is returned."""
    return actions_run.begin(monkeypatch, server, tmp_path, NUMBER, SHA)


def event_of(head: str = REPOSITORY) -> dict[str, Any]:
    return actions_run.event_of(NUMBER, SHA, head)


RUN = actions_run.RUN


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., str]:
    """bundle(environment): the name of a file with one."""

    def write(environment: str, run: Run | None = RUN, name: str = "") -> str:
        path = tmp_path / f"{name or environment}.bundle"
        manifest = Manifest(environment=environment, made=datetime(2026, 1, 2, tzinfo=UTC), run=run)
        file.write(path, Bundle(manifest, b"plan"))
        return str(path)

    return write


def ops_comment(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["comment", *arguments])


def failed(result: Result) -> OpsError:
    assert isinstance(result.exception, OpsError), result.output
    return result.exception


class TestOnActions:
    def test_posts_and_writes_the_summary(
        self, actions: Path, server: GitHubServer, bundle: Any, tmp_path: Path
    ) -> None:
        page, text = tmp_path / "page.html", tmp_path / "text.md"
        result = ops_comment(
            bundle("prod"), bundle("dev"), "--summary", "--html", str(page), "--markdown", str(text)
        )
        assert result.exit_code == 0, result.output
        (body,) = server.bodies(NUMBER)
        assert read(body) == Marker(12, 1, SHA)
        assert body.endswith("\nplans of dev, prod")
        assert (tmp_path / "summary.md").read_text() == "summary: plans of dev, prod\n"
        assert page.read_text() == "<html>plans of dev, prod</html>"
        assert text.read_text() == "plans of dev, prod"
        assert "Comment created" in result.output

    def test_an_environment_without_a_bundle_is_told_as_failed(
        self, actions: Path, server: GitHubServer, bundle: Any
    ) -> None:
        result = ops_comment(bundle("staging"), "--expect", "dev", "--expect", "staging")
        assert result.exit_code == 0, result.output
        assert server.bodies(NUMBER)[0].endswith("plans of dev (failed), staging")

    def test_not_one_bundle(self, actions: Path, server: GitHubServer) -> None:
        assert ops_comment("--expect", "dev").exit_code == 0
        assert server.bodies(NUMBER)[0].endswith("plans of dev (failed)")

    def test_json(self, actions: Path, server: GitHubServer, bundle: Any) -> None:
        told = json.loads(ops_comment(bundle("dev"), "--json").stdout)
        assert told == {
            "environments": ["dev"],
            "outcome": "created",
            "url": server.comments[0]["html_url"],
            "characters": len(server.comments[0]["body"]),
            "run": 12,
            "attempt": 1,
            "shown_run": 12,
        }

    def test_a_newer_runs_comment_is_left_and_that_is_no_failure(
        self, actions: Path, server: GitHubServer, bundle: Any
    ) -> None:
        server.write(NUMBER, Marker(13, 1, SHA).line + "newer")
        result = ops_comment(bundle("dev"))
        assert (result.exit_code, server.bodies(NUMBER)[0].endswith("newer")) == (0, True)
        assert "the comment is of run 13, attempt 1, this is run 12" in result.output

    def test_a_commit_that_was_pushed_meanwhile(
        self, actions: Path, server: GitHubServer, bundle: Any
    ) -> None:
        server.pulls[NUMBER] = "b" * 40
        result = ops_comment(bundle("dev"))
        assert (result.exit_code, server.bodies(NUMBER)) == (0, [])
        assert f"newer commit than {SHA[:12]}" in result.output

    def test_a_second_attempt_is_newer_though_a_bundle_is_of_the_first(
        self, actions: Path, server: GitHubServer, bundle: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only failed jobs are run again."""
        monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
        server.write(NUMBER, Marker(12, 1, SHA).line + "first")
        ops_comment(bundle("dev"), bundle("staging", Run(id="900", number=12, attempt=2)))
        assert [read(body) for body in server.bodies(NUMBER)] == [Marker(12, 2, SHA)]

    def test_dry_run(self, actions: Path, server: GitHubServer, bundle: Any, tmp_path: Path) -> None:
        result = ops_comment(bundle("dev"), "--dry-run", "--summary", "--markdown", "-")
        assert result.exit_code == 0
        assert result.stdout == "plans of dev\n"
        assert f"nothing is posted on pull request 5 of {REPOSITORY}" in result.stderr
        assert (tmp_path / "summary.md").exists()
        assert server.seen == []

    def test_a_push_has_no_pull_request(self, actions: Path, server: GitHubServer, bundle: Any) -> None:
        actions.write_text(json.dumps({"ref": "refs/heads/main"}))
        result = ops_comment(bundle("dev"), "--summary")
        assert (result.exit_code, server.seen) == (0, [])
        assert "nothing is posted" in result.output

    def test_a_forks_token_writes_the_summary_and_says_why_not_more(
        self, actions: Path, server: GitHubServer, bundle: Any, tmp_path: Path
    ) -> None:
        actions.write_text(json.dumps(event_of("mallory/fork")))
        server.accounts[TOKEN] = Account("github-actions[bot]", "read", integration=True)
        error = failed(ops_comment(bundle("dev"), "--summary"))
        assert error.code is ExitCode.AUTHENTICATION
        assert "comes from a fork" in error.hint
        assert (tmp_path / "summary.md").read_text() == "summary: plans of dev\n"


class TestByHand:
    OPTIONS = ("--pull-request", "5", "--repository", REPOSITORY, "--sha", SHA)

    def test_with_options(self, server: GitHubServer, bundle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", "hers")
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        server.accounts["hers"] = Account("ada")
        result = ops_comment(bundle("dev", None), *self.OPTIONS, "--run", "3")
        assert result.exit_code == 0, result.output
        assert [read(body) for body in server.bodies(NUMBER)] == [Marker(3, 1, SHA)]
        assert server.comments[0]["user"]["login"] == "ada"

    @pytest.mark.parametrize(
        ("arguments", "told", "code"),
        [
            (("--pull-request", "5"), "repository is ''", ExitCode.CONFIGURATION),
            (("--pull-request", "5", "--repository", "a b/c"), "'a b/c'", ExitCode.CONFIGURATION),
            ((*OPTIONS[:5], "main"), "'main'", ExitCode.CONFIGURATION),
            (OPTIONS, "Which run speaks is not known", ExitCode.CONFIGURATION),
            ((), "No pull request is named", ExitCode.CONFIGURATION),
            (("--summary",), "GITHUB_STEP_SUMMARY is not set", ExitCode.CONFIGURATION),
        ],
    )
    def test_what_is_missing_is_named(self, bundle: Any, arguments: Any, told: str, code: ExitCode) -> None:
        error = failed(ops_comment(bundle("dev", None), *arguments))
        assert told in error.message
        assert error.hint
        assert error.code is code

    @pytest.mark.parametrize("arguments", [("--github", "--gitlab"), ("--json", "--markdown", "-")])
    def test_options_that_exclude_each_other(self, bundle: Any, arguments: Any) -> None:
        assert ops_comment(bundle("dev"), *arguments).exit_code == ExitCode.USAGE

    def test_only_a_text(self, bundle: Any) -> None:
        assert ops_comment(bundle("dev", None), "--markdown", "-").stdout == "plans of dev\n"


class TestGitLab:
    @pytest.mark.parametrize("forced", [False, True])
    def test_a_merge_request_pipeline(
        self, bundle: Any, monkeypatch: pytest.MonkeyPatch, forced: bool
    ) -> None:
        with GitLabServer() as server:
            server.requests[7] = SHA
            server.pipelines = [{"id": 1, "iid": 44, "status": "running"}]
            for name, value in {
                "GITLAB_CI": "false" if forced else "true",
                "GITLAB_TOKEN": GITLAB_TOKEN,
                "CI_SERVER_URL": server.url,
                "CI_PROJECT_ID": PROJECT,
                "CI_MERGE_REQUEST_IID": "7",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": SHA,
                "CI_COMMIT_SHA": "f" * 40,
                "CI_PIPELINE_ID": "900",
                "CI_PIPELINE_IID": "44",
            }.items():
                monkeypatch.setenv(name, value)
            run = Run(id="900", number=44)
            result = ops_comment(bundle("dev", run), *(["--gitlab"] if forced else []))
            assert result.exit_code == 0, result.output
            (note,) = server.notes
            assert read(note["body"]) == Marker(44, 1, SHA)


class TestBundles:
    def test_of_different_runs(self, bundle: Any) -> None:
        error = failed(
            ops_comment(bundle("dev"), bundle("prod", Run(id="901", number=13)), "--markdown", "-")
        )
        assert "dev of run 12, prod of run 13" in error.message
        assert error.code is ExitCode.STALE

    def test_twice_the_same_environment(self, bundle: Any) -> None:
        error = failed(ops_comment(bundle("dev"), bundle("dev", name="again"), "--markdown", "-"))
        assert error.code is ExitCode.USAGE
        assert "second bundle of dev" in error.message

    def test_none(self) -> None:
        assert failed(ops_comment("--markdown", "-")).code is ExitCode.USAGE

    def test_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("x")
        assert failed(ops_comment(str(tmp_path / "x"))).code is ExitCode.USAGE

    def test_what_is_missing_says_where_to_look(self) -> None:
        (made,) = plans.read([], ["prod"], RUN)
        assert isinstance(made.manifest.failure, Failure)
        assert made.manifest.failure.message == "The run ended before it had made a plan of prod."
        assert made.manifest.failure.hint == "The log of its job says why."
        assert made.manifest.run == RUN

    def test_a_workflow_that_only_comments_speaks_for_the_run_that_planned(self, bundle: Any) -> None:
        commenting = Run(id="1000", number=3)
        read_ = plans.read([Path(bundle("dev"))], [], commenting)
        assert plans.run_of(read_, commenting) == RUN

    def test_a_text_above_its_limit_is_a_defect(self) -> None:
        with pytest.raises(OpsError, match="11 characters, 10 were allowed"):
            plans.bounded("x" * 11, 10)


class TestPlace:
    def test_a_comment_on_a_pull_request(self, tmp_path: Path) -> None:
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"issue": {"number": 8, "pull_request": {"url": "u"}}}))
        environ = {"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": REPOSITORY}
        found = place.find(place.Given(), RUN, environ)
        assert found == place.Place("github", REPOSITORY, 8, Marker(12, 1, ""), "900")

    def test_a_comment_on_an_issue_is_none(self, tmp_path: Path) -> None:
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"issue": {"number": 8}}))
        assert place.find(place.Given(), RUN, {"GITHUB_EVENT_PATH": str(event)}) is None

    @pytest.mark.parametrize("content", [None, "{", "\xff"])
    def test_an_event_that_cannot_be_read(self, tmp_path: Path, content: str | None) -> None:
        event = tmp_path / "event.json"
        if content is not None:
            event.write_text(content, encoding="latin-1")
        with pytest.raises(OpsError, match="cannot be read as JSON") as caught:
            place.find(place.Given(), RUN, {"GITHUB_EVENT_PATH": str(event)})
        assert caught.value.code is ExitCode.CONFIGURATION

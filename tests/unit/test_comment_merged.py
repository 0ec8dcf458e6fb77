"""`ops comment --merged`: a deploy that failed, in the comment of the pull request that was merged."""

from __future__ import annotations

import json
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
from ops.comment import merged
from ops.comment.marker import DEPLOY, Marker, read
from ops.comment.merged import Candidate
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.github import client
from tests.support import actions_run
from tests.support.github_server import REPOSITORY, TOKEN, WORKFLOW, Account, Fault, GitHubServer, Seen

COMMIT = "c" * 40
"""What merging the pull request left on main."""
HEAD = "e" * 40
"""The newest commit of the pull request."""
NUMBER = 5

Failed = Callable[..., str]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slept: list[float]) -> Iterator[GitHubServer]:
    """GitHub, and the environment of the deploy's third run after a push to main."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main", "after": COMMIT}))
    with GitHubServer() as started:
        started.pulls[NUMBER] = HEAD
        started.commits[COMMIT] = []
        started.actions = False
        monkeypatch.delenv("GITLAB_CI", raising=False)
        told = actions_run.variables(started, tmp_path, "901", 3)
        for name, value in {"GITHUB_TOKEN": TOKEN, "GITHUB_SHA": COMMIT, **told}.items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def failed(tmp_path: Path) -> Failed:
    """failed(environment): the name of a file as `ops deploy --report` writes it."""

    def write(environment: str = "dev", attempt: int = 1, **more: Any) -> str:
        path = tmp_path / f"{environment}-{attempt}.bundle"
        told: dict[str, Any] = {
            "step": "apply",
            "code": ExitCode.FAILED,
            "message": f"BucketAlreadyExists in {environment}",
            "address": "aws_s3_bucket.storage_images",
            "next_command": f"ops deploy {environment}",
        }
        failure = Failure(**told | more)
        run = Run(id="901", number=3, attempt=attempt, url="https://github.test/run")
        made = datetime(2026, 1, 2, tzinfo=UTC)
        file.write(path, Bundle(Manifest(environment=environment, made=made, run=run, failure=failure)))
        return str(path)

    return write


def ops_comment(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["comment", "--merged", *arguments])


def deploy(run: int = 3, attempt: int = 1) -> Marker:
    return Marker(run, attempt, COMMIT, stage=DEPLOY)


class TestWhichOne:
    """What GitHub associates with a commit, and the one that is meant."""

    def asked(self, server: GitHubServer, commit: str = COMMIT) -> tuple[int, str]:
        told: list[str] = []
        connected = client.connect({"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": server.url})
        number = merged.choose(merged.candidates(connected, REPOSITORY, commit), commit, told.append)
        return number, " ".join(told)

    def test_merged_or_squashed(self, server: GitHubServer) -> None:
        """Of a squash the commit is none of the pull request's; GitHub names it all the same."""
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        assert self.asked(server) == (NUMBER, "")
        assert server.asked("GET", f"/commits/{COMMIT}/pulls") == len(server.seen) == 1

    def test_of_several_the_one_whose_merge_it_is(self, server: GitHubServer) -> None:
        """Such as one that was merged into the other one's branch before."""
        server.associate(COMMIT, 4, merge="d" * 40)
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        server.associate(COMMIT, 6, merge=COMMIT, state="open", merged=False)
        server.associate(COMMIT, 7, merge=None, merged=False)
        assert self.asked(server) == (NUMBER, "")

    def test_the_only_merged_one(self, server: GitHubServer) -> None:
        server.associate(COMMIT, NUMBER, merge="d" * 40)
        server.associate(COMMIT, 6, state="open", merged=False)
        assert self.asked(server) == (NUMBER, "")

    def test_a_merged_one_whose_merge_github_does_not_say(self, server: GitHubServer) -> None:
        server.associate(COMMIT, NUMBER, merge=None)
        assert self.asked(server) == (NUMBER, "")
        assert len(server.seen) == 1

    def test_behind_many_pages(self, server: GitHubServer) -> None:
        for number in range(100, 350):
            server.associate(COMMIT, number, merged=False)
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        assert self.asked(server) == (NUMBER, "")
        assert len(server.seen) == 3

    @pytest.mark.parametrize("merges", [("d" * 40, "f" * 40), (COMMIT, COMMIT)], ids=["none", "both"])
    def test_of_several_merged_ones_none_is_guessed(self, server: GitHubServer, merges: Any) -> None:
        for number, merge in zip((9, NUMBER), merges, strict=True):
            server.associate(COMMIT, number, merge=merge)
        number, told = self.asked(server)
        assert (number, "(#5, #9): --pull-request names one" in told) == (0, True)

    @pytest.mark.parametrize("state", ["closed", "open"])
    def test_one_that_is_not_merged_is_none(self, server: GitHubServer, state: str) -> None:
        """GitHub tries to merge those, and says that trial's commit."""
        server.associate(COMMIT, NUMBER, merge=COMMIT, state=state, merged=False)
        assert self.asked(server) == (0, f"No pull request of commit {COMMIT[:12]} is merged (#5).")

    def test_a_direct_push(self, server: GitHubServer) -> None:
        assert self.asked(server) == (0, f"Commit {COMMIT[:12]} came without a pull request.")

    def test_a_commit_that_is_not_there(self, server: GitHubServer) -> None:
        with pytest.raises(OpsError, match="No commit found for SHA"):
            self.asked(server, "b" * 40)

    def test_which_one_does_not_depend_on_the_order(self) -> None:
        found = [Candidate(1, True, "d" * 40), Candidate(2, True, COMMIT), Candidate(3, False, COMMIT)]
        for listed in (found, found[::-1]):
            assert merged.choose(listed, COMMIT, lambda text: None) == 2


class TestComment:
    def test_a_failed_apply_takes_the_place_of_the_plans(
        self, server: GitHubServer, failed: Failed, tmp_path: Path
    ) -> None:
        """Though the plan's run has the higher number: workflows count their runs by themselves."""
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        server.write(NUMBER, Marker(250, 2, HEAD).line + "plans")
        result = ops_comment(failed(), "--summary")
        assert result.exit_code == 0, result.output
        (body,) = server.bodies(NUMBER)
        assert read(body) == deploy()
        assert "### Deploy: failed for dev" in body
        assert "BucketAlreadyExists in dev" in body
        assert "Next: `ops deploy dev`" in body
        assert "BucketAlreadyExists in dev" in (tmp_path / "summary.md").read_text()
        assert "Comment updated" in result.output

    @pytest.mark.parametrize(
        ("step", "code", "message"),
        [
            ("synth", ExitCode.FAILED, "no"),
            ("plan", ExitCode.STALE, "The saved plan of dev is stale"),
            ("plan", ExitCode.GATED, "1 finding stops the plan of dev"),
        ],
    )
    def test_one_that_fails_before_it_applies_is_a_deploy_all_the_same(
        self, server: GitHubServer, failed: Failed, step: str, code: ExitCode, message: str, tmp_path: Path
    ) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        assert ops_comment(failed(step=step, code=code, message=message), "--summary").exit_code == 0
        (body,) = server.bodies(NUMBER)
        for text in (body.partition("\n")[2], (tmp_path / "summary.md").read_text()):
            assert text.startswith("### Deploy: failed for dev\n")
            assert f"**{step} failed**, exit code {code:d}" in text

    def test_one_that_left_no_bundle_is_told(self, server: GitHubServer) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        assert ops_comment("--expect", "dev").exit_code == 0
        (body,) = server.bodies(NUMBER)
        assert "### Deploy: failed for dev\n" in body
        assert "**deploy failed**, exit code 1" in body
        assert "The deploy of dev ended before it could say why." in body
        assert "Next: `ops deploy dev`" in body

    def test_a_plan_that_comes_late_overwrites_nothing(
        self, server: GitHubServer, failed: Failed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        ops_comment(failed())
        monkeypatch.setenv("GITHUB_RUN_NUMBER", "250")
        monkeypatch.setenv("GITHUB_RUN_ID", "800")
        arguments = ["--expect", "dev", "--pull-request", str(NUMBER), "--sha", HEAD]
        result = CliRunner().invoke(cli.app, ["comment", *arguments])
        assert result.exit_code == 0, result.output
        assert "the comment is of deploy run 3, attempt 1, this is run 250" in result.output
        assert [read(body) for body in server.bodies(NUMBER)] == [deploy()]

    def test_a_plan_that_has_looked_before_and_writes_after_is_overwritten(
        self, server: GitHubServer, failed: Failed, slept: list[float]
    ) -> None:
        """Its workflow is another one, so the deploy always watches."""
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        server.actions = True
        late = Marker(250, 1, HEAD).line + "plans"

        def after(seen: Seen) -> Fault | None:
            if seen.method == "POST":
                server.comments[0]["body"] = late
            return None

        server.after = after
        assert ops_comment(failed()).exit_code == 0
        assert [read(body) for body in server.bodies(NUMBER)] == [deploy()]
        assert sum(slept) >= 20
        assert server.asked("GET", "/actions/.*") == 0

    def test_another_attempt_tells_what_fails_now(
        self, server: GitHubServer, failed: Failed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        ops_comment(failed("dev"))
        monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
        ops_comment(failed("staging", 2))
        (body,) = server.bodies(NUMBER)
        assert read(body) == deploy(attempt=2)
        assert ("in staging" in body, "in dev" in body) == (True, False)

    def test_an_earlier_deploy_overwrites_nothing(self, server: GitHubServer, failed: Failed) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        server.write(NUMBER, deploy(4).line + "newer")
        assert "the comment is of deploy run 4" in ops_comment(failed()).output
        assert server.bodies(NUMBER)[0].endswith("newer")

    def test_without_a_pull_request_it_says_so(self, server: GitHubServer, failed: Failed) -> None:
        result = ops_comment(failed())
        assert result.exit_code == 0, result.output
        assert "came without a pull request" in result.output
        assert "nothing is posted" in result.output
        assert {seen.method for seen in server.seen} == {"GET"}

    def test_named_it_is_not_asked_for(self, server: GitHubServer, failed: Failed) -> None:
        result = ops_comment(failed(), "--pull-request", str(NUMBER))
        assert result.exit_code == 0, result.output
        assert server.asked("GET", "/commits/.*") == 0
        assert [read(body) for body in server.bodies(NUMBER)] == [deploy()]

    def test_dry_run_posts_nothing(self, server: GitHubServer, failed: Failed) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        result = ops_comment(failed(), "--dry-run")
        assert f"nothing is posted on pull request 5 of {REPOSITORY}" in result.output
        assert {seen.method for seen in server.seen} == {"GET"}

    def test_a_rate_limit_is_waited_for(
        self, server: GitHubServer, failed: Failed, slept: list[float]
    ) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        left = [Fault(429, "Too many requests", {"retry-after": "3"})]
        server.before = lambda seen: left.pop() if left else None
        assert ops_comment(failed()).exit_code == 0
        assert slept[0] == 3
        assert len(server.bodies(NUMBER)) == 1

    def test_the_summary_is_there_though_the_token_may_not_comment(
        self, server: GitHubServer, failed: Failed, tmp_path: Path
    ) -> None:
        server.associate(COMMIT, NUMBER, merge=COMMIT)
        server.accounts[TOKEN] = Account(WORKFLOW.login, "read", integration=True)
        error = ops_comment(failed(), "--summary").exception
        assert isinstance(error, OpsError)
        assert error.code is ExitCode.AUTHENTICATION
        assert "pull-requests: write" in error.hint
        assert "BucketAlreadyExists" in (tmp_path / "summary.md").read_text()

    @pytest.mark.parametrize(
        ("unset", "arguments", "told"),
        [
            ("GITHUB_SHA", (), "Which commit was merged is not known"),
            ("GITHUB_REPOSITORY", (), "repository is ''"),
            ("", ("--sha", "main"), "'main'"),
            ("", ("--gitlab",), "--merged is for GitHub only"),
        ],
    )
    def test_what_is_missing_is_named(
        self,
        server: GitHubServer,
        failed: Failed,
        monkeypatch: pytest.MonkeyPatch,
        unset: str,
        arguments: Any,
        told: str,
    ) -> None:
        if unset:
            monkeypatch.delenv(unset)
        error = ops_comment(failed(), *arguments).exception
        assert isinstance(error, OpsError)
        assert told in error.message
        assert (error.code, bool(error.hint), server.seen) == (ExitCode.CONFIGURATION, True, [])

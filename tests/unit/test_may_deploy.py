"""`ops may-deploy`, against a server that behaves like GitHub: guarded or not, newer or not, told or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from ops import cli
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support.github_server import (
    REPOSITORY,
    TOKEN,
    WORKFLOW,
    Account,
    Fault,
    GitHubServer,
    secondary_limit,
)

OLD, NEW = "a" * 40, "b" * 40

Asked = Callable[..., Result]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """All environments guarded, nothing deployed; the run is of the newer of two commits."""
    with GitHubServer() as started:
        started.history = [OLD, NEW]
        for name in ("dev", "staging", "prod"):
            started.guard(name)
        for name, value in {
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": started.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": NEW,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        yield started


def allowed(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["may-deploy", *arguments])
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return result.stdout


def refused(code: ExitCode, *arguments: str) -> str:
    """The message and what to do."""
    error = CliRunner().invoke(cli.app, ["may-deploy", *arguments]).exception
    assert isinstance(error, OpsError), error
    assert error.code is code
    return f"{error.message} {error.hint}"


class TestGuards:
    @pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
    def test_a_guarded_one(self, server: GitHubServer, environment: str) -> None:
        assert f"{environment} may have {NEW[:12]}: it is guarded" in allowed(environment)

    @pytest.mark.parametrize("environment", ["dev", "staging"])
    def test_only_prod_has_to_be_reviewed(self, server: GitHubServer, environment: str) -> None:
        server.guard(environment, reviewers=0)
        allowed(environment)

    def test_one_that_github_would_make_by_itself(self, server: GitHubServer) -> None:
        server.environments.clear()
        told = refused(ExitCode.CONFIGURATION, "prod")
        assert (
            "prod has no deployment branches (Selected branches, main only) and no required reviewers."
            in told
        )
        assert f"Settings → Environments → prod of {REPOSITORY}" in told
        assert "docs/pull-requests.md" in told
        assert "dev has no deployment branches (Selected branches, main only)." in refused(
            ExitCode.CONFIGURATION, "dev"
        )
        assert server.asked("GET", "/deployments") == 0

    def test_one_without_any_rule(self, server: GitHubServer) -> None:
        server.environments["prod"] |= {"protection_rules": [], "deployment_branch_policy": None}
        assert "branches (Selected branches, main only) and no required" in refused(
            ExitCode.CONFIGURATION, "prod"
        )

    def test_a_rule_that_names_nobody(self, server: GitHubServer) -> None:
        server.guard("prod", reviewers=0)
        assert "prod has no required reviewers." in refused(ExitCode.CONFIGURATION, "prod")

    @pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
    def test_any_branch(self, server: GitHubServer, environment: str) -> None:
        server.guard(environment, branches=False)
        assert "has no deployment branches" in refused(ExitCode.CONFIGURATION, environment)

    def test_a_token_that_may_not_ask(self, server: GitHubServer) -> None:
        server.actions = False
        assert "`actions: read`" in refused(ExitCode.AUTHENTICATION, "prod")

    def test_a_token_that_may_not_see_the_repository(self, server: GitHubServer) -> None:
        server.accounts[TOKEN] = Account(WORKFLOW.login, access="none")
        refused(ExitCode.CONFIGURATION, "prod")

    def test_what_passes_is_waited_for(self, server: GitHubServer) -> None:
        faults = [secondary_limit(3), Fault(502), Fault(0)]
        server.before = lambda seen: faults.pop() if faults else None
        allowed("prod")
        assert faults == []


class TestOrder:
    def test_the_first_deploy(self, server: GitHubServer) -> None:
        server.deployed("staging", "c" * 40)
        assert "nothing newer was deployed" in allowed("dev")

    def test_a_newer_commit_than_the_deployed_one(self, server: GitHubServer) -> None:
        server.deployed("dev", OLD)
        allowed("dev")

    def test_the_deployed_one_again(self, server: GitHubServer) -> None:
        server.deployed("dev", NEW)
        allowed("dev")
        assert server.asked("GET", "/compare/.*") == 0

    def test_an_older_one_is_refused(self, server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """*Re-run all jobs* of a run that another one has overtaken."""
        server.deployed("dev", OLD)
        server.deployed("dev", NEW)
        monkeypatch.setenv("GITHUB_SHA", OLD)
        told = refused(ExitCode.STALE, "dev")
        assert f"Commit {NEW[:12]} was deployed to dev last and is not part of {OLD[:12]}" in told
        assert "Start the workflow `deploy` anew on main" in told
        allowed("staging")  # which has not got that far

    def test_and_allowed_on_purpose(self, server: GitHubServer) -> None:
        server.deployed("dev", NEW)
        assert f"{NEW[:12]} is taken back, as you say" in allowed("dev", "--sha", OLD, "--take-back")

    def test_history_that_was_rewritten(self, server: GitHubServer) -> None:
        server.deployed("dev", "d" * 40)
        refused(ExitCode.STALE, "dev")
        allowed("dev", "--take-back")

    def test_a_token_that_may_not_list(self, server: GitHubServer) -> None:
        server.before = lambda seen: (
            Fault(403, "Resource not accessible by integration") if seen.path == "/deployments" else None
        )
        assert "`deployments: read`" in refused(ExitCode.AUTHENTICATION, "dev")

    def test_outside_a_workflow(self, server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GITHUB_SHA")
        refused(ExitCode.CONFIGURATION, "dev")
        allowed("dev", "--sha", NEW)
        monkeypatch.delenv("GITHUB_REPOSITORY")
        refused(ExitCode.CONFIGURATION, "dev", "--sha", NEW)


def test_the_account_is_deployed_by_no_workflow(server: GitHubServer) -> None:
    result = CliRunner().invoke(cli.app, ["may-deploy", "account"])
    assert result.exit_code == ExitCode.USAGE
    assert server.seen == []

"""The issue about drift: opened, updated, closed and reopened, against a server that behaves like GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from ops import cli
from ops.comment import drift_issue
from ops.drift import findings
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support.github_server import REPOSITORY, TOKEN, Account, Fault, GitHubServer, Seen
from tests.unit.test_ops_drift import changed, code, plan

Nightly = Callable[..., Result]

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=200)


def finding(address: str, **attributes: tuple[Any, Any]) -> dict[str, Any]:
    """A resource whose attributes went from one value to another; deleted where none is given."""
    if not attributes:
        change = changed(address, {"id": "i"}, None, "delete")
    else:
        before = {"id": "i", **{name: values[0] for name, values in attributes.items()}}
        change = changed(address, before, {"id": "i", **{name: v[1] for name, v in attributes.items()}})
    (found,) = findings.drifted(plan(change), code(**{address.replace(".", "__"): {"days": 1}}))
    return found.as_json()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    with GitHubServer() as started:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_API_URL", started.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        yield started


@pytest.fixture
def nightly(server: GitHubServer, tmp_path: Path) -> Nightly:
    """nightly(finding, …): a night on which this has drifted."""

    def run(*drift: dict[str, Any], environment: str = "dev", options: tuple[str, ...] = ()) -> Result:
        file = tmp_path / "drift.json"
        file.write_text(json.dumps({"environment": environment, "drift": list(drift), "waiting_in_code": []}))
        return CliRunner().invoke(cli.app, ["drift-issue", environment, str(file), *options])

    return run


def told(result: Result) -> list[str]:
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return list(json.loads(result.stdout)["done"])


TTL = finding("a.table", days=(7, 9))
GONE = finding("a.gone")


def test_a_year_of_nights(server: GitHubServer, nightly: Nightly) -> None:
    def night(*drift: dict[str, Any]) -> list[str]:
        return told(nightly(*drift, options=("--json",)))

    assert night() == []
    assert server.issues == {}
    assert night(TTL) == ["open"]
    issue = server.issues[1]
    assert (issue["title"], issue["state"]) == ("Drift: dev was changed outside Terraform", "open")
    assert [label["name"] for label in issue["labels"]] == ["drift"]
    assert night(TTL) == []
    assert night(finding("a.table", days=(7, 10))) == ["edit"]  # another value, the same attribute
    assert server.bodies(1) == []
    assert night(TTL, GONE) == ["edit", "comment"]
    assert "1 more; see above" in server.bodies(1)[-1]
    assert night(GONE) == ["edit", "comment"]
    assert "1 no more; see above" in server.bodies(1)[-1]
    assert night() == ["comment", "close"]
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert night() == []
    assert night(TTL) == ["edit", "reopen", "comment"]
    assert issue["state"] == "open"
    assert "`days`: `7` → `9`" in issue["body"]
    assert list(server.issues) == [1]
    assert len(server.bodies(1)) == 4


def test_one_for_each_environment(server: GitHubServer, nightly: Nightly) -> None:
    nightly(TTL)
    nightly(TTL, environment="prod")
    nightly(environment="dev")
    assert [(one["title"].split()[1], one["state"]) for one in server.issues.values()] == [
        ("dev", "closed"),
        ("prod", "open"),
    ]


def test_what_others_wrote_is_left_and_ours_is_found_behind_many_pages(
    server: GitHubServer, nightly: Nightly
) -> None:
    forged = server.open_issue("x", drift_issue.body("dev", [TTL]), "mallory", "drift")
    nightly(TTL)
    for number in range(230):
        server.open_issue(f"talk {number}", "words", "somebody", "drift")
    assert told(nightly(GONE, options=("--json",))) == ["edit", "comment"]
    assert (forged["state"], forged["body"]) == ("open", drift_issue.body("dev", [TTL]))
    assert len(server.issues) == 232


def test_doubles_are_closed(server: GitHubServer, nightly: Nightly) -> None:
    for _ in range(3):
        server.open_issue("x", drift_issue.body("dev", [TTL]), "github-actions[bot]", "drift")
    assert told(nightly(TTL, options=("--json",))) == ["close", "close"]
    assert [one["state"] for one in server.issues.values()] == ["open", "closed", "closed"]
    assert server.bodies(2) == ["The same as #1."]


def test_a_pull_request_with_the_label_is_none(server: GitHubServer, nightly: Nightly) -> None:
    pull = server.open_issue("x", drift_issue.body("dev", [TTL]), "github-actions[bot]", "drift")
    pull["html_url"] = pull["html_url"].replace("/issues/", "/pull/")
    assert told(nightly(options=("--json",))) == []
    assert pull["state"] == "open"


def test_an_answer_that_was_lost_opens_no_second_issue(server: GitHubServer, nightly: Nightly) -> None:
    lost = [Fault(502)]
    server.after = lambda seen: (
        lost.pop() if lost and (seen.method, seen.path) == ("POST", "/issues") else None
    )
    assert nightly(TTL).exit_code == 0
    assert list(server.issues) == [1]


def test_a_label_that_is_there_already(server: GitHubServer, nightly: Nightly) -> None:
    server.labels["drift"] = {"name": "drift"}
    assert told(nightly(TTL, options=("--json",))) == ["open"]


def test_a_token_that_only_reads(server: GitHubServer, nightly: Nightly) -> None:
    server.accounts[TOKEN] = Account("github-actions[bot]", "read", integration=True)
    error = nightly(TTL).exception
    assert isinstance(error, OpsError)
    assert error.code is ExitCode.AUTHENTICATION
    assert "`issues: write`" in error.hint


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"environment": "dev"}', '{"environment": "dev", "drift": [{}]}',
     '{"environment": "prod", "drift": []}', '{"environment": "dev", "drift": null}'],
)  # fmt: skip
def test_what_a_failed_look_leaves_closes_nothing(
    server: GitHubServer, nightly: Nightly, tmp_path: Path, content: str
) -> None:
    nightly(TTL)
    (tmp_path / "broken").write_text(content)
    result = CliRunner().invoke(cli.app, ["drift-issue", "dev", str(tmp_path / "broken")])
    assert isinstance(result.exception, OpsError)
    assert result.exception.code is ExitCode.USAGE
    assert "ops drift dev --json" in result.exception.hint
    assert server.issues[1]["state"] == "open"


def test_from_standard_input_and_dry(server: GitHubServer) -> None:
    content = json.dumps({"environment": "dev", "drift": [GONE]})
    result = CliRunner().invoke(cli.app, ["drift-issue", "dev", "-", "--dry-run"], input=content)
    assert result.exit_code == 0
    assert "is **deleted**" in result.stdout
    assert server.seen == []


class TestText:
    def test_no_secret(self) -> None:
        key = "sk-" + "a" * 30
        text = drift_issue.body("dev", [finding("a.f", environment=({"K": "v"}, {"K": key}))])
        assert "looks like a secret" in text
        assert key not in text

    def test_no_secret_that_a_file_brings(self) -> None:
        """The file could be of another making than `ops drift`."""
        one = json.loads(json.dumps(TTL).replace("9", '"ghp_' + "b" * 36 + '"'))
        assert "ghp_" not in drift_issue.body("dev", [one])
        named = {**one, **dict.fromkeys(("id", "address", "construct"), "AKIAIOSFODNN7EXAMPLE")}
        named["attributes"] = [{**one["attributes"][0], "attribute": 'tags["AKIAIOSFODNN7EXAMPLE"]'}]
        assert "AKIA" not in drift_issue.body("dev", [named])

    def test_what_is_sensitive_is_told_to_be_another(self) -> None:
        attribute = {
            **TTL["attributes"][0],
            "before": "(sensitive)",
            "after": "(sensitive)",
            "sensitive": True,
        }
        text = drift_issue.body("dev", [{**TTL, "attributes": [attribute]}])
        assert "`(sensitive)` → another, also hidden" in text

    def test_two_long_values_are_cut_around_what_differs(self) -> None:
        text = drift_issue.body("dev", [finding("a.f", html=("x" * 5_000 + "A", "x" * 5_000 + "B"))])
        assert "xA (5001 characters)` → `…" in text
        assert "xB (5001 characters)`" in text

    @PROFILE
    @given(st.text())
    def test_nothing_in_a_value_is_markup(self, value: str) -> None:
        span = drift_issue.code(value)
        fence = span[: len(span) - len(span.lstrip("`"))]
        assert fence
        assert "\n" not in span
        assert span.endswith(fence)
        assert fence not in span[len(fence) : -len(fence)]

    def test_never_above_the_limit_and_nothing_is_cut(self) -> None:
        many = [finding(f"a.r{number}", days=("x" * 100, "y" * 100)) for number in range(900)]
        text = drift_issue.body("dev", many)
        assert len(text) <= 65_536
        shown = text.count("### ")
        assert 0 < shown < 900
        assert f"… and {900 - shown} more" in text
        assert drift_issue.read(text, "dev") == drift_issue.places_of(many)

    @PROFILE
    @given(st.text())
    def test_no_text_is_taken_for_ours(self, text: str) -> None:
        assert drift_issue.read(text, "dev") is None
        assert drift_issue.read(f"<!-- ops-drift {{{text}}} -->\n", "dev") is None

    def test_an_issue_of_another_environment_is_not_ours(self) -> None:
        assert drift_issue.read(drift_issue.body("dev", [TTL]), "prod") is None


def test_requests_of_a_quiet_night_are_few(server: GitHubServer, nightly: Nightly) -> None:
    nightly()
    assert [(seen.method, seen.path) for seen in server.seen] == [("GET", "/user"), ("GET", "/issues")]
    assert isinstance(server.seen[0], Seen)

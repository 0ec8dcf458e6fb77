"""`ops policy`: what it prints and how it ends."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ops.cli import app
from ops.commands import policy as command
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.policy import report as reports
from ops.policy.model import Finding, Report, Skip

SKIP = Skip("CKV_AWS_1", "a", "dev", "It is right as it is.", 3)


def finding(
    environment: str = "dev", construct: str = "storage/b", configurations: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        "CKV_AWS_18",
        construct,
        environment,
        f"aws_s3_bucket.{construct[-1]}_1",
        "No logging",
        "See logging",
        configurations,
    )


def report(*findings: Finding, trouble: tuple[str, ...] = (), skipped: int = 0) -> Report:
    return Report(
        findings, ((finding(), SKIP),) * skipped, trouble, Counter(dev=7, prod=9), seconds={"synth": 1.25}
    )


def printed(made: Report, *, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=40, highlight=False)
    reports.show(made, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class TestShow:
    def test_a_check_is_told_once_with_all_its_resources(self) -> None:
        made = report(
            finding(configurations=("usual", "full")),
            finding("prod", configurations=("usual", "full")),
            finding(construct="storage/longer", configurations=("full",)),
        )
        lines = printed(made).splitlines()
        assert lines[:4] == [
            "✗ CKV_AWS_18  No logging",
            "    storage/b       dev, prod  aws_s3_bucket.b_1",
            "    storage/longer  dev (full)  aws_s3_bucket.r_1",
            "    to mend: See logging",
        ]

    def test_nothing_is_cut_where_it_is_narrow(self) -> None:
        path = "a/very/long/construct/path/that/is/wider/than/forty/columns"
        assert path in printed(report(finding(construct=path)))

    def test_counts_and_the_last_line(self) -> None:
        text = printed(report(finding(), trouble=("skips.toml:3: x explains nothing",), skipped=2))
        rows = [line.split() for line in text.splitlines()]
        assert ["dev", "7", "1", "2"] in rows
        assert ["prod", "9", "0", "0"] in rows
        assert "✗ skips.toml:3: x explains nothing" in text
        assert text.splitlines()[-1] == (
            "Policy: 1 unexplained finding and 1 mistake in the skip table (1.2 s). "
            "Mend the code, or explain it in policy/skips.toml."
        )

    def test_a_clean_one(self) -> None:
        assert printed(report(skipped=1)).splitlines()[-1] == "Policy: every finding is explained (1.2 s)."

    def test_colour_only_on_a_terminal(self) -> None:
        assert "\x1b[" in printed(report(finding()), terminal=True)
        assert "\x1b[" not in printed(report(finding()))


class TestCommand:
    @pytest.fixture
    def checked(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """What the command asks for, and `report`, what it then gets."""
        seen: dict[str, Any] = {"report": report()}

        def check(names: Any, console: Console, *, configured: bool = False) -> Report:
            seen.update(names=list(names), configured=configured)
            made: Report = seen["report"]
            return made

        monkeypatch.setattr(command, "check", check)
        return seen

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(app, ["policy", *arguments])

    def test_all_stacks_by_default(self, checked: dict[str, Any]) -> None:
        assert self.run().exit_code == ExitCode.OK
        assert checked["names"] == ["account", "dev", "staging", "prod"]
        assert checked["configured"] is False

    def test_some_stacks_as_configured_here(self, checked: dict[str, Any]) -> None:
        assert self.run("dev", "account", "--configured").exit_code == ExitCode.OK
        assert (checked["names"], checked["configured"]) == (["dev", "account"], True)

    @pytest.mark.parametrize("made", [report(finding()), report(trouble=("skips.toml:3: x",))])
    def test_what_is_not_explained_ends_with_24(self, checked: dict[str, Any], made: Report) -> None:
        checked["report"] = made
        assert self.run().exit_code == ExitCode.POLICY == 24

    def test_json_for_programs(self, checked: dict[str, Any]) -> None:
        checked["report"] = report(finding(), skipped=1)
        done = self.run("--json")
        document = json.loads(done.stdout)
        assert done.exit_code == ExitCode.POLICY
        assert document["clean"] is False
        assert document["counts"]["dev"] == {"passed": 7, "failed": 1, "skipped": 1}
        assert document["findings"][0]["construct"] == "storage/b"
        assert document["skipped"][0]["reason"] == "It is right as it is."
        assert document["seconds"] == {"synth": 1.2}

    def test_a_stack_that_is_none(self, checked: dict[str, Any]) -> None:
        done = self.run("production")
        assert isinstance(done.exception, OpsError)
        assert done.exception.code == ExitCode.CONFIGURATION
        assert "account, dev, staging, prod" in done.exception.hint
        assert "names" not in checked

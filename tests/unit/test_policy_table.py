"""The skip table: what it refuses to take, and that no skip outlives what it explains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.policy import judging, table
from ops.policy.model import WORKFLOWS, Finding, Outcome

GOOD = """
[[skip]]
check = "CKV_AWS_1"
resources = ["a/b", "c"]
environments = ["dev", "prod"]
reason = "It is right as it is, because of that."
"""
KNOWN = {"CKV_AWS_1", "CKV_AWS_2"}

Load = Callable[[str], table.Table]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(text: str) -> table.Table:
        file = tmp_path / "skips.toml"
        file.write_text(text, encoding="utf-8")
        return table.load(file)

    return read


def finding(
    check: str = "CKV_AWS_1", construct: str = "a/b", environment: str = "dev", what: str = "w"
) -> Finding:
    return Finding(check, construct, environment, f"aws_x.{construct}", what, "m")


def outcome(
    *findings: Finding, environment: str = "dev", passed: tuple[tuple[str, str], ...] = ()
) -> Outcome:
    return Outcome(environment, frozenset(passed), findings)


class TestLoad:
    def test_one_skip_for_each_resource_and_environment(self, load: Load) -> None:
        found = load(GOOD)
        assert found.trouble == ()
        assert {skip.key for skip in found.skips} == {
            ("CKV_AWS_1", resource, environment)
            for resource in ("a/b", "c")
            for environment in ("dev", "prod")
        }
        assert {skip.line for skip in found.skips} == {2}

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ('reason = "It is right as it is, because of that."', "", "reason is missing"),
            ('"It is right as it is, because of that."', '"not needed"', "reason is missing"),
            ('"It is right as it is, because of that."', '"                        "', "reason is missing"),
            ('["dev", "prod"]', '["dev", "production"]', "unknown environment 'production'"),
            ('["dev", "prod"]', "[]", "environments is missing"),
            ('["a/b", "c"]', '["a/*"]', "resources has a wildcard"),
            ('["a/b", "c"]', '["c", "c"]', "resources names something twice"),
            ('["a/b", "c"]', '"c"', "resources is missing"),
            ('check = "CKV_AWS_1"', "", "check is missing"),
            ("check =", "checks =", "unknown key checks"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_line(
        self, load: Load, before: str, after: str, said: str
    ) -> None:
        assert before in GOOD
        found = load(f"# a comment\n{GOOD.replace(before, after)}")
        assert found.skips == ()
        assert any(line.startswith("skips.toml:3: ") and said in line for line in found.trouble)

    def test_all_mistakes_are_told_at_once(self, load: Load) -> None:
        wrong = GOOD.replace("CKV_AWS_1", "")
        assert [line.split(":")[1] for line in load(GOOD + wrong + wrong).trouble] == ["8", "14"]

    def test_the_same_twice(self, load: Load) -> None:
        (first, *_) = load(GOOD + GOOD).trouble
        assert first == "skips.toml:8: CKV_AWS_1 of a/b in dev is skipped in line 2 already"

    def test_what_is_no_toml_is_refused(self, load: Load) -> None:
        with pytest.raises(OpsError, match=r"skips\.toml cannot be read") as caught:
            load("[[skip]")
        assert caught.value.code == ExitCode.CONFIGURATION

    def test_a_missing_table_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(OpsError, match="cannot be read"):
            table.load(tmp_path / "skips.toml")

    def test_the_committed_table_has_no_mistake(self) -> None:
        found = table.load()
        assert found.trouble == ()
        assert len(found.skips) > 100


class TestReport:
    def test_a_finding_is_explained_by_its_own_skip_only(self, load: Load) -> None:
        skips = load(GOOD.replace('["a/b", "c"]', '["a/b"]').replace('["dev", "prod"]', '["dev"]'))
        others = [finding("CKV_AWS_2"), finding(construct="a"), finding(environment="prod")]
        report = judging.report(
            [outcome(finding(), *others[:2]), outcome(others[2], environment="prod")], skips, KNOWN
        )
        assert list(report.findings) == others
        assert [(f.key, skip.reason) for f, skip in report.skipped] == [
            (finding().key, "It is right as it is, because of that.")
        ]
        assert not report.clean
        assert report.trouble == ()

    def test_a_skip_that_explains_nothing_fails(self, load: Load) -> None:
        report = judging.report(
            [outcome(finding()), outcome(finding(environment="prod"), environment="prod")], load(GOOD), KNOWN
        )
        assert report.findings == ()
        assert [line.partition(" explains")[0] for line in report.trouble] == [
            "skips.toml:2: CKV_AWS_1 of c in dev",
            "skips.toml:2: CKV_AWS_1 of c in prod",
        ]
        assert not report.clean

    def test_of_an_environment_that_is_not_checked_it_is_not_asked(self, load: Load) -> None:
        report = judging.report([outcome(finding(), finding(construct="c"))], load(GOOD), KNOWN)
        assert report.clean

    def test_in_a_configuration_of_somebody_it_is_a_note(self, load: Load) -> None:
        report = judging.report([outcome()], load(GOOD), KNOWN, reference=False)
        assert report.clean
        assert report.notes == ("2 skips explain nothing in this configuration.",)
        own = judging.report([outcome(finding("CKV_AWS_2"))], load(GOOD), KNOWN, reference=False)
        assert not own.clean

    def test_a_check_that_nobody_has_fails(self, load: Load) -> None:
        report = judging.report([outcome()], load(GOOD.replace("CKV_AWS_1", "CKV_AWS_9")), KNOWN)
        assert report.trouble == ("skips.toml:2: no scanner and no rule has a check CKV_AWS_9",)

    def test_workflows_are_skipped_by_file(self, load: Load) -> None:
        file = ".github/workflows/ci.yml"
        text = GOOD.replace("CKV_AWS_1", "zizmor/artipacked").replace('["a/b", "c"]', f'["{file}"]')
        skips = load(text.replace('["dev", "prod"]', f'["{WORKFLOWS}"]'))
        found = finding("zizmor/artipacked", file, WORKFLOWS)
        assert judging.report([outcome(found, environment=WORKFLOWS)], skips, KNOWN).clean
        assert not judging.report([outcome(environment=WORKFLOWS)], skips, KNOWN).clean

    def test_counts(self, load: Load) -> None:
        skips = load(GOOD.replace('["a/b", "c"]', '["a/b"]').replace('["dev", "prod"]', '["dev"]'))
        passed = (("CKV_AWS_1", "x"), ("CKV_AWS_2", "x"))
        report = judging.report([outcome(finding(), finding("CKV_AWS_2"), passed=passed)], skips, KNOWN)
        assert report.counts() == {"dev": {"passed": 2, "failed": 1, "skipped": 1}}


class TestCombined:
    def test_a_finding_of_several_configurations_is_one(self) -> None:
        (dev,) = judging.combined(
            [
                ("usual", outcome(finding())),
                ("full", outcome(finding())),
                ("full", outcome(finding("CKV_AWS_2"))),
            ]
        )
        assert [(one.check, one.configurations) for one in dev.findings] == [
            ("CKV_AWS_1", ("usual", "full")),
            ("CKV_AWS_2", ("full",)),
        ]

    def test_what_is_refused_once_did_not_pass(self) -> None:
        passed = (("CKV_AWS_1", "a/b"), ("CKV_AWS_1", "c"))
        (dev,) = judging.combined([("usual", outcome(passed=passed)), ("full", outcome(finding()))])
        assert dev.passed == {("CKV_AWS_1", "c")}

    def test_two_problems_of_one_resource_are_two(self) -> None:
        (dev,) = judging.combined([("usual", outcome(finding(what="a"), finding(what="b")))])
        assert [one.what for one in dev.findings] == ["a", "b"]

    def test_environments_stay_apart(self) -> None:
        other = outcome(finding(environment="prod"), environment="prod")
        assert [one.environment for one in judging.combined([("u", other), ("u", outcome())])] == [
            "dev",
            "prod",
        ]

"""Who said yes to what: the file, what it covers, and the lines that tell."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.gates import acknowledgements, report
from ops.gates.acknowledgements import Acknowledgements, load
from ops.gates.check import closed, findings
from ops.gates.finding import Finding, Gate
from tests.support.plan_documents import code, deleted, plan, updated

TODAY = date(2026, 12, 1)
QUEUE = Finding(Gate.DATA_LOSS, "aws_sqs_queue.q", "dev/q", "dev/q would be destroyed", ("because",))
ENTRY = {
    "environment": '"dev"',
    "address": '"aws_sqs_queue.q"',
    "gate": '"data-loss"',
    "reason": '"It has been empty since Monday."',
    "by": '"Ada"',
    "expires": "2026-12-08",
}


def written(tmp_path: Path, *entries: dict[str, str | None]) -> Path:
    """A file with these entries; each is ENTRY with other values, a None takes a key away."""
    file = tmp_path / "acknowledged.toml"
    text = ""
    for entry in entries:
        lines = [f"{key} = {value}" for key, value in (ENTRY | entry).items() if value is not None]
        text += "\n".join(["[[acknowledged]]", *lines, ""])
    file.write_text(text)
    return file


def said(tmp_path: Path, *entries: dict[str, str | None]) -> Acknowledgements:
    return load(TODAY, written(tmp_path, *entries))


def covers(tmp_path: Path, environment: str = "dev", **entry: str) -> bool:
    (finding,) = said(tmp_path, entry).applied(environment, [QUEUE], TODAY)
    return finding.acknowledged is not None


class TestFile:
    def test_the_one_that_is_committed(self) -> None:
        load(datetime.now(UTC).date())

    def test_none_is_none(self, tmp_path: Path) -> None:
        assert load(TODAY, tmp_path / "nothing.toml") == Acknowledgements()

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ({"until": "2026-12-08"}, "until is not known; allowed: environment, address, gate, reason, by"),
            ({"gate": '"loss"'}, "gate is loss; allowed: one of data-loss, broadening, exposure"),
            (
                {"environment": '"production"'},
                "environment is production; allowed: one of dev, staging, prod",
            ),
            ({"reason": None}, "reason is missing; allowed: why it is right"),
            ({"reason": '"   ok        "'}, "reason is    ok        ; allowed: why it is right"),
            ({"by": '""'}, "by is ; allowed: who says so"),
            ({"expires": "2027-01-01"}, "expires is 2027-01-01; allowed: a date, without quotes, at most 30"),
            ({"expires": '"2026-12-08"'}, "expires is 2026-12-08; allowed: a date, without quotes"),
            ({"address": '"*"'}, "address is *; allowed: the Terraform address"),
            ({"fingerprint": '"xyz"'}, "fingerprint is xyz; allowed: 12 hex digits"),
        ],
    )
    def test_what_is_refused(self, tmp_path: Path, entry: dict[str, str | None], message: str) -> None:
        with pytest.raises(OpsError) as refused:
            said(tmp_path, {}, entry)
        assert refused.value.code == ExitCode.CONFIGURATION
        assert refused.value.message.startswith(f"acknowledged.toml: entry 2: {message}")
        assert "docs/gates.md" in refused.value.hint

    def test_everything_that_is_wrong_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(OpsError) as refused:
            said(tmp_path, {"gate": '"x"', "by": None}, {}, {"environment": '"x"'})
        assert [line.split(": ")[1] for line in refused.value.message.splitlines()] == [
            "entry 1",
            "entry 1",
            "entry 3",
        ]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[acknowledged]", "it is not TOML"),
            ("[[acknowleged]]\nx = 1", "acknowleged is not known; allowed: [[acknowledged]]"),
            ("acknowledged = 1", "must be a list of entries"),
        ],
    )
    def test_what_is_no_list_of_entries(self, tmp_path: Path, text: str, message: str) -> None:
        file = tmp_path / "acknowledged.toml"
        file.write_text(text)
        with pytest.raises(OpsError, match=r"acknowledged\.toml") as refused:
            load(TODAY, file)
        assert message in refused.value.message

    def test_the_longest_time(self, tmp_path: Path) -> None:
        last = (TODAY + timedelta(days=30)).isoformat()
        assert len(said(tmp_path, {"expires": last}, {"environment": '"account"'}).entries) == 2

    def test_an_index_in_an_address(self, tmp_path: Path) -> None:
        (entry,) = said(tmp_path, {"address": "'aws_s3_bucket.b[\"x\"]'"}).entries
        assert entry.address == 'aws_s3_bucket.b["x"]'


class TestWhatIsCovered:
    def test_this_finding(self, tmp_path: Path) -> None:
        assert covers(tmp_path)

    @pytest.mark.parametrize(
        "entry", [{"address": '"aws_sqs_queue.other"'}, {"gate": '"exposure"'}, {"environment": '"prod"'}]
    )
    def test_nothing_else(self, tmp_path: Path, entry: dict[str, str]) -> None:
        assert not covers(tmp_path, **entry)

    def test_another_environment(self, tmp_path: Path) -> None:
        assert not covers(tmp_path, environment="staging")

    def test_a_pinned_one(self, tmp_path: Path) -> None:
        assert covers(tmp_path, fingerprint=f'"{QUEUE.fingerprint}"')
        assert not covers(tmp_path, fingerprint='"0123456789ab"')

    def test_the_last_day_and_the_day_after(self, tmp_path: Path) -> None:
        assert covers(tmp_path, expires="2026-12-01")
        assert not covers(tmp_path, expires="2026-11-30")

    def test_a_worse_finding_at_the_same_address(self) -> None:
        """To switch the protection off was acknowledged; to destroy the table was not."""
        address = "aws_dynamodb_table.t"
        off = updated(address, {"deletion_protection_enabled": True}, {"deletion_protection_enabled": False})
        first, second = (
            findings(plan(change), code(), "dev", Acknowledgements(), TODAY)[0]
            for change in (off, deleted(address, {}))
        )
        assert (first.gate, first.address) == (second.gate, second.address)
        assert first.fingerprint != second.fingerprint


class TestWhatIsLeft:
    def test_expired_and_unused_entries(self, tmp_path: Path) -> None:
        file = said(
            tmp_path,
            {},
            {"expires": "2026-11-01"},
            {"address": '"aws_sqs_queue.gone"'},
            {"environment": '"prod"'},
        )
        assert [entry.number for entry in file.expired("dev", TODAY)] == [2]
        assert [entry.number for entry in file.unused("dev", [QUEUE], TODAY)] == [3]

    def test_only_what_nobody_acknowledged_is_closed(self, tmp_path: Path) -> None:
        other = Finding(Gate.EXPOSURE, "aws_sqs_queue.q", "dev/q", "open")
        found = said(tmp_path, {}).applied("dev", [QUEUE, other], TODAY)
        assert closed(found) == (other,)


class TestReport:
    def test_what_the_file_has_too_much_of(self, tmp_path: Path) -> None:
        file = said(tmp_path, {}, {"expires": "2026-11-01"}, {"address": '"aws_x.y"'})
        expired, unused = file.expired("dev", TODAY), file.unused("dev", [QUEUE], TODAY)
        assert list(report.superfluous(expired, unused)) == [
            "environments/acknowledged.toml: entry 2 (data-loss of aws_sqs_queue.q in dev) expired on "
            "2026-11-01; remove it",
            "environments/acknowledged.toml: entry 3 (data-loss of aws_x.y in dev) covers nothing here; "
            "remove it",
        ]
        assert list(report.superfluous((), ())) == []

    def test_the_snippet_covers_what_it_is_for(self, tmp_path: Path) -> None:
        finding = Finding(Gate.BROADENING, 'aws_iam_role_policy.p["x"]', "", "more")
        text = "\n".join(report.snippet("dev", [finding], TODAY))
        entry: dict[str, Any] = tomllib.loads(text)["acknowledged"][0]
        assert entry.keys() == acknowledgements.ALLOWED.keys()
        file = tmp_path / "acknowledged.toml"
        file.write_text(text)
        with pytest.raises(OpsError, match="by is ; allowed"):
            load(TODAY, file)  # it does not say yes by itself
        file.write_text(
            text.replace('by = ""', 'by = "Ada"').replace('reason = ""', 'reason = "For the tests."')
        )
        assert closed(load(TODAY, file).applied("dev", [finding], TODAY)) == ()

    def test_for_programs(self, tmp_path: Path) -> None:
        (found,) = said(tmp_path, {}).applied("dev", [QUEUE], TODAY)
        told = found.as_json()
        assert told["fingerprint"] == QUEUE.fingerprint
        assert told["acknowledged"] == {
            "reason": "It has been empty since Monday.",
            "by": "Ada",
            "expires": "2026-12-08",
        }

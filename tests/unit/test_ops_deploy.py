"""Which bundles and plans `ops deploy` refuses, and what is written where it fails."""

from __future__ import annotations

import contextlib
import errno
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from environments import ConfigurationError
from environments.problems import Problem
from ops import cli
from ops.bundles import file, origin
from ops.bundles.file import Bundle
from ops.bundles.manifest import Failure, Manifest, Run
from ops.deployment import reviewing, saved
from ops.deployment.making import Attempt, recorded
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.gates.finding import Acknowledgement, Finding, Gate
from ops.plans.synthesized import Synthesized
from ops.review.model import Review

MANIFEST = Manifest(environment="dev", made=datetime(2026, 1, 2, tzinfo=UTC))
MISSING = Problem("SES_FROM_EMAIL", None, "an address", ".env", "dev", "is missing")
STACK = {
    "resource": {
        "aws_sqs_queue": {"jobs_1": {"//": {"metadata": {"path": "dev/websocket/jobs/queue"}}}},
    }
}


class TestSaved:
    def test_of_another_environment(self) -> None:
        with pytest.raises(OpsError, match="a plan of dev, not of prod") as caught:
            saved.refuse_other(Bundle(MANIFEST, b"plan"), "prod", "x.bundle")
        assert caught.value.code is ExitCode.USAGE

    def test_of_a_run_that_failed(self) -> None:
        failed = MANIFEST.model_copy(update={"failure": Failure(step="synth", code=3, message="no")})
        with pytest.raises(OpsError, match="failed at its synth"):
            saved.refuse_other(Bundle(failed), "dev", "x.bundle")


class TestRecorded:
    def test_a_failure_is_a_bundle(self, tmp_path: Path) -> None:
        attempt = Attempt("dev", "ops plan dev", step="plan", stack=STACK)
        error = OpsError(
            "AccessDenied for sk-ant-0123456789abcdef",
            hint="Ask.",
            code=ExitCode.AUTHENTICATION,
            address="aws_sqs_queue.jobs_1",
        )
        with pytest.raises(OpsError), recorded(attempt, tmp_path / "x"):
            raise error
        found = file.read(tmp_path / "x")
        assert found.manifest.failure == Failure(
            step="plan",
            code=ExitCode.AUTHENTICATION,
            message="AccessDenied for (looks like a secret)",
            hint="Ask.",
            address="aws_sqs_queue.jobs_1",
            construct_path="dev/websocket/jobs/queue",
            next_command="ops plan dev",
        )
        assert found.stack == STACK

    @pytest.mark.parametrize(
        ("error", "code", "message"),
        [
            (ConfigurationError([MISSING]), ExitCode.CONFIGURATION, "SES_FROM_EMAIL"),
            (KeyboardInterrupt(), ExitCode.INTERRUPTED, "Interrupted."),
            (typer.Abort(), ExitCode.USAGE, "A question was not answered."),
            (OSError(errno.ENOSPC, "No space left"), ExitCode.OUTPUT, "OSError: [Errno 28] No space left"),
            (OSError(errno.EIO, "I/O error"), ExitCode.FAILED, "OSError"),
            (EndpointConnectionError(endpoint_url="http://x"), ExitCode.FAILED, "EndpointConnectionError: "),
            (RuntimeError("sk-ant-0123456789abcdef"), ExitCode.FAILED, "RuntimeError: (looks like a secret)"),
        ],
    )
    def test_whatever_ends_it(
        self, tmp_path: Path, error: BaseException, code: ExitCode, message: str
    ) -> None:
        with pytest.raises(type(error)), recorded(Attempt("dev", "ops plan dev"), tmp_path / "x"):
            raise error
        failure = file.read(tmp_path / "x").manifest.failure
        assert failure
        assert (failure.step, failure.code) == ("configuration", code)
        assert message in failure.message

    def test_the_plan_it_had_is_not_one_to_apply_any_more(self, tmp_path: Path) -> None:
        attempt = Attempt("dev", "ops deploy dev", "apply", Bundle(MANIFEST, b"plan", {"a": 1}, STACK))
        with pytest.raises(OpsError), recorded(attempt, tmp_path / "x"):
            raise OpsError("It failed.")
        found = file.read(tmp_path / "x")
        assert (found.plan, found.document) == (b"", {"a": 1})
        assert found.manifest.failure
        assert found.manifest.failure.step == "apply"

    def test_it_is_of_the_run_that_failed_and_not_of_that_which_planned(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned = MANIFEST.model_copy(update={"run": Run(id="907", number=7, url="")})
        monkeypatch.setattr(origin, "run", lambda: Run(id="903", number=3, url=""))
        attempt = Attempt("dev", "ops deploy dev", "apply", Bundle(planned, b"plan", {}, STACK))
        with pytest.raises(OpsError), recorded(attempt, tmp_path / "x"):
            raise OpsError("It failed.")
        found = file.read(tmp_path / "x").manifest.run
        assert found
        assert found.id == "903"

    def test_an_earlier_runs_file_is_gone_however_this_one_ends(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not only where it ends in order: a process may be killed, and the disk may be full."""
        path = tmp_path / "x"
        for fails in (False, True):
            path.write_text("the bundle of an earlier run")
            monkeypatch.setattr("ops.files.write_private", None)
            with contextlib.suppress(OpsError), recorded(Attempt("dev", ""), path):
                assert not path.exists()
                if fails:
                    raise OpsError("It failed.")
            assert not path.exists()

    def test_what_cannot_be_removed_is_refused_before_anything_is_done(self, tmp_path: Path) -> None:
        attempt = recorded(Attempt("dev", ""), tmp_path)
        with pytest.raises(OpsError, match="cannot be removed") as caught, attempt:
            raise AssertionError("begun")
        assert caught.value.code is ExitCode.OUTPUT

    def test_the_plan_is_not_the_report(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("x").write_text("the plan")
        arguments = ["deploy", "dev", "--plan", "x", "--report", str(tmp_path / "x")]
        result = CliRunner().invoke(cli.app, arguments)
        assert (result.exit_code, Path("x").read_text()) == (ExitCode.USAGE, "the plan")

    def test_its_own_error_counts_where_it_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(OpsError, match="The first"), recorded(Attempt("dev", ""), tmp_path / "file/x"):
            raise OpsError("The first.")

    def test_without_a_file_nothing_is_written(self, tmp_path: Path) -> None:
        with pytest.raises(OpsError), recorded(Attempt("dev", ""), None):
            raise OpsError("It failed.")


def finding(gate: Gate, *, acknowledged: bool = False) -> Finding:
    who = Acknowledgement("because", "me", date(2026, 1, 3)) if acknowledged else None
    return Finding(gate, f"aws_x.{gate}", "dev/x", "it would be bad", (), who)


class TestGates:
    FOUND = (
        finding(Gate.DATA_LOSS),
        finding(Gate.BROADENING),
        finding(Gate.EXPOSURE),
        finding(Gate.DATA_LOSS, acknowledged=True),
    )

    def test_what_is_acknowledged_is_open(self) -> None:
        assert reviewing.closed(self.FOUND, approve_broadening=False) == list(self.FOUND[:3])

    def test_approval_is_for_broadening_alone(self) -> None:
        found = reviewing.closed(self.FOUND, approve_broadening=True)
        assert [one.gate for one in found] == [Gate.DATA_LOSS, Gate.EXPOSURE]

    def test_who_is_stopped_is_told_how_to_say_yes(self) -> None:
        review = Review(MANIFEST, None, Synthesized({}), self.FOUND)
        with pytest.raises(OpsError, match="3 findings stop the plan of dev") as caught:
            reviewing.refuse_closed(review, approve_broadening=False)
        assert caught.value.code is ExitCode.GATED
        entries = tomllib.loads(caught.value.hint.partition("\n")[2])["acknowledged"]
        assert [entry["address"] for entry in entries] == [one.address for one in self.FOUND[:3]]
        assert "--approve-broadening" not in caught.value.hint

    def test_broadening_alone_may_be_approved(self) -> None:
        review = Review(MANIFEST, None, Synthesized({}), (finding(Gate.BROADENING),))
        with pytest.raises(OpsError, match="1 finding stops") as caught:
            reviewing.refuse_closed(review, approve_broadening=False)
        assert "--approve-broadening" in caught.value.hint
        reviewing.refuse_closed(review, approve_broadening=True)

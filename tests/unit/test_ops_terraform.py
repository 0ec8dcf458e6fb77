"""Running Terraform: what its JSON lines say, how it fails, and how Ctrl-C reaches it. With a fake binary."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops import paths
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.terraform import Change, Plan, Terraform, binary

WARNING = '│ Warning: Deprecated Parameter\n│   12: "s3": {\n{ not JSON either\n'
"""What Terraform 1.15.0 prints on stdout although -json was asked for; here with braces, the worst case."""

Fake = Callable[[str], Terraform]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """fake(body): Terraform in an empty stack `dev`, its binary a shell script; $2 is the subcommand."""

    def make(body: str) -> Terraform:
        binary = tmp_path / "terraform"
        binary.write_text(f"#!/bin/sh\n{body}\n")
        binary.chmod(0o755)
        monkeypatch.setenv("TERRAFORM_BINARY_NAME", str(binary))
        stack = tmp_path / "dev"
        stack.mkdir()
        return Terraform(stack)

    return make


def says(text: str) -> str:
    """Shell that prints the text."""
    return f"cat <<'END'\n{text}\nEND\n"


def answers(**subcommands: str) -> str:
    """Shell that does something else for each subcommand."""
    cases = "\n".join(f"{name})\n{body}\n;;" for name, body in subcommands.items())
    return f'case "$2" in\n{cases}\nesac'


def change(actions: list[str], *, mode: str = "managed", importing: bool = False, name: str = "a") -> Any:
    inner: dict[str, Any] = {"actions": actions, "after": None if actions == ["delete"] else {"name": name}}
    if importing:
        inner["importing"] = {"id": "x"}
    return {"address": f"t.{name}", "type": "t", "mode": mode, "change": inner}


def diagnostic(severity: str, summary: str, **more: str) -> str:
    return json.dumps(
        {"type": "diagnostic", "diagnostic": {"severity": severity, "summary": summary, **more}}
    )


class TestPlan:
    def test_read_behind_warnings_without_what_does_not_change(self, fake: Fake) -> None:
        document = {
            "resource_changes": [
                change(["create"], name="new"),
                change(["delete"], name="old"),
                change(["no-op"], name="same"),
                change(["no-op"], importing=True, name="adopted"),
                change(["read"], mode="data", name="looked-up"),
            ],
            "output_changes": {"same": {"actions": ["no-op"]}, "new": {"actions": ["create"]}},
        }
        terraform = fake(
            answers(plan=says(WARNING + '{"type":"version"}'), show=says(WARNING + json.dumps(document)))
        )
        events: list[Any] = []
        plan = terraform.plan(events.append)
        assert [found.address for found in plan.changes] == ["t.new", "t.old", "t.adopted"]
        assert plan.changes[0] == Change("t.new", "t", ("create",), {"name": "new"}, False)
        assert plan.changes[1].after == {}
        assert plan.changes[2].importing
        assert plan.output_changes == ("new",)
        assert plan.file == terraform.directory / "ops.tfplan"
        assert events == [{"type": "version"}]

    def test_arguments(self, fake: Fake, tmp_path: Path) -> None:
        terraform = fake(f'echo "$@" >> "{tmp_path}/seen"; ' + answers(show="echo '{}'"))
        plan = terraform.plan(destroy=True)
        terraform.apply(plan)
        assert (tmp_path / "seen").read_text().splitlines() == [
            f"-chdir={terraform.directory} plan -json -input=false -out={plan.file} -destroy",
            f"-chdir={terraform.directory} show -json {plan.file}",
            f"-chdir={terraform.directory} apply -json -input=false {plan.file}",
        ]

    def test_each_command_that_takes_the_lock_waits_for_it(self, fake: Fake, tmp_path: Path) -> None:
        terraform = fake(f'echo "$@" >> "{tmp_path}/seen"; ' + answers(show="echo '{}'"))
        waiting = replace(terraform, lock_timeout="10m")
        (terraform.directory / "errored.tfstate").write_text("{}")
        waiting.apply(waiting.plan())
        waiting.difference("-refresh=false")
        waiting.store_unstored()
        lines = (tmp_path / "seen").read_text().splitlines()
        waited = [line.split()[1] for line in lines if "-lock-timeout=10m" in line.split()]
        assert waited == ["plan", "apply", "plan", "state"]
        assert [line.split()[1] for line in lines if "-lock-timeout" not in line] == ["show", "show"]
        # Terraform reads no option behind the plan's or the state's file.
        assert [line for line in lines if line.split()[-1] == "-lock-timeout=10m"] == []

    @pytest.mark.parametrize(
        ("changes", "outputs", "summary", "operations"),
        [
            ([], (), "no changes", 0),
            ([("create",), ("create",), ("update",)], (), "2 to create, 1 to update", 3),
            ([("delete", "create"), ("create", "delete")], (), "2 to replace", 4),
            ([("delete",), ("forget",)], (), "1 to delete, 1 to forget", 1),
            ([("create", "forget"), ("update",)], (), "1 to create, 1 to update, 1 to forget", 2),
            ([], ("a",), "1 output to change", 0),
            ([("update",)], ("a", "b"), "1 to update, 2 outputs to change", 1),
        ],
    )
    def test_summary_says_what_would_happen(
        self, changes: list[tuple[str, ...]], outputs: tuple[str, ...], summary: str, operations: int
    ) -> None:
        plan = Plan(Path("x"), tuple(Change("t.a", "t", actions, {}, False) for actions in changes), outputs)
        assert (plan.summary(), plan.operations) == (summary, operations)
        assert plan.empty is (summary == "no changes")

    def test_an_import_is_told_and_is_something_to_apply(self) -> None:
        plan = Plan(
            Path("x"),
            (Change("t.a", "t", ("no-op",), {}, True), Change("t.b", "t", ("update",), {}, True)),
            (),
        )
        assert plan.summary() == "2 to import, 1 to update"
        assert not plan.empty

    def test_a_move_is_told_and_is_something_to_apply(self) -> None:
        moved = {
            "mode": "managed",
            "address": "t.b",
            "previous_address": "t.a",
            "type": "t",
            "change": {"actions": ["no-op"], "after": {}},
        }
        plan = Plan.of(Path("x"), {"resource_changes": [moved]})
        assert (plan.summary(), plan.operations, plan.empty) == ("1 to move", 0, False)

    def test_kinds_most_first(self) -> None:
        plan = Plan(Path("x"), tuple(Change("", kind, ("create",), {}, False) for kind in "abb"), ())
        assert list(plan.kinds().items()) == [("b", 2), ("a", 1)]


class TestOutputs:
    def test_read_behind_warnings_without_secrets(self, fake: Fake) -> None:
        values = {
            "table": {"value": "t", "sensitive": False},
            "domains": {"value": ["a", True], "sensitive": False},
            "secret": {"value": "s", "sensitive": True},
        }
        terraform = fake(says(WARNING + json.dumps(values, indent=2)))
        assert terraform.outputs() == {"table": "t", "domains": '["a", true]'}

    def test_no_json_is_a_failure_and_no_traceback(self, fake: Fake) -> None:
        with pytest.raises(OpsError, match="No JSON") as caught:
            fake("echo nothing").outputs()
        assert caught.value.code is ExitCode.TERRAFORM


class TestFailures:
    def test_error_diagnostics_are_the_message(self, fake: Fake) -> None:
        lines = [
            diagnostic("warning", "Old provider"),
            diagnostic("error", "Cannot create", address="t.a", detail="The name is taken.\n"),
            diagnostic("error", "Second"),
        ]
        with pytest.raises(OpsError) as caught:
            fake(says("\n".join(lines)) + "exit 1").apply(Plan(Path("x"), (), ()))
        assert caught.value.message == (
            "terraform apply of dev failed.\nCannot create (t.a)\nThe name is taken.\nSecond"
        )
        assert caught.value.code is ExitCode.TERRAFORM
        assert "what was made is in the state" in caught.value.hint

    @pytest.mark.parametrize(
        ("body", "told"), [("echo crash >&2; exit 2", "crash"), ("exit 3", "exit code 3")]
    )
    def test_without_diagnostics_stderr_or_the_exit_code_is(self, fake: Fake, body: str, told: str) -> None:
        terraform = fake(body)
        with pytest.raises(OpsError, match=told):
            terraform.plan()
        with pytest.raises(OpsError, match=told) as caught:
            terraform.init()
        assert "Nothing was changed" in caught.value.hint

    def test_much_on_stderr_does_not_stop_it(self, fake: Fake) -> None:
        """TF_LOG=trace writes more there than a pipe holds, before the first line of stdout."""
        flood = 'head -c 300000 /dev/zero | tr "\\0" x >&2; '
        events: list[Any] = []
        terraform = fake(flood + "echo '{}'")
        terraform.apply(Plan(Path("x"), (), ()), events.append)
        terraform.init()
        assert events == [{}]

    @pytest.mark.parametrize("kind", ["missing", "not executable", "for another machine"])
    def test_a_binary_that_does_not_start_is_a_missing_tool(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
    ) -> None:
        terraform = fake("")
        named = tmp_path / "named"
        if kind != "missing":
            named.write_bytes(b"\x00garbage")
            named.chmod(0o644 if kind == "not executable" else 0o755)
        monkeypatch.setenv("TERRAFORM_BINARY_NAME", str(named))
        with pytest.raises(OpsError) as caught:
            terraform.init()
        assert caught.value.code is ExitCode.TOOL
        assert str(named) in caught.value.message
        assert "make setup" in caught.value.hint

    def test_a_workspace_of_the_shell_is_not_used(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TF_WORKSPACE", "elsewhere")
        fake('test -z "$TF_WORKSPACE" && test "$CHECKPOINT_DISABLE" = 1').init()


class TestBinary:
    def test_order(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(paths, "ROOT", tmp_path / "checkout")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("TERRAFORM_BINARY_NAME", raising=False)
        assert binary() == "terraform"
        brought = tmp_path / "checkout/.tools/terraform/1.11.4/terraform"
        brought.parent.mkdir(parents=True)
        brought.touch()
        assert binary() == str(brought)
        (tmp_path / "terraform").touch(0o755)
        assert binary() == str(tmp_path / "terraform")
        monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
        assert binary() == "tofu"


FAKE = """#!{python}
import json, os, signal, sys, time
from pathlib import Path
here = Path(__file__).parent
asked = 0
def interrupted(*_):
    global asked
    asked += 1
    with (here / "interrupts").open("a") as file:
        file.write("x")
signal.signal(signal.SIGINT, interrupted)
print(json.dumps({{"type": "apply_start"}}), flush=True)
while asked < int(os.environ["PATIENCE"]):
    time.sleep(0.01)
time.sleep(0.1)
print("x" * 200_000, flush=True)
print(json.dumps({{"type": "apply_complete"}}), flush=True)
(here / "state").write_text("written")
"""

RUNNER = """
import sys
from pathlib import Path
from ops import cli
from ops.terraform import Plan, Terraform

@cli.app.command()
def apply(directory: Path) -> None:
    def heard(event):
        print("event", flush=True)
        if event["type"] == "apply_complete":
            raise OSError("nobody reads this any more")

    Terraform(directory).apply(Plan(Path("x"), (), ()), heard)

sys.argv[1:] = ["apply", *sys.argv[1:]]
cli.main()
"""


def hear_signals() -> None:
    """Where the tests run in the background or under nohup, programs would inherit that these are ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class TestInterruption:
    @pytest.fixture
    def started(self, tmp_path: Path) -> Any:
        """started(patience): an `ops` that applies with a Terraform that ends at that many interrupts."""
        running: list[subprocess.Popen[str]] = []

        def start(patience: int) -> subprocess.Popen[str]:
            binary = tmp_path / "terraform"
            binary.write_text(FAKE.format(python=sys.executable))
            binary.chmod(0o755)
            process = subprocess.Popen(
                [sys.executable, "-c", RUNNER, str(tmp_path)],
                cwd=paths.ROOT,
                env=os.environ | {"TERRAFORM_BINARY_NAME": str(binary), "PATIENCE": str(patience)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                preexec_fn=hear_signals,
            )
            running.append(process)
            assert process.stdout
            assert process.stdout.readline() == "event\n"
            return process

        yield start
        for process in running:
            process.kill()
            process.communicate()

    @staticmethod
    def interrupts(folder: Path, count: int) -> str:
        """What the fake was sent, once it is that many."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            file = folder / "interrupts"
            if file.exists() and len(file.read_text()) >= count:
                break
            time.sleep(0.01)
        return file.read_text()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
    def test_it_ends_in_order_before_ops_does(self, started: Any, tmp_path: Path, number: int) -> None:
        """Ctrl-C at the terminal goes to the whole group: Terraform must get one interrupt, not two."""
        process = started(1)
        os.killpg(process.pid, number)
        output, error = process.communicate(timeout=60)
        assert process.returncode == ExitCode.INTERRUPTED
        assert output == "event\n"  # of what Terraform finished meanwhile
        assert (tmp_path / "state").read_text() == "written"
        assert (tmp_path / "interrupts").read_text() == "x"
        assert "Terraform finishes the requests under way" in error
        assert "Interrupted." in error
        assert "Traceback" not in error

    def test_second_ctrl_c_is_passed_on(self, started: Any, tmp_path: Path) -> None:
        process = started(2)
        process.send_signal(signal.SIGINT)
        assert self.interrupts(tmp_path, 1) == "x"
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == ExitCode.INTERRUPTED
        assert (tmp_path / "interrupts").read_text() == "xx"

    def test_cancelled_twice_it_is_asked_once(self, started: Any, tmp_path: Path) -> None:
        """A second interrupt would make Terraform drop its state; pipelines send several signals."""
        process = started(2)
        process.send_signal(signal.SIGTERM)
        assert self.interrupts(tmp_path, 1) == "x"
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        assert process.poll() is None
        assert (tmp_path / "interrupts").read_text() == "x"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == ExitCode.INTERRUPTED

    def test_a_failure_of_ours_ends_it_too(self, fake: Fake, tmp_path: Path) -> None:
        terraform = fake(f"trap 'touch \"{tmp_path}/ended\"; kill $!; exit' INT; echo '{{}}'; sleep 5 & wait")

        def full(event: Any) -> None:
            raise OSError(28, "No space left on device")

        started = time.monotonic()
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # as above
        try:
            with pytest.raises(OSError, match="No space"):
                terraform.apply(Plan(Path("x"), (), ()), full)
        finally:
            signal.signal(signal.SIGINT, before)
        assert (tmp_path / "ended").exists()
        assert time.monotonic() - started < 4


def test_a_state_that_could_not_be_stored_is_stored_once(fake: Fake) -> None:
    terraform = fake('test "$2 $3 $5" = "state push errored.tfstate"')
    assert not terraform.store_unstored()
    kept = terraform.directory / "errored.tfstate"
    kept.write_text("{}")
    assert terraform.store_unstored()
    assert not kept.exists()


def test_a_state_that_is_refused_is_kept(fake: Fake) -> None:
    terraform = fake('echo "cannot import state with serial 3 over newer state with serial 9" >&2; exit 1')
    kept = terraform.directory / "errored.tfstate"
    kept.write_text("{}")
    with pytest.raises(OpsError) as refused:
        terraform.store_unstored()
    assert refused.value.code is ExitCode.STATE
    assert kept.read_text() == "{}"


@pytest.mark.parametrize(("command", "mode"), [("plan", 0o600), ("init", 0o644)])
def test_what_it_writes_is_for_its_owner_but_providers_may_be_shared(
    fake: Fake, command: str, mode: int
) -> None:
    terraform = fake('touch "${1#-chdir=}/written"; ' + answers(show="echo '{}'"))
    before = os.umask(0o022)
    try:
        getattr(terraform, command)()
    finally:
        os.umask(before)
    assert stat.S_IMODE((terraform.directory / "written").stat().st_mode) == mode

"""The benchmark's own judgement: what it calls met, what it counts, and that it leaves nothing running."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import __main__ as bench
from bench import example, processes, report, review
from bench.figures import Figure, Verdict, show, slope
from bench.processes import OnProgress, Program, Run
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.paths import ROOT


def program(code: str, **changes: Any) -> Program:
    return Program([sys.executable, "-c", code], **{"environ": os.environ, "directory": ROOT, **changes})


@pytest.mark.parametrize(
    ("value", "bounds", "verdict"),
    [
        (1.2, {"at_most": 1.2}, Verdict.MET),
        (1.2001, {"at_most": 1.2}, Verdict.MISSED),
        (10.0, {"at_least": 10}, Verdict.MET),
        (9.99, {"at_least": 10}, Verdict.MISSED),
        (99.0, {}, Verdict.NONE),
        (None, {"at_most": 1.2}, Verdict.NONE),
    ],
)
def test_a_goal_is_met_missed_or_not_judged(value: float, bounds: dict[str, Any], verdict: Verdict) -> None:
    assert Figure("group", "name", value, "s", **bounds).verdict is verdict


def test_the_growth_is_that_of_the_line_through_the_points() -> None:
    assert slope([(1, 1.0), (3, 1.2), (10, 1.9), (30, 3.9)]) == pytest.approx(0.1)


def test_what_was_not_measured_is_said() -> None:
    assert show(None, "MiB") == "not measured"


def test_cpu_time_of_children_counts() -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    run = processes.timed(
        program(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])")
    )
    assert run.cpu_s >= 0.3
    assert run.wall_s >= 0.3


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is measured from /proc")
def test_memory_is_that_of_all_processes_at_one_moment() -> None:
    hold = "import time; held = bytearray(b'x') * 60_000_000; time.sleep(0.4)"
    both = (
        f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {hold!r}])\n"
        f"{hold}\nchild.wait()"
    )
    peak = processes.peak_memory_mib(program(both))
    assert peak is not None
    assert 2 * 57 < peak < 2 * 57 + 60


def test_a_program_that_fails_is_an_error_with_its_words() -> None:
    with pytest.raises(OpsError, match="no such luck"):
        processes.timed(program("import sys; sys.exit('no such luck')"))
    assert processes.timed(program("raise SystemExit(2)", exit_codes=(0, 2))).wall_s > 0


def test_programs_run_in_turn_after_a_run_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    programs = {name: program(f"open({str(log)!r}, 'a').write({name!r})") for name in ("a", "b")}
    runs = processes.in_turn(programs, {"a": 3, "b": 1})
    assert log.read_text() == "ab" + "ab" + "a" + "a"
    assert {name: len(of) for name, of in runs.items()} == {"a": 3, "b": 1}


def test_measured_programs_see_nothing_of_the_developer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "S3_LIFECYCLE_DAYS", "NODE_OPTIONS", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "mine")
    environ = example.environ(tmp_path)
    assert "mine" not in environ.values()
    assert list(Path(environ["SPEC_WIZARD_ENV_DIR"]).iterdir()) == []


def stand_ins(monkeypatch: pytest.MonkeyPatch, figure: Figure) -> None:
    def measure(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
        on_progress("working")
        return [figure], {"it": [Run(1.0, 2.0)]}

    monkeypatch.setattr(bench, "PARTS", {figure.group: measure})
    monkeypatch.setattr(signal, "signal", lambda *_: None)


@pytest.mark.parametrize(
    ("value", "arguments", "code"),
    [(1.0, ["--strict"], ExitCode.OK), (2.0, [], ExitCode.OK), (2.0, ["--strict"], ExitCode.FAILED)],
)
def test_a_missed_goal_is_a_failure_only_if_strict(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    value: float,
    arguments: list[str],
    code: ExitCode,
) -> None:
    stand_ins(monkeypatch, Figure("synth", "wall time", value, "s", at_most=1.2))
    file = tmp_path / "bench.json"
    assert bench.main([*arguments, "--json", str(file)]) == code
    content = json.loads(file.read_text())
    (figure,) = content["figures"]
    assert (figure["value"], figure["verdict"]) == (value, "met" if value < 1.2 else "missed")
    assert content["runs"] == {"synth": {"it": [{"wall_s": 1.0, "cpu_s": 2.0}]}}
    assert content["machine"]["cpus"] == os.cpu_count()
    assert "synth: working" in capsys.readouterr().out


@pytest.mark.parametrize("terminal", [True, False])
def test_figure_goal_and_verdict_are_readable_on_a_terminal_and_piped(terminal: bool) -> None:
    output = io.StringIO()
    figure = Figure("synth", "wall time", 1.96, "s", at_most=1.2, detail="median of 9 runs")
    console = Console(file=output, force_terminal=terminal, width=120, color_system=None)
    report.table(console, [figure], {"cpus": 2})
    for text in ("wall time", "1.96 s", "≤ 1.20 s", "missed", "median of 9 runs", "cpus 2"):
        assert text in output.getvalue()


def test_ctrl_c_ends_what_was_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    sleeper = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}\\n')\ntime.sleep(60)"
    )
    measure = (
        "import os, sys\nfrom bench.processes import Program, timed\nfrom pathlib import Path\n"
        f"timed(Program([sys.executable, '-c', {sleeper!r}], os.environ, Path('.')))"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", measure],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        # Where the tests run in the background, shells have SIGINT ignored; programs would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 20
    while not (pids.exists() and pids.read_text().endswith("\n")) and time.monotonic() < deadline:
        time.sleep(0.02)
    started = [int(pid) for pid in pids.read_text().split()]
    run.send_signal(signal.SIGINT)
    run.wait(20)
    while any(running(pid) for pid in started) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [pid for pid in started if running(pid)] == []


def running(pid: int) -> bool:
    """A zombie that nobody has waited for yet is not running."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_the_review_of_a_large_plan_is_measured_whole_with_its_goal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gates and cost are a part of it, and each output."""
    monkeypatch.setattr(review, "RESOURCES", 16)
    judged: list[Any] = []
    render = review.markdown.comment
    monkeypatch.setattr(review.markdown, "comment", lambda shown: judged.append(shown[0]) or render(shown))
    figures, _ = bench.PARTS[review.GROUP](tmp_path, lambda text: None, quick=True)
    assert {figure.name: figure.at_most for figure in figures if figure.at_most} == dict.fromkeys(
        ("gates and cost", "terminal", "piped", "comment", "step summary", "page"), 1.0
    )
    assert {bool(one.findings and one.cost) for one in judged} == {True}

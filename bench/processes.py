"""Running a program to its end as a whole process tree: time, CPU, and the memory of all of it together."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError

SAMPLE_S = 0.02
"""How often memory is looked at, in seconds."""

_PROC = Path("/proc")


@dataclass(frozen=True)
class Run:
    """One finished run. cpu_s: user and system time of the process and of all children it waited for."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Program:
    """What is run, with its whole environment, and the exit codes that are right."""

    command: Sequence[str | Path]
    environ: Mapping[str, str]
    directory: Path
    exit_codes: tuple[int, ...] = (0,)


def median(runs: Sequence[Run]) -> Run:
    """The medians; they need not be of the same run."""
    return Run(statistics.median(run.wall_s for run in runs), statistics.median(run.cpu_s for run in runs))


def in_turn(programs: Mapping[str, Program], rounds: Mapping[str, int]) -> dict[str, list[Run]]:
    """Each program as often as `rounds` says, after one run that does not count.

    One after the other and again from the start, so that a machine whose speed drifts is the same to all.
    """
    for program in programs.values():
        timed(program)
    runs: dict[str, list[Run]] = {name: [] for name in programs}
    for number in range(max(rounds.values())):
        for name, program in programs.items():
            if number < rounds[name]:
                runs[name].append(timed(program))
    return runs


def timed(program: Program) -> Run:
    """Run once, undisturbed. Raises OpsError with what it printed where the exit code is not right."""
    started = time.perf_counter()
    with _running(program) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(wall_s, usage.ru_utime + usage.ru_stime)


def peak_memory_mib(program: Program) -> float | None:
    """Run once; the most memory that the process and its descendants had at one moment, in MiB.

    Sampled every SAMPLE_S seconds. PSS: what several processes share is counted once, so that a tree of
    three Node processes is not charged three times for Node's own program. None where there is no /proc.
    """
    if not (_PROC / "self" / "smaps_rollup").exists():
        return None
    peak_kib = 0
    with _running(program) as process:
        while process.poll() is None:
            peak_kib = max(peak_kib, sum(_pss_kib(pid) for pid in _tree(process.pid)))
            time.sleep(SAMPLE_S)
    return peak_kib / 1024


@contextmanager
def _running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """The process in a group of its own, which is ended whatever happens here, Ctrl-C included."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [str(word) for word in program.command],
            env=dict(program.environ),
            cwd=program.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        except BaseException:
            _end(process)
            raise
        if process.returncode not in program.exit_codes:
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
            words = " ".join(str(word) for word in program.command)
            raise OpsError(f"{words} ended with exit code {process.returncode}:\n{text}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: gently first, so that Terraform releases its lock and jsii removes its files."""
    # The second is for what outlives the first process as well.
    for number, patience_s in ((signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)


def _tree(pid: int) -> Iterator[int]:
    """The process and all that descend from it, as far as they still run."""
    yield pid
    for children in (_PROC / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _pss_kib(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


OnProgress = Callable[[str], None]
"""Called with what is being done."""

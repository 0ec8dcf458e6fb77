"""The lock by which a server is recognised."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ops.local_aws import layout

HOLDER = """
import json, sys
from pathlib import Path
from ops.local_aws.layout import lock_server_file
file = lock_server_file(Path(sys.argv[1]))
json.dump({"pid": 1}, file)
file.flush()
print("locked", flush=True)
sys.stdin.read()
"""


def test_what_a_dead_server_wrote_means_nothing(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    # The process with this id lives, and is not ours.
    file.write_text(json.dumps({"pid": 1, "port": 1}))
    assert layout.running(file) is None


def test_without_a_file_nothing_runs(tmp_path: Path) -> None:
    assert layout.running(tmp_path / "server.json") is None


def test_a_lock_lasts_as_long_as_its_process(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    command = [sys.executable, "-c", HOLDER, str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=layout.CHECKOUT, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert layout.running(file) == {"pid": 1}
        assert layout.lock_server_file(file) is None
        holder.kill()
        holder.wait()
    assert layout.running(file) is None


def test_looking_does_not_keep_a_server_from_its_lock(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    assert layout.running(file) is None
    held = layout.lock_server_file(file)
    assert held
    with held:
        assert layout.lock_server_file(file) is None

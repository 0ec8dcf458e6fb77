"""Node starts early, is used where it can be, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from constructs_lib import lazy_bindings
from ops.exit_codes import ExitCode
from ops.paths import ROOT
from tests.support.configuration import variables


def run(*command: str, outdir: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """With a folder for temporary files that must be empty afterwards."""
    temporary = outdir / "temporary"
    temporary.mkdir(parents=True)
    # A JSII_NODE that the caller has set would rule a head start out.
    environ = {name: value for name, value in os.environ.items() if name not in ("JSII_NODE", "NODE_OPTIONS")}
    environ |= {**variables(), "CDKTF_OUTDIR": str(outdir / "cdktf.out"), "TMPDIR": str(temporary), **changes}
    result = subprocess.run(
        [sys.executable, *command], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert list(temporary.iterdir()) == []
    return result


def synthesized(outdir: Path, **changes: str) -> dict[str, bytes]:
    result = run(str(ROOT / "main.py"), outdir=outdir, **changes)
    assert (result.returncode, result.stderr) == (0, "")
    tree = outdir / "cdktf.out"
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob("*") if p.is_file()}


def test_jsii_uses_the_node_that_was_started_early(tmp_path: Path) -> None:
    """Also where it asks for less than was loaded ahead: the provider's bindings are not imported here."""
    program = (
        "from constructs_lib import head_start\n"
        "head_start.start(); head_start.hand_over()\n"
        "import cdktf, jsii\n"
        "assert cdktf.Fn.join('-', ['a', 'b'])\n"
        "print(jsii.kernel.provider._process._process is head_start._started)\n"
    )
    result = run("-c", program, outdir=tmp_path)
    assert (result.stdout, result.stderr) == ("True\n", "")


def test_without_a_head_start_the_bytes_are_the_same(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.symlink_to(str(lazy_bindings.project_node()))
    ahead = synthesized(tmp_path / "ahead")
    # With the nine functions' zips.
    assert len(ahead) == 22
    assert synthesized(tmp_path / "stock-start", JSII_NODE=str(node)) == ahead


def test_a_node_that_ended_early_is_replaced(tmp_path: Path) -> None:
    program = (
        "from constructs_lib import head_start\n"
        "head_start.start(); started = head_start._started\n"
        "started.terminate(); started.wait()\n"
        "head_start.hand_over()\n"
        "import cdktf\n"
        "print(cdktf.TerraformStack(cdktf.App(), 'it').node.id)\n"
    )
    assert run("-c", program, outdir=tmp_path).stdout == "it\n"


def test_a_wrong_configuration_ends_it(tmp_path: Path) -> None:
    result = run(str(ROOT / "main.py"), outdir=tmp_path, AWS_ACCOUNT_ID="12")
    assert result.returncode == ExitCode.CONFIGURATION
    assert result.stderr.startswith("The configuration has 1 problem.")
    assert not (tmp_path / "cdktf.out").exists()

"""The same bytes with the lazy bindings and with those published. Too slow to be among the synth tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from constructs_lib.lazy_bindings import STOCK_SWITCH
from ops.paths import ROOT
from tests.support.configuration import variables


def test_stock_and_lazy_bindings_synthesize_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for stock in ("0", "1"):
        outdir = tmp_path / stock
        environ = os.environ | variables() | {"CDKTF_OUTDIR": str(outdir), STOCK_SWITCH: stock}
        environ.pop("NODE_OPTIONS", None)
        subprocess.run([sys.executable, str(ROOT / "main.py")], env=environ, cwd=ROOT, check=True)
        trees.append({p.relative_to(outdir): p.read_bytes() for p in outdir.rglob("*") if p.is_file()})
    assert len(trees[0]) == 22  # a manifest, three files for each stack, and the zips of nine functions
    assert trees[0] == trees[1]

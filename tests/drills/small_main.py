"""`main.py` of a drill's checkout: the project's own, which here cuts `staging` down to one log group.

For what is about the state, its lock and one change, a stack of that size tells as much in a tenth of the
time, and `ops` and `cdktf` do with it what they do with any. The group is retained for DRILL_DAYS.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
from pathlib import Path
from typing import Any

SMALL, DAYS = "staging", "DRILL_DAYS"
WHOLE = "whole_main.py"


def take_the_place_in(root: Path) -> None:
    """Put this program where `ops` and `cdktf` look for the project's, in a copy of the checkout."""
    (root / "main.py").rename(root / WHOLE)
    shutil.copyfile(__file__, root / "main.py")


def main() -> None:
    """Run the project's own; the stack is cut down before its folder is made ready for Terraform."""
    from constructs_lib import working_directory

    prepare = working_directory.prepare

    def cut_down_and_prepare(outdir: Path, **more: Any) -> None:
        graph = outdir / "stacks" / SMALL / "cdk.tf.json"
        if SMALL in json.loads((outdir / "manifest.json").read_text())["stacks"]:
            graph.write_text(json.dumps(_cut_down(json.loads(graph.read_text()))))
        prepare(outdir, **more)

    working_directory.prepare = cut_down_and_prepare
    runpy.run_path(str(Path(__file__).with_name(WHOLE)), run_name="__main__")


def _cut_down(stack: dict[str, Any]) -> dict[str, Any]:
    days = int(os.environ.get(DAYS, "30"))
    group = {
        "//": {"metadata": {"path": f"{SMALL}/drill"}},
        "name": f"/spec-wizard/{SMALL}/drill",
        "retention_in_days": days,
    }
    return {
        "//": {"metadata": stack["//"]["metadata"]},
        "terraform": stack["terraform"],
        "provider": stack["provider"],
        "resource": {"aws_cloudwatch_log_group": {"drill": group}},
    }


if __name__ == "__main__":
    main()

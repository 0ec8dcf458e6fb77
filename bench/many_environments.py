"""Synthesize N environments: `python -m bench.many_environments N`. Writes to CDKTF_OUTDIR.

There are three configurations; repeated under other names they are as much work as others would be.
"""

from __future__ import annotations

import os
import sys
from itertools import cycle, islice

import environments
from constructs_lib import head_start


def main(count: int) -> None:
    """As `main.py`, with more stacks."""
    head_start.start()
    configs = environments.load_all(environments.ENVIRONMENTS)
    accounts = environments.load_accounts(environments.ENVIRONMENTS)
    head_start.hand_over()
    from constructs_lib import app

    repeated = islice(cycle(configs.items()), count)
    named = {f"{name}-{number}": config for number, (name, config) in enumerate(repeated, 1)}
    app.synthesize(named, accounts, os.environ["CDKTF_OUTDIR"])


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""Environment names -> configuration -> stacks -> Terraform JSON. `cdktf` and `ops` run this program."""

from __future__ import annotations

import os
import sys

import environments
from constructs_lib import head_start


def main() -> int:
    """Synthesize the environments that ENVIRONMENT names.

    Exit code 3: the configuration is not right; 11: what functions are made of is not there.
    """
    head_start.start()
    try:
        names = environments.selected()
        configs, accounts = environments.load_all(names), environments.load_accounts(names)
    except environments.ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code

    head_start.hand_over()
    from constructs_lib import app  # after the configuration: a wrong value is told at once, without jsii
    from constructs_lib.compute.wheels import NotSetUp

    try:
        app.synthesize(configs, accounts, os.environ.get("CDKTF_OUTDIR", "cdktf.out"))
    except NotSetUp as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    head_start.leave(code)

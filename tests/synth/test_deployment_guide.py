"""The guide names every exit code and every alarm, and only commands that there are."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from constructs_lib.account.security_events import security_events
from constructs_lib.monitoring.alarms import UNHEALTHY, alarms
from ops import cli
from ops.exit_codes import ExitCode
from ops.paths import ROOT
from tests.support import configuration
from tests.support.monitoring import MAX_AGE_DAYS, SUBJECTS

GUIDE = (ROOT / "docs/DEPLOYMENT_GUIDE.md").read_text(encoding="utf-8")


def _part(mark: str) -> str:
    return GUIDE.partition(f"<!-- {mark} -->\n")[2].partition(f"<!-- end of {mark} -->")[0]


def test_every_exit_code_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+) `(\w+)` \|", _part("exit codes"), re.MULTILINE)
    assert rows == [(str(code.value), code.name) for code in ExitCode if code is not ExitCode.OK]


def test_every_alarm_has_a_first_command() -> None:
    first = [row.split("|")[1] for row in _part("alarm runbook").splitlines()[2:]]
    named = [name for cell in first for name in re.findall(r"`([\w-]+)`", cell)]
    (account,) = configuration.accounts("dev").values()
    there = [one.id for one in alarms(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS)]
    assert sorted(named) == sorted([UNHEALTHY, *there, *(event.id for event in security_events(account))])


def _commands() -> list[str]:
    """Of blocks and of sentences, without what stands behind them."""
    blocks = re.findall(r"^(ops [^\n#|<]*)", GUIDE, re.MULTILINE)
    return sorted({found.strip() for found in [*blocks, *re.findall(r"`(ops [^`]*)`", GUIDE)]})


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_one(command: str) -> None:
    """Command and options are known to the command line; nothing is run."""
    words = ["dev" if word == "ENV" else word for word in shlex.split(command)[1:]]
    group = typer.main.get_command(cli.app)
    while words and words[0] in getattr(group, "commands", {}):
        group = group.commands[words.pop(0)]  # type: ignore[attr-defined]
    if command == "ops COMMAND --help":
        return
    options = {name for parameter in group.params for name in parameter.opts}
    assert not hasattr(group, "commands"), f"{command}: {words} is no command"
    assert [word for word in words if word.startswith("-") and word not in options | {"--help"}] == []

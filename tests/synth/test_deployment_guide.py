"""The guide names every exit code, alarm and mail about cost, and only commands that there are."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from constructs_lib.account.cost_alerts import NOTIFICATIONS
from constructs_lib.account.security_events import security_events
from constructs_lib.monitoring.alarms import UNHEALTHY, alarms
from environments import naming
from ops import cli
from ops.exit_codes import ExitCode
from tests.support import configuration, deployment_guide
from tests.support.monitoring import MAX_AGE_DAYS, SUBJECTS

VERBS = ("deploy", "destroy", "diff", "list", "synth")
"""Of cdktf."""
STACKS = (naming.ACCOUNT, "dev", "staging", "prod")


def test_every_exit_code_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+) `(\w+)` \|", deployment_guide.part("exit codes"), re.MULTILINE)
    assert rows == [(str(code.value), code.name) for code in ExitCode if code is not ExitCode.OK]


def test_every_alarm_has_a_first_command() -> None:
    rows = deployment_guide.part("alarm runbook").splitlines()[2:]
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]
    (account,) = configuration.accounts("dev").values()
    there = [one.id for one in alarms(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS)]
    assert sorted(named) == sorted([UNHEALTHY, *there, *(event.id for event in security_events(account))])


def test_every_mail_about_cost_has_its_row() -> None:
    rows = [row.split("|")[1].strip() for row in deployment_guide.part("cost runbook").splitlines()[2:]]
    budget, anomalies = (naming.resource(naming.ACCOUNT, name) for name in ("monthly", "anomalies"))
    mails = [f"budget `{budget}`, `{type_}` over {per_cent} %" for type_, per_cent in NOTIFICATIONS]
    assert sorted(rows) == sorted([*mails, f"anomaly `{anomalies}`"])


def test_each_command_of_a_sentence_is_run_or_said_not_to_be() -> None:
    """Once, and those that are run at the end do not change anything."""
    run = [typed.command for typed in deployment_guide.run_at_the_end()]
    told = [*run, *deployment_guide.only_read()]
    assert sorted(told) == sorted(deployment_guide.inline())
    assert [command for command in run if not command.startswith("ops ")] == []


def test_no_exit_code_of_the_page_is_a_defect() -> None:
    typed = [*deployment_guide.lines(), *deployment_guide.run_at_the_end()]
    assert [one for one in typed if one.code in (ExitCode.FAILED, ExitCode.USAGE)] == []
    assert [one for one in typed if "||" in one.command] == []


def _commands() -> list[str]:
    """Of blocks and of sentences, without where they read from and write to."""
    blocks = [re.split(r" [<|>]", typed.command)[0] for typed in deployment_guide.lines()]
    return sorted({found.strip() for found in [*blocks, *deployment_guide.inline()]})


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_one(command: str) -> None:
    """Command and options are known to the command line; nothing is run."""
    program, *words = shlex.split(command)
    if program == "cdktf":
        assert words[0] in VERBS
        assert set(words[1:]) <= set(STACKS)
        return
    assert program == "ops"
    words = [{"ENV": "dev", "COMMAND": "deploy"}.get(word, word) for word in words]
    group = typer.main.get_command(cli.app)
    while words and words[0] in getattr(group, "commands", {}):
        group = group.commands[words.pop(0)]  # type: ignore[attr-defined]
    options = {name for parameter in group.params for name in parameter.opts}
    assert not hasattr(group, "commands"), f"{command}: {words} is no command"
    assert [word for word in words if word.startswith("-") and word not in options | {"--help"}] == []

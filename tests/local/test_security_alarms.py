"""The alarms of the account's own events, each driven to ALARM and back."""

from __future__ import annotations

from pathlib import Path

from tests.local import checkout
from tests.local.alarms import drive_all


def test_trap_53_each_security_alarm_goes_off_and_comes_back(tmp_path: Path) -> None:
    """Making the account sets some of them off: most of the time goes by until they are quiet."""
    with checkout.running(tmp_path) as here:
        here.ops("local", "start")
        here.ops("--local", "bootstrap", "dev")
        here.ops("--local", "deploy", "account", "--confirm", "account")
        drive_all(here.local_aws, "account", "security-alarms", [])

"""What is backed up is asked for, before and after recovery is switched off by hand."""

from __future__ import annotations

import json

from ops.exit_codes import ExitCode
from tests.drills.conftest import Deployed
from tests.drills.ledger import Drill

TABLE = "spec-wizard-sessions-dev"


def test_recovery_that_was_switched_off_is_noticed(deployed: Deployed, drill: Drill) -> None:
    whole = json.loads(deployed.here.ops("--local", "backup", "status", "dev", "--json"))
    assert whole["ok"] is True
    assert whole["table"] == TABLE
    assert whole["versioning"] == "Enabled"
    assert whole["noncurrent_days"] == 7
    assert whole["earliest"] < whole["latest"]
    assert whole["vault_since"] > "2026"
    assert whole["tests_since"] > "2026"

    drill.loses("point-in-time recovery, switched off by hand")
    client = deployed.client("dynamodb")

    def switch(on: bool) -> None:
        client.update_continuous_backups(
            TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
        )

    switch(False)
    output = deployed.here.ops("--local", "backup", "status", "dev", code=ExitCode.PROOF)
    assert f"Point-in-time recovery of {TABLE} is off: deploy dev." in output
    switch(True)
    assert "any second of" in deployed.here.ops("--local", "backup", "status", "dev")
    drill.gets_back("exit code 8 with the table's name and what to do; 0 again afterwards")

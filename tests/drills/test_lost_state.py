"""The worst that a killed apply can do: nothing is in the state of what it made."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.drills.ledger import Drill
from tests.local import checkout
from tests.local.inventory import project

STATE_BUCKET = "spec-wizard-tfstate-123456789012-us-east-1"
STACKS = ("account", "dev")


def test_a_lost_state_is_made_again_from_what_is_there(tmp_path: Path, drill: Drill) -> None:
    """Nothing is made twice, and the next plan is empty."""
    with checkout.running(tmp_path) as here:
        here.ops("local", "start")
        here.ops("--local", "bootstrap", "dev")
        here.cdktf("deploy", *STACKS, "--auto-approve")
        here.ops("--local", "signing-key", "create", "dev")  # else `ops up` makes it, and more than before
        here.cdktf("deploy", "dev", "--auto-approve")
        before = project(here.local_aws)
        assert before
        s3, table = here.local_aws.client("s3"), here.local_aws.client("dynamodb")
        keys = [f"{stack}/terraform.tfstate" for stack in STACKS]
        states = [json.loads(s3.get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read()) for key in keys]
        resources = sum(one["mode"] == "managed" for state in states for one in state["resources"])
        drill.loses(f"{len(states)} states with {resources} resources, and their checksums")
        for key in keys:
            s3.delete_object(Bucket=STATE_BUCKET, Key=key)
            item = {"LockID": {"S": f"{STATE_BUCKET}/{key}-md5"}}
            table.delete_item(TableName="spec-wizard-tflock", Key=item)
        imported = re.findall(r"(\d+) to import", here.ops("up"))
        assert imported
        after = project(here.local_aws)
        assert after == before
        drill.gets_back(f"{sum(map(int, imported))} resources, imported by `ops up`")
        for stack in STACKS:
            plan = here.terraform(stack, "plan", "-detailed-exitcode")
            assert plan.returncode == 0, plan.stdout
        drill.gets_back(f"the same {len(after)} things as before, none twice; {len(STACKS)} empty plans")

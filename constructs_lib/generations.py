"""Generations of the table: a restore makes a new one, and no change of generation destroys a table.

Each generation has an address of its own in the state. The live one is imported, never created, from the
second on: a generation that nobody restored is an error of the plan and not an empty table. Those before it
and the one after it are forgotten where the state has them. So a switch and its way back are one apply each,
which may be cut off anywhere. See docs/adr/0015-restore.md.
"""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from constructs import Construct

TYPE = "aws_dynamodb_table"


def table_id(generation: int) -> str:
    """Id of the generation's construct; the first one's is the id that it always had."""
    return "table" if generation == 1 else f"table-r{generation}"


def switch(scope: Construct, table: DynamodbTable, name: str, generation: int) -> None:
    """Take over a restored table, and let go of its neighbours without touching them."""
    if generation > 1:
        table.import_from(name)
    stack = TerraformStack.of(scope)
    others = [*range(1, generation), generation + 1]
    stack.add_override(
        "removed",
        [
            # Only its path is asked for: a bare construct has one, and is not synthesized.
            {
                "from": f"{TYPE}.{stack.get_logical_id(Construct(scope, table_id(other)).node)}",
                "lifecycle": {"destroy": False},
            }
            for other in others
        ],
    )

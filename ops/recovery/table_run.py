"""What restoring a table and going back share: the environment, the comparison, the switch and its proof."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from environments import naming
from ops import confirmation
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.progress import ApplyProgress, step
from ops.recovery import counting, generations, switching, tables
from ops.recovery.situation import Situation
from ops.recovery.tables import Table

if TYPE_CHECKING:
    from rich.console import Console

    from environments import EnvironmentConfig
    from ops.terraform import Plan, Terraform

VARIABLE = "DYNAMODB_TABLE_GENERATION"


@dataclass(frozen=True)
class Choices:
    """How a run was asked for; see the options of the command."""

    dry_run: bool = False
    yes: bool = False
    switch: bool = True
    count: bool = True


class TableRun:
    """One run about one environment's table. Raises OpsError for credentials of another account.

    result: for programs, filled as things are found and done.
    """

    def __init__(self, environment: str, choices: Choices, console: Console) -> None:
        import environments
        from ops import aws

        self.config: EnvironmentConfig = environments.load(environment)
        aws.verify_caller(self.config.aws_account_id, self.config.aws_region)
        self.environment, self.choices, self.console = environment, choices, console
        self.dynamodb: Any = aws.client("dynamodb", self.config.aws_region, attempts=8)
        self.began = time.monotonic()
        self.result: dict[str, Any] = {"environment": environment, "dry_run": choices.dry_run}

    def say(self, text: str) -> None:
        """A line for people."""
        self.console.print(text, markup=False)

    def situation(self) -> Situation:
        """Read what is deployed, configured and there. Raises OpsError (STATE) where nothing is deployed."""
        with step(self.console, f"Synth of {self.environment}"):
            outputs = switching.prepare(self.environment).outputs()
        live = tables.generation_of(outputs.get("dynamodb_table_name", ""), self.environment)
        if live is None:
            raise OpsError(
                f"{self.environment} is not deployed: its state has no table.",
                hint=f"Deploy it:  cdktf deploy {self.environment}   On the local AWS, dev:  ops up",
                code=ExitCode.STATE,
            )
        there = tables.of_environment(self.dynamodb, self.environment)
        self.result |= {"live": naming.table(self.environment, live), "tables": [one.name for one in there]}
        return Situation(self.environment, live, self.config.database.generation, there)

    def compare(self, before: Table, after: Table) -> None:
        """Show the items of both by kind, unless that was not wanted."""
        if not self.choices.count:
            self.say(f"  {before.name}: about {before.items} items; not counted")
            return
        with step(self.console, "Items are counted"):
            rows = counting.compared(
                counting.count(self.dynamodb, before.name), counting.count(self.dynamodb, after.name)
            )
        self.result["items"] = {name: {before.name: left, after.name: right} for name, left, right in rows}
        width = max(len(name) for name, *_ in rows)
        self.say(f"  {'':<{width}}  {before.name}  {after.name}")
        for name, left, right in rows:
            self.say(f"  {name:<{width}}  {left:>{len(before.name)}}  {right:>{len(after.name)}}")

    def switch(self, generation: int, question: str, unchanged: str) -> bool:
        """Plan, ask, write the generation down, apply, prove; False where there was nothing to do.

        What was decided is written down before it is done, so that whatever runs next goes the same way.
        """
        with _configured(generation), step(self.console, "Terraform plan"):
            terraform = switching.prepare(self.environment)
            planned = switching.plan(terraform, self.environment, self.config.aws_region)
        if planned.empty and self.config.database.generation == generation:
            return False
        self.result["plan"] = planned.summary()
        self._show(planned)
        confirmation.ask(self.environment, question, yes=self.choices.yes, unchanged=unchanged)
        file = generations.write(self.environment, generation)
        with (
            step(self.console, "Terraform apply"),
            ApplyProgress(self.console, planned.operations) as progress,
        ):
            switching.apply(terraform, planned, progress.on_event)
        self.result["live"] = naming.table(self.environment, generation)
        self.result["seconds"] = round(time.monotonic() - self.began, 1)
        self._prove(naming.table(self.environment, generation), terraform)
        if not generations.is_local():
            self.say(f"Commit {generations.shown(file)}: other checkouts and pipelines deploy by it.")
        return True

    def _show(self, planned: Plan) -> None:
        self.say(f"  {planned.summary()}")
        for kind, count in planned.kinds().items():
            self.console.print(f"    {kind} {count}", style="dim", markup=False)

    def _prove(self, name: str, terraform: Terraform) -> None:
        """That the table is live and has what DynamoDB does not restore. Raises OpsError (PROOF)."""
        table = tables.read(self.dynamodb, name, self.environment)
        recovery = tables.window(self.dynamodb, name) is not None
        promises = {
            "the outputs name another table": terraform.outputs()["dynamodb_table_name"] == name,
            "it has not the environment's tags": table is not None and table.ours,
            "its deletion protection is not as configured": table is not None
            and table.protected == self.config.protected,
            "its point-in-time recovery is not as configured": recovery
            == self.config.database.point_in_time_recovery,
        }
        if broken := [text for text, kept in promises.items() if not kept]:
            raise OpsError(
                f"{name} was switched to, but {'; '.join(broken)}.",
                hint=f"See what differs:  cdktf diff {self.environment}",
                code=ExitCode.PROOF,
            )
        self.say(f"{name} is live.")


@contextmanager
def _configured(generation: int) -> Iterator[None]:
    """A synth as if this generation were configured."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(generation)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before

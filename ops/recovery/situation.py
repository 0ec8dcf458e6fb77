"""Where a restore of the table stands: what is live, what is configured, and what a run has left undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.recovery.tables import Table
from ops.recovery.times import shown


@dataclass(frozen=True)
class Situation:
    """live: the deployed generation; configured: that of the configuration, which stands above it once a
    switch was decided; tables: all that exist."""

    environment: str
    live: int
    configured: int
    tables: Sequence[Table]

    def table(self, generation: int) -> Table:
        """The table of a generation. Raises OpsError (STATE) where there is none."""
        for table in self.tables:
            if table.generation == generation:
                return table
        there = ", ".join(f"{table.generation} ({table.name})" for table in self.tables) or "none"
        raise OpsError(
            f"Generation {generation} of the table of {self.environment} does not exist. There are: {there}.",
            hint="A deleted table with point-in-time recovery is kept for 35 days as a backup: "
            "see docs/recovery.md.",
            code=ExitCode.STATE,
        )

    def target(self, source: Table, at: datetime) -> tuple[int, bool]:
        """The generation that the restore makes, and whether it was begun already.

        Raises OpsError: CONFIGURATION where what is configured is older than what is live; USAGE where
        another restore of the same table was begun and neither finished nor removed.
        """
        if self.configured != self.live:
            return self._decided(source, at), True
        begun = [
            table
            for table in self.tables
            if table.generation > self.live and table.source == source.name and not table.ours
        ]
        for table in begun:
            if table.restored_to == at:
                return table.generation, True
        if begun:
            last = begun[-1]
            raise OpsError(
                f"A restore to {shown(last.restored_to or at)} was begun and not switched to: {last.name}.",
                hint=f"Go on with it:  ops restore table {self.environment} --to "
                f"{shown(last.restored_to or at)}   Or remove it:  ops restore table {self.environment} "
                "--remove-old",
                code=ExitCode.USAGE,
            )
        return max([self.live, *(table.generation for table in self.tables)]) + 1, False

    def _decided(self, source: Table, at: datetime) -> int:
        """A switch that was decided and cut off."""
        if self.configured < self.live:
            raise OpsError(
                f"The configuration of {self.environment} says generation {self.configured} of the table, "
                f"but generation {self.live} is deployed.",
                hint=f"Bring environments/table_generations.json up to date, where that number was written "
                f"down; or, to go back:  ops restore table {self.environment} --back",
                code=ExitCode.CONFIGURATION,
            )
        table = self.table(self.configured)
        if table.source != source.name or table.restored_to != at:
            raise OpsError(
                f"The switch to {table.name} was decided and not finished: {table.source} as it was at "
                f"{shown(table.restored_to or at)}.",
                hint=f"Finish it:  ops restore table {self.environment} --to "
                f"{shown(table.restored_to or at)}   Or go back:  "
                f"ops restore table {self.environment} --back",
                code=ExitCode.USAGE,
            )
        return self.configured

    def way_back(self, generation: int | None) -> Table:
        """The table to go back to: `generation`, what a cut-off switch meant, or what the live one came from.

        Raises OpsError (STATE or USAGE) where there is no such way.
        """
        if generation is None and self.configured != self.live:
            # Either a way back that was cut off, or a switch that is called off.
            return self.table(min(self.configured, self.live))
        if generation is None:
            source = self.table(self.live).source
            if source is None:
                raise OpsError(
                    f"{naming.table(self.environment, self.live)} was not restored from another table: "
                    "there is nothing to go back to.",
                    hint="To go to another generation: add --generation N.",
                    code=ExitCode.USAGE,
                )
            for table in self.tables:
                if table.name == source:
                    return table
            raise OpsError(
                f"{source}, from which the live table was restored, does not exist any more.",
                hint="To go to another generation: add --generation N.",
                code=ExitCode.STATE,
            )
        return self.table(generation)

    def old(self) -> list[Table]:
        """Tables that nothing uses: neither live nor configured."""
        return [table for table in self.tables if table.generation not in (self.live, self.configured)]

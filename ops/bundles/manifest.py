"""What a bundle says of itself: enough to tell whether its plan still is what would be planned."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Run(_Model):
    """The pipeline run that made it. number: counts up within the workflow; attempt: of the same run."""

    id: str
    number: int
    attempt: int = 1
    url: str = ""


class Failure(_Model):
    """Why there is no plan, or why it was not applied.

    step: configuration, synth, init, plan, review (the plan could not be judged), apply, smoke or deploy (it
    left no bundle). code: the exit code. message, hint: as on the terminal, secrets masked. address,
    construct_path: of the failing resource, or "". next_command: what to type next, or "".
    """

    step: str
    code: int
    message: str
    hint: str = ""
    address: str = ""
    construct_path: str = ""
    next_command: str = ""


class Manifest(_Model):
    """What the plan was made from.

    made: UTC. commit: 40 hex digits, "" outside git. dirty: whether files differed from it. terraform:
    version. providers: version by source address. lineage, serial: of the state that was planned against, ""
    and 0 where there was none. stack: SHA-256 of the synthesized stack with its assets. members: SHA-256 by
    name of the bundle's other files. gates_closed: how many findings nobody acknowledged.
    """

    format: int = FORMAT
    environment: str
    aws_account_id: str = ""
    aws_region: str = ""
    made: datetime
    commit: str = ""
    dirty: bool = False
    terraform: str = ""
    providers: dict[str, str] = Field(default_factory=dict)
    lineage: str = ""
    serial: int = 0
    stack: str = ""
    members: dict[str, str] = Field(default_factory=dict)
    gates_closed: int = 0
    run: Run | None = None
    failure: Failure | None = None

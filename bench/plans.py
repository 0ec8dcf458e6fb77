"""A plan that finds nothing to change: of the dev environment, of one resource, and of none.

All three use the same remote state on a local AWS of this run's own; the first two the same provider. What
lies between none and one resource is the start of the provider, which every plan pays whatever it plans.
What was applied for that also answers the questions of bench/chat.py.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import chat, example, processes
from bench import synth as synth_bench
from bench.figures import Figure
from bench.processes import OnProgress, Program
from environments import naming
from ops.local_aws.instance import LocalAws
from ops.terraform import Terraform, binary

GROUP = "plan without changes"
ENVIRONMENT = "dev"
ROUNDS = 3

ONE = {"aws_ssm_parameter": {"one": {"name": "/spec-wizard-bench/one", "type": "String", "value": "1"}}}
NONE = {"terraform_data": {"one": {"input": "1"}}}


def measure(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """Apply once, then plan in turn; too slow for a quick run, which leaves it out."""
    on_progress("starting a local AWS")
    with _local_aws(directory / "aws") as instance:
        environment = instance.client_environment(example.environ(directory))
        environment |= {"ENVIRONMENT": ENVIRONMENT, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        with example.in_this_process(environment):
            stacks = _applied(directory, environment, on_progress)
            command = ["plan", "-input=false", "-no-color", "-detailed-exitcode"]
            programs = {
                name: Program([binary(), f"-chdir={folder}", *command], environment, directory)
                for name, folder in stacks.items()
            }
            on_progress("planning in turn")
            runs = processes.in_turn(programs, dict.fromkeys(programs, ROUNDS))
            outputs = Terraform(stacks[ENVIRONMENT]).outputs()
            of_chat, chat_runs = chat.measure(chat.Deployed(instance, outputs, environment), on_progress)
    wall = {name: processes.median(runs[name]).wall_s for name in programs}
    start = wall["one"] - wall["none"]
    return [
        Figure(GROUP, f"the {ENVIRONMENT} environment", wall[ENVIRONMENT], "s", detail=f"median of {ROUNDS}"),
        Figure(GROUP, "the account", wall[naming.ACCOUNT], "s", detail=f"median of {ROUNDS}"),
        Figure(GROUP, "one resource", wall["one"], "s", detail="the same provider and state bucket"),
        Figure(GROUP, "no provider", wall["none"], "s", detail="the same state bucket"),
        Figure(GROUP, "provider start", start, "s", detail="one resource less no provider"),
        Figure(GROUP, "share of provider start", 100 * start / wall[ENVIRONMENT], "%"),
        *of_chat,
    ], runs | chat_runs


@contextmanager
def _local_aws(directory: Path) -> Iterator[LocalAws]:
    instance = LocalAws(directory)
    try:
        instance.start()
        yield instance
    finally:
        instance.stop()


def _applied(directory: Path, environment: dict[str, str], on_progress: OnProgress) -> dict[str, Path]:
    """The folders, each applied: the account and dev as they are, and one resource of ours, twice."""
    import environments
    from ops.commands.bootstrap import ensure

    on_progress("remote state")
    ensure(environments.load(ENVIRONMENT), lambda change: None)
    main = synth_bench.program(directory)
    processes.timed(Program(main.command, environment, main.directory))
    stack = directory / "cdktf.out" / "stacks" / ENVIRONMENT
    stacks = {
        "none": _smaller(stack, directory / "none", NONE),
        "one": _smaller(stack, directory / "one", ONE),
        naming.ACCOUNT: stack.with_name(naming.ACCOUNT),  # without it the environment cannot be applied
        ENVIRONMENT: stack,
    }
    for name, folder in stacks.items():
        on_progress(f"init and apply: {name}")
        terraform = Terraform(folder)
        terraform.init()
        plan = terraform.plan()
        terraform.apply(plan, _Count(name, len(plan.changes), on_progress))
    return stacks


def _smaller(stack: Path, target: Path, resources: dict[str, Any]) -> Path:
    """A folder with a stack's provider and backend, another state key, and only these resources.

    The provider stays out where no resource is of it.
    """
    target.mkdir()
    for file in stack.glob("*.tf.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        terraform = content["terraform"]
        terraform["backend"]["s3"]["key"] = f"bench/{target.name}.tfstate"
        kept: dict[str, Any] = {"terraform": terraform}
        if resources is ONE:
            kept["provider"] = content["provider"]
        else:
            terraform.pop("required_providers", None)
        if "resource" in content:
            kept["resource"] = resources
        (target / file.name).write_text(json.dumps(kept), encoding="utf-8")
    if resources is ONE:
        shutil.copy(stack / ".terraform.lock.hcl", target)
    return target


class _Count:
    """Tells how far an apply is: it takes a minute, most of it the provider's own waiting."""

    def __init__(self, name: str, total: int, on_progress: OnProgress) -> None:
        self._name, self._total, self._on_progress = name, total, on_progress
        self._done = 0

    def __call__(self, event: dict[str, Any]) -> None:
        if event.get("type") == "apply_complete":
            self._done += 1
            if self._done % 10 == 0 or self._done == self._total:
                self._on_progress(f"apply {self._name}: {self._done} of {self._total}")

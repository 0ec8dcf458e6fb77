"""Terraform, run as a program: the only module that starts it.

Plans and applies are read as Terraform's JSON lines (`-json`), so that progress, failures and locks are known
by their type and not by the words of a sentence.
Source: developer.hashicorp.com/terraform/internals/machine-readable-ui.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import paths, terraform_failures

Event = dict[str, Any]
OnEvent = Callable[[Event], None]

PLAN_FILE = "ops.tfplan"
DATA_DIRECTORY = ".terraform"


def binary() -> str:
    """TERRAFORM_BINARY_NAME (as for cdktf), `terraform` on PATH, or the one that `make setup` brought."""
    if name := os.environ.get("TERRAFORM_BINARY_NAME"):
        return name
    brought = sorted((paths.ROOT / ".tools" / "terraform").glob("*/terraform"))
    return shutil.which("terraform") or (str(brought[-1]) if brought else "terraform")


@dataclass(frozen=True)
class Change:
    """One resource that a plan touches.

    actions: as in the plan JSON, ("create",), ("delete", "create") …; after: the attributes it would have,
    as far as they are known; importing: whether it is there and comes into the state first.
    """

    address: str
    type: str
    actions: tuple[str, ...]
    after: dict[str, Any]
    importing: bool


@dataclass(frozen=True)
class Plan:
    """What a plan would do. `output_changes`: names of outputs that would change."""

    file: Path
    changes: tuple[Change, ...]
    output_changes: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Nothing to apply."""
        return not self.changes and not self.output_changes

    def summary(self) -> str:
        """Counts, a replacement as what it is, e.g. "31 to create, 1 to replace"."""
        counts = Counter(
            "replace" if len(change.actions) > 1 else change.actions[0]
            for change in self.changes
            if change.actions != ("no-op",)
        )
        imports = sum(change.importing for change in self.changes)
        parts = [f"{imports} to import"] if imports else []
        parts += [
            f"{counts[word]} to {word}"
            for word in ("create", "update", "replace", "delete", "forget")
            if counts[word]
        ]
        if self.output_changes:
            parts.append(f"{len(self.output_changes)} outputs to change")
        return ", ".join(parts) or "no changes"

    def kinds(self) -> dict[str, int]:
        """How many resources of each type change, most first."""
        return dict(Counter(change.type for change in self.changes).most_common())


@dataclass
class Terraform:
    """Terraform in one stack's folder.

    environ: added to the environment of this process.
    """

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)

    def init(self) -> None:
        """Make the folder ready: provider and backend. Quick where it is already."""
        self._run(["init", "-input=false", "-no-color"], "init")

    def plan(self, on_event: OnEvent = lambda event: None, *, destroy: bool = False) -> Plan:
        """Plan against the remote state and save the plan in the folder."""
        file = self.directory / PLAN_FILE
        arguments = ["plan", "-json", "-input=false", f"-out={file}", *(["-destroy"] if destroy else [])]
        self._stream(arguments, "plan", on_event)
        shown = json.loads(self._run(["show", "-json", str(file)], "show"))
        changes = tuple(
            Change(
                change["address"],
                change["type"],
                tuple(change["change"]["actions"]),
                change["change"]["after"] or {},
                "importing" in change["change"],
            )
            for change in shown.get("resource_changes", [])
            if change["mode"] == "managed"
            and (change["change"]["actions"] != ["no-op"] or "importing" in change["change"])
        )
        outputs = tuple(
            name for name, change in shown.get("output_changes", {}).items() if change["actions"] != ["no-op"]
        )
        return Plan(file, changes, outputs)

    def apply(self, plan: Plan, on_event: OnEvent = lambda event: None) -> None:
        """Apply exactly this plan."""
        self._stream(["apply", "-json", "-input=false", str(plan.file)], "apply", on_event)

    def outputs(self) -> dict[str, str]:
        """Outputs that are not sensitive. Some versions print warnings before the JSON: they are skipped."""
        text = self._run(["output", "-json"], "output")
        values: dict[str, dict[str, Any]] = json.loads(text[text.index("{") :])
        return {name: str(output["value"]) for name, output in values.items() if not output["sensitive"]}

    def _command(self, arguments: list[str]) -> list[str]:
        return [binary(), f"-chdir={self.directory}", *arguments]

    def _environ(self) -> dict[str, str]:
        return os.environ | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"} | self.environ

    def _run(self, arguments: list[str], doing: str) -> str:
        """Run to the end; the text of stdout."""
        with self._process(arguments) as process:
            output, errors = process.communicate()
        if process.returncode != 0:
            raise terraform_failures.explain(doing, self.directory.name, errors.strip() or output.strip())
        return output

    def _stream(self, arguments: list[str], doing: str, on_event: OnEvent) -> None:
        """Run with `-json`, hand over each event, and raise what the error diagnostics say."""
        errors: list[str] = []
        with self._process(arguments) as process:
            for event in _events(process):
                diagnostic = event.get("diagnostic", {})
                if diagnostic.get("severity") == "error":
                    errors.append(_text(diagnostic))
                on_event(event)
            stderr = process.stderr.read() if process.stderr else ""
            process.wait()
        if process.returncode != 0:
            raise terraform_failures.explain(
                doing,
                self.directory.name,
                "\n".join(errors) or stderr.strip() or f"exit code {process.returncode}",
            )

    @contextmanager
    def _process(self, arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
        """Start Terraform so that Ctrl-C reaches it once, from us, and wait for its orderly end.

        Terraform finishes the requests under way, writes the state and releases the lock on the first
        interrupt; a second one makes it stop at once.
        """
        try:
            process = subprocess.Popen(
                self._command(arguments),
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise terraform_failures.missing(binary()) from error
        with process:
            try:
                yield process
            except BaseException:
                _end(process)
                raise


def _end(process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate()
        except KeyboardInterrupt:
            continue


def _events(process: subprocess.Popen[str]) -> Iterator[Event]:
    for line in process.stdout or ():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a warning that Terraform prints before it knows of -json
        if isinstance(event, dict):
            yield event


def _text(diagnostic: Event) -> str:
    where = f" ({diagnostic['address']})" if diagnostic.get("address") else ""
    detail = str(diagnostic.get("detail") or "").strip()
    return f"{diagnostic['summary']}{where}" + (f"\n{detail}" if detail else "")

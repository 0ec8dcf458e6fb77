"""Terraform, run as a program: the only module that starts it.

Plans and applies are read as Terraform's JSON lines (`-json`), so that progress, failures and locks are known
by their type and not by the words of a sentence.
Source: developer.hashicorp.com/terraform/internals/machine-readable-ui.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import paths, terraform_failures

Event = dict[str, Any]
OnEvent = Callable[[Event], None]

PLAN_FILE = "ops.tfplan"
DIFFERENCE_FILE = "ops.difference.tfplan"
DATA_DIRECTORY = ".terraform"
UNSTORED = "errored.tfstate"
"""Where Terraform leaves a state that its backend did not take."""

INTERRUPTED = (
    "Interrupted: Terraform finishes the requests under way and writes the state. "
    "Ctrl-C again stops it at once; what it just made is then missing in the state.\n"
)


def binary() -> str:
    """TERRAFORM_BINARY_NAME (as for cdktf), `terraform` on PATH, or the one that `make setup` brought."""
    if name := os.environ.get("TERRAFORM_BINARY_NAME"):
        return name
    brought = sorted((paths.ROOT / ".tools" / "terraform").glob("*/terraform"))
    return shutil.which("terraform") or (str(brought[-1]) if brought else "terraform")


@dataclass(frozen=True)
class Versions:
    """terraform: such as `1.11.4`, "" where there is none. providers: by source address, once initialized."""

    terraform: str = ""
    providers: dict[str, str] = field(default_factory=dict)


def version() -> str:
    """Of the Terraform in use, such as `1.11.4`; empty where there is none."""
    return versions().terraform


def versions(directory: Path | None = None) -> Versions:
    """Of the Terraform in use, and of the providers that an initialized folder has chosen."""
    try:
        result = subprocess.run(
            [binary(), *([f"-chdir={directory}"] if directory else []), "version", "-json"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        document = json.loads(result.stdout[result.stdout.index("{") :])
    except (OSError, ValueError):
        return Versions()
    return Versions(
        str(document.get("terraform_version", "")), dict(document.get("provider_selections") or {})
    )


@dataclass(frozen=True)
class Change:
    """One resource that a plan touches.

    actions: as in the plan JSON, ("create",), ("delete", "create") …; after: the attributes it would have,
    as far as they are known; importing: whether it is there and comes into the state first; moved: whether
    it has had another address.
    """

    address: str
    type: str
    actions: tuple[str, ...]
    after: dict[str, Any]
    importing: bool
    moved: bool = False


@dataclass(frozen=True)
class Plan:
    """What a plan would do.

    output_changes: names of outputs that would change. document: all of it, as `terraform show -json` prints
    it; `ops.plans` reads it.
    """

    file: Path
    changes: tuple[Change, ...]
    output_changes: tuple[str, ...]
    document: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, file: Path, document: dict[str, Any]) -> Plan:
        """The plan in a file, with what `terraform show -json` prints of it."""
        changes = tuple(
            Change(
                change["address"],
                change["type"],
                tuple(change["change"]["actions"]),
                change["change"]["after"] or {},
                "importing" in change["change"],
                "previous_address" in change,
            )
            for change in document.get("resource_changes", [])
            if change["mode"] == "managed"
            and (
                change["change"]["actions"] != ["no-op"]
                or "importing" in change["change"]
                or "previous_address" in change
            )
        )
        outputs = tuple(
            name
            for name, change in document.get("output_changes", {}).items()
            if change["actions"] != ["no-op"]
        )
        return cls(file, changes, outputs, document)

    @property
    def empty(self) -> bool:
        """Nothing to apply."""
        return not self.changes and not self.output_changes

    def summary(self) -> str:
        """Counts, a replacement as what it is, e.g. "31 to create, 1 to replace".

        One that forgets the old object destroys nothing: it is in create and in forget.
        """
        counts: Counter[str] = Counter()
        for change in self.changes:
            replaces = len(change.actions) > 1 and "forget" not in change.actions
            counts.update(("replace",) if replaces else change.actions)
        imports = sum(change.importing for change in self.changes)
        moves = sum(change.moved for change in self.changes)
        parts = [f"{imports} to import"] if imports else []
        parts += [f"{moves} to move"] if moves else []
        parts += [
            f"{counts[word]} to {word}"
            for word in ("create", "update", "replace", "delete", "forget")
            if counts[word]
        ]
        if self.output_changes:
            count = len(self.output_changes)
            parts.append(f"{count} output{'' if count == 1 else 's'} to change")
        return ", ".join(parts) or "no changes"

    @property
    def operations(self) -> int:
        """How many operations an apply reports as ended: a replacement is two, an import alone is none."""
        return sum(
            action in ("create", "update", "delete") for change in self.changes for action in change.actions
        )

    def kinds(self) -> dict[str, int]:
        """How many resources of each type change, most first."""
        return dict(Counter(change.type for change in self.changes).most_common())


@dataclass
class Terraform:
    """Terraform in one stack's folder.

    environ: added to the environment of this process. lock_timeout: how long to wait for the state's lock, as
    Terraform writes it; left out, TF_CLI_ARGS_plan and the like count, or it does not wait. plan_file: where
    `plan` saves, in the folder; another run may write the usual one at any time.
    """

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)
    lock_timeout: str | None = None
    plan_file: str = PLAN_FILE

    def init(self) -> None:
        """Make the folder ready: provider and backend. Quick where it is already."""
        self._run(["init", "-input=false", "-no-color"], "init")

    def plan(self, on_event: OnEvent = lambda event: None, *, destroy: bool = False) -> Plan:
        """Plan against the remote state and save the plan in the folder."""
        file = self.directory / self.plan_file
        options = [f"-out={file}", *(["-destroy"] if destroy else [])]
        self._stream(["plan", "-json", "-input=false", *self._locking, *options], "plan", on_event)
        return self.shown(file)

    def shown(self, file: Path) -> Plan:
        """The plan that is saved in a file."""
        return Plan.of(file, self._document(["show", "-json", str(file)], "show"))

    def difference(self, *options: str, on_event: OnEvent = lambda event: None) -> dict[str, Any]:
        """What a plan with these options finds, as `terraform show -json` prints it; nobody can apply it.

        Without options code, state and what is deployed; with "-refresh=false" code and state alone.
        """
        file = self.directory / DIFFERENCE_FILE
        try:
            arguments = ["plan", "-json", "-input=false", *self._locking, f"-out={file}", *options]
            self._stream(arguments, "plan", on_event)
            return self._document(["show", "-json", str(file)], "show")
        finally:
            file.unlink(missing_ok=True)

    def state(self) -> dict[str, Any]:
        """The state as `terraform show -json` prints it: `values` is missing where it is empty."""
        return self._document(["show", "-json"], "show")

    def apply(self, plan: Plan, on_event: OnEvent = lambda event: None) -> None:
        """Apply exactly this plan."""
        arguments = ["apply", "-json", "-input=false", *self._locking, str(plan.file)]
        self._stream(arguments, "apply", on_event)

    @property
    def unstored(self) -> Path:
        """The file of a state that an earlier apply could not store, whether there is one or not."""
        return self.directory / UNSTORED

    def store_unstored(self) -> bool:
        """Store the state that an earlier apply could not; False where there is none.

        Terraform refuses one that is older than what is stored, or of another lineage.
        """
        if not self.unstored.exists():
            return False
        self._run(["state", "push", "-no-color", *self._locking, UNSTORED], "state push")
        self.unstored.unlink()
        return True

    def forget(self, addresses: Iterable[str]) -> None:
        """Take resources out of the state; AWS is not asked."""
        self._run(["state", "rm", *self._locking, *addresses], "state rm")

    def untaint(self, addresses: Iterable[str]) -> None:
        """Take the mark off what an apply left half made; AWS is not asked. Terraform takes one at a time."""
        for address in addresses:
            self._run(["untaint", "-no-color", *self._locking, address], "untaint")

    def outputs(self, *, sensitive: bool = False) -> dict[str, str]:
        """Outputs, sensitive ones only when asked for; a value that is no text as JSON."""
        return {
            name: value if isinstance(value := output["value"], str) else json.dumps(value)
            for name, output in self._document(["output", "-json"], "output").items()
            if sensitive or not output["sensitive"]
        }

    @property
    def _locking(self) -> list[str]:
        return [f"-lock-timeout={self.lock_timeout}"] if self.lock_timeout else []

    def _command(self, arguments: list[str]) -> list[str]:
        return [binary(), f"-chdir={self.directory}", *arguments]

    def _environ(self) -> dict[str, str]:
        # A workspace left over from another project would mean another state than the rest of `ops` looks at.
        kept = {name: value for name, value in os.environ.items() if name != "TF_WORKSPACE"}
        return kept | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"} | self.environ

    def _run(self, arguments: list[str], doing: str) -> str:
        """Run to the end; the text of stdout."""
        with self._process(arguments) as (process, errors):
            output = process.stdout.read() if process.stdout else ""
            process.wait()
        if process.returncode != 0:
            raise terraform_failures.explain(
                doing,
                self.directory.name,
                errors().strip() or output.strip() or f"exit code {process.returncode}",
            )
        return output

    def _document(self, arguments: list[str], doing: str) -> dict[str, Any]:
        """Run to the end; the JSON on stdout. Terraform 1.15 prints warnings there before it."""
        output = self._run(arguments, doing)
        for start in re.finditer(r"^\{", output, re.MULTILINE):
            try:
                document: dict[str, Any] = json.loads(output[start.start() :])
            except ValueError:
                continue
            return document
        raise terraform_failures.explain(
            doing, self.directory.name, f"No JSON in its answer:\n{output.strip()}"
        )

    def _stream(self, arguments: list[str], doing: str, on_event: OnEvent) -> None:
        """Run with `-json`, hand over each event, and raise what the error diagnostics say."""
        errors: list[str] = []
        addresses: list[str] = []
        with self._process(arguments, on_event) as (process, stderr):
            for event in _events(process):
                diagnostic = event.get("diagnostic", {})
                if diagnostic.get("severity") == "error":
                    errors.append(_text(diagnostic))
                    addresses.append(str(diagnostic.get("address") or ""))
                on_event(event)
            process.wait()
        if process.returncode != 0:
            raise terraform_failures.explain(
                doing,
                self.directory.name,
                "\n".join(errors) or stderr().strip() or f"exit code {process.returncode}",
                address=next(filter(None, addresses), ""),
            )

    @contextmanager
    def _process(
        self, arguments: list[str], on_event: OnEvent = lambda event: None
    ) -> Iterator[tuple[subprocess.Popen[str], Callable[[], str]]]:
        """Start Terraform so that Ctrl-C reaches it once, from us, and wait for its orderly end.

        Terraform finishes the requests under way, writes the state and releases the lock on the first
        interrupt; a second one makes it stop at once. on_event: hears what it says after an interrupt. Yields
        the process, and what gives the whole text of its stderr once it has ended.
        """
        try:
            process = subprocess.Popen(
                self._command(arguments),
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
                # Plans and states that could not be stored are for their owner; providers may be shared.
                umask=-1 if arguments[0] == "init" else 0o077,
            )
        except OSError as error:
            raise terraform_failures.missing(binary(), error.strerror or str(error)) from error
        with process:
            try:
                yield process, _read_aside(process)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    sys.stderr.write(INTERRUPTED)
                    _end(process, on_event)
                else:  # perhaps of who listens
                    _end(process, lambda event: None)
                raise


def _read_aside(process: subprocess.Popen[str]) -> Callable[[], str]:
    """Read stderr in a thread: with TF_LOG it is more than a pipe holds, and Terraform would stand still."""
    stream, process.stderr = process.stderr, None
    read: list[str] = []

    def run() -> None:
        if stream:
            with stream:
                read.append(stream.read())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def text() -> str:
        thread.join()
        return "".join(read)

    return text


def _end(process: subprocess.Popen[str], on_event: OnEvent) -> None:
    """Interrupt Terraform and wait, reading on so that it can write; each Ctrl-C interrupts it again."""
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            for event in _events(process):
                with contextlib.suppress(
                    Exception
                ):  # Terraform must be read on, whatever becomes of the rest
                    on_event(event)
            process.wait()
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

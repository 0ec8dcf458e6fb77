"""Runs checkov over stacks of Terraform JSON. Started by `ops policy` with the scanners' own Python.

Standard input: `{"stacks": {name: path of a Terraform JSON file}}`. Standard output: see `main`, `scanned`.
checkov is used as a library: its command line ends with code 0 where it could not read a file, counts no
resources of Terraform JSON, and would be started, and loaded, once for each stack.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

DOOR = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
"""Events of Python's audit hooks that come before anything leaves this process for the network."""

SEEN = "SEEN"
"""The check that finds nothing and is asked of every resource: its answers say what checkov looked at."""


def stay_offline(event: str, _arguments: Any) -> None:
    """An audit hook that refuses the network: what is scanned is nobody else's business."""
    if event in DOOR:
        raise PermissionError(f"a scanner must stay offline, and tried {event}")


class Complaints(logging.Handler):
    """What checkov reports as an error: it goes on after most, as if nothing had been there."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}"[:500])


def load() -> Any:
    """The class that scans. Imports checkov with all checks for Terraform: about 2 s."""
    from checkov.common.models.enums import CheckCategories, CheckResult
    from checkov.terraform import runner as _registers_the_checks  # noqa: F401
    from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
    from checkov.terraform_json.runner import TerraformJsonRunner

    class Seen(BaseResourceCheck):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(
                name="Was looked at",
                id=SEEN,
                categories=[CheckCategories.GENERAL_SECURITY],
                supported_resources=["*"],
            )

        def scan_entity_conf(self, conf: dict[str, list[Any]], entity_type: str) -> Any:
            return CheckResult.PASSED  # also where `count` is 0, which the class above passes over

        def scan_resource_conf(self, conf: dict[str, list[Any]]) -> Any:
            raise NotImplementedError

    Seen()

    class Runner(TerraformJsonRunner):  # type: ignore[misc]
        def add_python_check_results(self, report: Any, runner_filter: Any) -> None:
            """As checkov's, with policies as documents.

            Its runner for HCL evaluates a policy's text before it asks the checks, the one for JSON does
            not: seven checks of IAM policies and those of topic policies would find nothing to look into.
            """
            for definition in self.definitions.values():
                for block in definition.get("resource", []):
                    for named in block.values():
                        for body in named.values():
                            open_policies(body)
            super().add_python_check_results(report, runner_filter)

    return Runner


def open_policies(body: dict[str, Any]) -> None:
    """Replace each attribute that is the text of a policy document by the document, in place."""
    for name, values in body.items():
        if isinstance(values, list) and len(values) == 1 and isinstance(values[0], str):
            text = values[0]
            if text.startswith("{") and '"Statement"' in text:
                with contextlib.suppress(ValueError):
                    body[name] = [json.loads(text)]


def scanned(runner_class: Any, path: Path) -> dict[str, Any]:
    """The outcome for one stack.

    passed, failed: `{"check", "name", "resource", "keys"}` each; seen, in_graph: the resources that the
    checks of single resources and those of connected ones looked at, as type.name; unread: files that
    checkov could not parse.
    """
    from checkov.runner_filter import RunnerFilter

    runner = runner_class()
    report = runner.run(
        root_folder=None,
        files=[str(path)],
        runner_filter=RunnerFilter(framework=["terraform_json"], show_progress_bar=False),
    )
    types = {
        name: type_
        for definition in runner.definitions.values()
        for block in definition.get("resource", [])
        for type_, named in block.items()
        for name in named
    }

    def address(record: Any) -> str:
        before, _, name = without_index(str(record.resource)).rpartition(".")
        return f"{types[name]}.{name}" if name in types else f"{before}.{name}"

    def rows(records: list[Any]) -> list[dict[str, Any]]:
        return [
            {
                "check": record.check_id,
                "name": record.check_name,
                "resource": address(record),
                "keys": [str(key) for key in record.check_result.get("evaluated_keys") or []],
            }
            for record in records
            if record.check_id != SEEN
        ]

    graph = runner.graph_manager.get_reader_endpoint()
    nodes = graph.nodes() if callable(getattr(graph, "nodes", None)) else []
    return {
        "passed": rows(report.passed_checks),
        "failed": rows(report.failed_checks),
        "seen": sorted(address(record) for record in report.passed_checks if record.check_id == SEEN),
        "in_graph": sorted(set(in_graph(nodes))),
        "unread": [str(file) for file in report.parsing_errors],
    }


def in_graph(nodes: Any) -> list[str]:
    """The resources among a graph's vertices; of rustworkx each is (hash, attributes)."""
    found = []
    for node in nodes:
        attributes = node[1] if isinstance(node, tuple) else node
        if attributes.get("block_type_") == "resource":
            found.append(without_index(str(attributes["block_name_"])))
    return found


def without_index(address: str) -> str:
    """A counted resource is one in Terraform's JSON, and `name[0]` in checkov's graph."""
    return re.sub(r"\[[^\]]*\]$", "", address)


def known_checks() -> list[str]:
    """The ids of all checks for Terraform, so that a skip of none of them can be told."""
    from checkov.common.checks_infra.registry import get_graph_checks_registry
    from checkov.terraform.checks.data.registry import data_registry
    from checkov.terraform.checks.provider.registry import provider_registry
    from checkov.terraform.checks.resource.registry import resource_registry

    graph = get_graph_checks_registry("terraform")
    graph.load_checks()
    single = (resource_registry, data_registry, provider_registry)
    found = {check.id for registry in single for _, check in registry.all_checks()}
    return sorted(found - {SEEN} | {check.id for check in graph.checks})


def main() -> int:
    """Answer `{"version", "checks": [id], "complaints": [text], "stacks": {name: see scanned}}`."""
    sys.addaudithook(stay_offline)
    asked = json.load(sys.stdin)
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    answer_to = os.dup(1)  # whatever a library prints must not get between the lines of JSON
    os.dup2(2, 1)
    runner_class = load()
    from checkov.version import version

    outcome = {
        "version": version,
        "checks": known_checks(),
        "stacks": {name: scanned(runner_class, Path(path)) for name, path in asked["stacks"].items()},
        "complaints": complaints.lines,
    }
    with os.fdopen(answer_to, "w", encoding="utf-8") as out:
        json.dump(outcome, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

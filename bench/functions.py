"""The functions: what is uploaded, how long one takes to import, and its first answer on a local AWS.

A first answer there is a new process that imports the code, then the handler with an event that it answers
without asking another service. AWS adds what it needs to bring in the code and to start its own runtime.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import processes
from bench.figures import Figure
from bench.isolation import Isolated
from bench.processes import OnProgress, Run
from constructs_lib.compute import archive, packaging
from constructs_lib.compute.catalogue import SPECS, Spec
from ops import paths
from ops.errors import OpsError
from ops.local_aws.instance import LocalAws

GROUP = "functions"
ROUNDS, STARTS, WARM = 5, 3, 5
IMPORT_MS, FIRST_MS, FURTHER_MS = 1000, 1500, 50

EVENTS: dict[str, dict[str, Any]] = {
    "authorizer": {"methodArn": "arn:aws:execute-api:eu-central-1:123456789012:api/dev/$connect"},
    "connect": {"requestContext": {"eventType": "MESSAGE"}},
    "disconnect": {"requestContext": {"eventType": "MESSAGE"}},
    "send_message": {"body": "no JSON"},
    "chat_worker": {"Records": [{"messageId": "one", "receiptHandle": "one", "body": "no job"}]},
    "stream_consumer": {"Records": []},
    "mail_events": {"Records": []},
    "secret_age": {},
    "error_log": {
        "awslogs": {
            "data": base64.b64encode(
                gzip.compress(json.dumps({"messageType": "CONTROL_MESSAGE"}).encode())
            ).decode()
        }
    },
}
"""Nothing to do, or nothing allowed."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def measure(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """Size of each zip; import in a new interpreter; first and further answers."""
    isolated = {folder: Isolated(folder, directory / "functions" / folder) for folder in SPECS}
    imports = _imports(isolated, on_progress, 2 if quick else ROUNDS)
    on_progress("starting a local AWS")
    cold, warm = _answers(directory / "functions-aws", isolated, on_progress, 1 if quick else STARTS)
    nothing = imports.pop("nothing")
    figures = []
    for folder, spec in SPECS.items():
        size = packaging.ours(folder).path.stat().st_size / 1024
        took = _median_ms(imports[folder]) - _median_ms(nothing)
        figures += [
            Figure(GROUP, f"{folder}: zip", size, "KiB", at_most=most_kib(spec), detail="not compressed"),
            Figure(GROUP, f"{folder}: import", took, "ms", at_most=IMPORT_MS, detail="no bytecode kept"),
            Figure(GROUP, f"{folder}: first answer", _median_ms(cold[folder]), "ms", at_most=FIRST_MS),
            Figure(GROUP, f"{folder}: further answer", _median_ms(warm[folder]), "ms", at_most=FURTHER_MS),
        ]
    runs = {f"import {folder}": of for folder, of in imports.items()}
    runs |= {f"first {folder}": of for folder, of in cold.items()}
    return figures, runs | {f"further {folder}": of for folder, of in warm.items()}


def most_kib(spec: Spec) -> float:
    """How large a function's zip may be; tests/unit/test_packaging.py holds it to that."""
    return 4096 if "httpx" in spec.packages else 2048


def _imports(isolated: dict[str, Isolated], on_progress: OnProgress, rounds: int) -> dict[str, list[Run]]:
    """Each handler in interpreters that find what Lambda would have; and one that imports nothing."""
    programs = {
        folder: one.program(sys.executable, f"import functions.{folder}.handler", **one.environ())
        for folder, one in isolated.items()
    }
    programs["nothing"] = isolated["connect"].program(sys.executable, "")
    on_progress(f"importing each of {len(isolated)} in new interpreters")
    return processes.in_turn(programs, dict.fromkeys(programs, rounds))


def _answers(
    directory: Path, isolated: dict[str, Isolated], on_progress: OnProgress, starts: int
) -> tuple[dict[str, list[Run]], dict[str, list[Run]]]:
    """First and further answers of each function: deployed anew for each first one."""
    instance = LocalAws(directory)
    cold: dict[str, list[Run]] = {folder: [] for folder in isolated}
    warm: dict[str, list[Run]] = {folder: [] for folder in isolated}
    try:
        instance.start()
        lambdas, role = instance.client("lambda"), _role(instance.client("iam"))
        for number in range(starts):
            for folder, one in isolated.items():
                on_progress(f"start {number + 1} of {starts}: {folder}")
                name = f"{folder}-{number}"
                # The same bytes would find the bytecode of the start before.
                code = dict(archive.contents(folder, paths.ROOT)) | {f"start-{number}": b""}
                _deploy(lambdas, name, role, one, archive.zip_bytes(code))
                first, *further = _timed_answers(lambdas, name, EVENTS[folder])
                cold[folder].append(first)
                warm[folder] += further
                lambdas.delete_function(FunctionName=name)
    finally:
        instance.stop()
    return cold, warm


def _deploy(lambdas: Any, name: str, role: str, isolated: Isolated, code: bytes) -> None:
    lambdas.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler=f"functions.{isolated.folder}.handler.handle",
        Timeout=30,
        MemorySize=SPECS[isolated.folder].memory_mb,
        Environment={"Variables": isolated.settings()},
        Code={"ZipFile": code},
    )


def _timed_answers(lambdas: Any, name: str, event: dict[str, Any]) -> Iterator[Run]:
    """WARM and one. OpsError: the function failed."""
    for _ in range(1 + WARM):
        started = time.perf_counter()
        answer = lambdas.invoke(FunctionName=name, Payload=json.dumps(event))
        payload = answer["Payload"].read()
        yield Run(time.perf_counter() - started, 0.0)
        if "FunctionError" in answer:
            raise OpsError(f"{name} failed on the local AWS: {payload.decode(errors='replace')}")


def _role(iam: Any) -> str:
    made = iam.create_role(RoleName="spec-wizard-bench", AssumeRolePolicyDocument=json.dumps(TRUST))
    return str(made["Role"]["Arn"])


def _median_ms(runs: list[Run]) -> float:
    return 1000 * processes.median(runs).wall_s

"""Every function imports where there is nothing but its zip and what Lambda has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import processes
from bench.functions import EVENTS
from bench.isolation import Isolated
from constructs_lib.compute.catalogue import SPECS
from ops.errors import OpsError
from tests.support.interpreters import interpreters

EVERYTHING = """
import importlib, pkgutil
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):
    importlib.import_module(module.name)
assert callable(importlib.import_module({package!r} + '.handler').handle)
"""
"""The modules that a handler imports only where it needs them as well."""


@pytest.mark.parametrize("version", interpreters())
@pytest.mark.parametrize("folder", SPECS)
def test_a_function_imports_from_its_zip_alone(tmp_path: Path, folder: str, version: str) -> None:
    isolated = Isolated(folder, tmp_path)
    statements = EVERYTHING.format(package=f"functions.{folder}")
    processes.timed(isolated.program(interpreters()[version], statements, **isolated.environ()))


@pytest.mark.parametrize("folder", SPECS)
def test_a_function_answers_what_the_bench_asks_it_without_any_service(tmp_path: Path, folder: str) -> None:
    isolated = Isolated(folder, tmp_path)
    ask = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('asked a service')\n"
        "socket.socket.connect = refuse\n"
        f"from functions.{folder}.handler import handle\n"
        f"handle({EVENTS[folder]!r}, None)\n"
    )
    processes.timed(isolated.program(sys.executable, ask, **isolated.environ()))


@pytest.mark.parametrize("module", ["pydantic", "rich", "environments", "httpx", "ulid"])
def test_nothing_of_this_machine_is_there(tmp_path: Path, module: str) -> None:
    isolated = Isolated("connect", tmp_path)
    with pytest.raises(OpsError, match=f"No module named '{module}'"):
        processes.timed(isolated.program(sys.executable, f"import {module}"))

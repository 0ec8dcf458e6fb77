"""The arrows of the design, read from the imports: environments <- constructs_lib <- main.py; ops beside."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ops.paths import ROOT

OURS = {"environments", "mail_templates", "constructs_lib", "ops", "functions", "bench", "tests", "main"}
BINDINGS = {"cdktf", "cdktf_cdktf_provider_aws", "constructs", "jsii"}

MAY_IMPORT = {
    "environments": set(),
    "mail_templates": set(),
    "constructs_lib": {"environments", "mail_templates"},
    "main": {"environments", "constructs_lib"},
    # It runs main.py and terraform as programs: `ops --help` never pays for jsii.
    # The table's access patterns are one module, for the functions and for `ops session`.
    "ops": {"environments", "mail_templates", "functions"},
}
"""What each part may import of the others. Tests and measurements may import everything."""

STARTS_PROGRAMS = {
    "ops/terraform.py": "terraform",
    "ops/synth.py": "main.py",
    "ops/bundles/origin.py": "git",
    "ops/local_aws/instance.py": "the server",
    "ops/local_aws/lambda_environment.py": "the functions, each in a process of its own",
    "ops/local_aws/ports.py": "lsof and ps",
    "ops/policy/programs.py": "the scanners",
    "ops/screenshot.py": "Chromium, for pictures of the mails",
    "ops/setup/process.py": "the tools of the set-up; of Terraform it asks only the version",
    "ops/setup/__main__.py": "another Python",
}

STARTING = re.compile(
    r"subprocess\.(run|Popen|call|check_call|check_output|getoutput)|os\.(exec|spawn|posix_spawn|popen|system)\w*"
)

KEY = re.compile(r"(SESSION|CONN|MSG|SPEC|MAGIC|REF|SUBMISSION|IDEMPOTENCY)#")

TRAPS = range(1, 57)
"""All of the list of traps."""


def sources(part: str) -> list[Path]:
    single = ROOT / f"{part}.py"
    return [single] if single.exists() else sorted((ROOT / part).rglob("*.py"))


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(node: ast.AST) -> Iterator[str]:
    """Full names: `from a import b` is "a.b", which may be a module or what is in one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: imports are absolute here"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(path: Path) -> set[str]:
    """All of a file, those inside of functions included."""
    return {name for node in ast.walk(tree(path)) for name in imported(node)}


def imports_at_load(path: Path) -> set[str]:
    """Those that importing the file runs."""

    def walk(body: list[ast.stmt]) -> Iterator[str]:
        for node in body:
            yield from imported(node)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield from walk(node.orelse)
            elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ClassDef)):
                for inner in ("body", "orelse", "finalbody"):
                    yield from walk(getattr(node, inner, []))

    return set(walk(tree(path).body))


def attributes(path: Path) -> set[str]:
    """What is used of modules under their own names, such as "os.environ"."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def top(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_follow_the_arrows(part: str) -> None:
    allowed = MAY_IMPORT[part] | {part}
    wrong = {
        label(path): found
        for path in sources(part)
        if (found := {name for name in imports(path) if top(name) in OURS - allowed})
    }
    assert sources(part)
    assert wrong == {}


def test_functions_import_nothing_of_ours_but_what_they_share() -> None:
    wrong = {
        label(path): found
        for path in sources("functions")
        if (found := {name for name in imports(path) if top(name) in OURS - {"functions"} | BINDINGS})
    }
    assert wrong == {}


@pytest.mark.parametrize("part", sorted(MAY_IMPORT.keys() - {"constructs_lib"}))
def test_only_the_constructs_import_the_bindings(part: str) -> None:
    wrong = {
        label(path): found
        for path in sources(part)
        if (found := {name for name in imports(path) if top(name) in BINDINGS})
    }
    assert wrong == {}


def test_the_constructs_need_nothing_else() -> None:
    """No boto3 in a synth: it would ask AWS, or cost the time of loading it."""
    used = {top(name) for path in sources("constructs_lib") for name in imports(path)}
    others = used - set(sys.stdlib_module_names) - BINDINGS - MAY_IMPORT["constructs_lib"]
    assert others == {"constructs_lib"}


def test_one_module_spells_the_tables_keys() -> None:
    """docs/data-model.md says so, and which construct repeats two of them."""
    spellers = {
        label(path)
        for part in ("environments", "constructs_lib", "functions", "ops", "bench")
        for path in sources(part)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.match(node.value)
    }
    assert spellers == {"functions/shared/keys.py", "constructs_lib/consumers/stream.py"}


def test_one_module_starts_terraform() -> None:
    starters = {
        label(path) for path in sources("ops") if any(STARTING.fullmatch(name) for name in attributes(path))
    }
    assert starters == STARTS_PROGRAMS.keys()
    takers = {label(path) for path in sources("ops") if "ops.terraform.binary" in imports(path)}
    assert takers == set()


def module(name: str) -> Path | None:
    """The file of a module of ours."""
    place = ROOT.joinpath(*name.split("."))
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.exists()), None)


def loaded_with(name: str) -> dict[str, set[str]]:
    """The modules of ours that importing this one loads, each with what it imports at once."""
    found: dict[str, set[str]] = {}
    left = [name]
    while left:
        current = left.pop()
        if current in found:
            continue
        if (file := module(current)) is None:
            left.append(current.rpartition(".")[0])  # a name in a module
            continue
        found[current] = imports_at_load(file)
        left += [other for other in found[current] if top(other) in OURS]
        if parent := current.rpartition(".")[0]:
            left.append(parent)
    return found


def test_the_command_line_loads_light() -> None:
    """Everything heavier is imported by the command that needs it."""
    loaded = loaded_with("ops.cli")
    assert {"ops.cli", "ops.commands.up", "ops.errors"} <= loaded.keys()
    light = {"typer", "ops", "environments"} | set(sys.stdlib_module_names) - {
        "asyncio",
        "ssl",
        "http",
        "urllib",
        "unittest",
    }
    heavy = {
        name: wrong for name, names in loaded.items() if (wrong := {n for n in names if top(n) not in light})
    }
    assert heavy == {}


def test_every_trap_has_a_test_with_its_number() -> None:
    numbers = {
        int(number)
        for path in sources("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for number in re.findall(r"trap_(\d+)", node.name)
    }
    assert sorted(set(TRAPS) - numbers) == []

"""The scanners' environment: made where it is asked for, apart from the project's, and once."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.paths import ROOT
from ops.setup import lock, packages, pipenv, run
from ops.setup.console import Console
from ops.setup.context import Context

STEP = next(step for step in run.EXTRAS if step.name == "scanners")

PIPENV = """
[ "$1" = --version ] && { echo "pipenv, version VERSION"; exit; }
echo "$PIPENV_PIPFILE $*" >> "$CALLS"
[ -e "$CALLS.fail" ] && { echo "Could not find a version"; exit 1; }
folder=$(dirname "$PIPENV_PIPFILE")
if [ "$1" = lock ]; then
    sources='[{"name": "mirror", "url": "file:///x"}]'
    meta='{"hash": {"sha256": ""}, "sources": '"$sources"'}'
    echo '{"_meta": '"$meta"', "default": {}}' > "$folder/Pipfile.lock"
    exit
fi
site=$folder/.venv/lib/python3.11/site-packages
mkdir -p "$folder/.venv/bin" "$site/checkov-1.dist-info"
echo "version_info = RUNNING.0" > "$folder/.venv/pyvenv.cfg"
printf '#!/bin/sh\\necho RUNNING\\n' > "$folder/.venv/bin/python"
chmod +x "$folder/.venv/bin/python"
echo "checkov-1.dist-info/INSTALLER,," > "$site/checkov-1.dist-info/RECORD"
touch "$site/checkov-1.dist-info/INSTALLER"
"""


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    """A checkout with the project's virtualenv, both Pipfiles, and a pipenv that is a script."""
    root, tools = tmp_path / "root", tmp_path / "bin"
    for folder in (root / ".tools", root / ".venv", root / "ops" / "setup", root / "policy", tools):
        folder.mkdir(parents=True)
    for name in ("packages", "pipenv"):
        (root / "ops" / "setup" / f"{name}.py").write_text("")
    for folder in (root, root / "policy"):
        (folder / "Pipfile").write_text('[packages]\na = "==1"\n')
        (folder / "Pipfile.lock").write_text("{}")
    text = PIPENV.replace("VERSION", pipenv.PINNED).replace("RUNNING", packages.running_version())
    (tools / "pipenv").write_text(f"#!/bin/sh{text}")
    (tools / "pipenv").chmod(0o755)
    environ = {"PATH": f"{tools}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls"), "PIP_CERT": "mine"}
    return Context(root, environ, out=Console(io.StringIO()))


def set_up(ctx: Context) -> str:
    """As a new process would."""
    ctx.stamp, ctx.out = {}, Console(io.StringIO())
    run.set_up(ctx, (STEP,))
    assert isinstance(ctx.out.stream, io.StringIO)
    return ctx.out.stream.getvalue()


def calls(ctx: Context) -> list[str]:
    file = Path(ctx.environ["CALLS"])
    return file.read_text().splitlines() if file.exists() else []


def test_it_is_no_step_of_every_set_up() -> None:
    assert "scanners" not in [step.name for step in run.STEPS]


def test_it_is_installed_from_its_own_lock_beside_it(ctx: Context) -> None:
    assert "1 in policy/.venv" in set_up(ctx)
    (call,) = calls(ctx)
    assert call.startswith(f"{ctx.root}/policy/Pipfile sync --categories packages --python ")
    assert not (ctx.root / ".venv" / "bin").exists()


def test_a_second_run_does_nothing(ctx: Context) -> None:
    set_up(ctx)
    assert set_up(ctx) == "Set-up: nothing to do.\n"
    assert len(calls(ctx)) == 1


@pytest.mark.parametrize("change", ["lock", "package", "virtualenv"])
def test_what_changed_or_is_gone_is_installed_again(ctx: Context, change: str) -> None:
    set_up(ctx)
    match change:
        case "lock":
            (ctx.root / "policy" / "Pipfile.lock").write_text('{"newer": 1}')
        case "package":
            site = packages.site_packages(ctx, packages.SCANNERS)
            assert site
            (site / "checkov-1.dist-info").rename(site / "gone")
        case "virtualenv":
            (ctx.root / "policy" / ".venv").rename(ctx.root / "elsewhere")
    set_up(ctx)
    assert len(calls(ctx)) == 2


def test_the_projects_lock_is_none_of_its_business(ctx: Context) -> None:
    set_up(ctx)
    (ctx.root / "Pipfile.lock").write_text('{"newer": 1}')
    assert set_up(ctx) == "Set-up: nothing to do.\n"


def test_a_failure_is_told_with_what_pip_said_and_tried_again(ctx: Context) -> None:
    fail = Path(f"{ctx.environ['CALLS']}.fail")
    fail.touch()
    with pytest.raises(OpsError, match="installing the scanners failed") as caught:
        set_up(ctx)
    assert "Could not find a version" in caught.value.hint
    fail.unlink()
    assert "1 in policy/.venv" in set_up(ctx)


def test_a_missing_lock_is_told_by_name(ctx: Context) -> None:
    (ctx.root / "policy" / "Pipfile.lock").unlink()
    with pytest.raises(OpsError, match=r"policy/Pipfile\.lock is missing") as caught:
        set_up(ctx)
    assert caught.value.code == ExitCode.TOOL


def test_make_lock_resolves_it_too_and_keeps_sources_out(ctx: Context) -> None:
    for of in packages.EVERY:
        aside = ctx.root / "aside"
        aside.mkdir(exist_ok=True)
        assert json.loads(lock.resolved(ctx, of, aside))["_meta"]["sources"] == []
        assert of.lock(ctx).read_text() == "{}"
    assert [call.split()[:2] for call in calls(ctx)] == [
        [f"{ctx.root}/aside/Pipfile", "lock"],
        [f"{ctx.root}/aside/policy/Pipfile", "lock"],
    ]


def test_the_pins_of_the_two_environments_are_apart() -> None:
    """What a scanner pins does not reach the project, and the other way about."""
    ours, theirs = (json.loads(of.lock(Context(ROOT, {})).read_text()) for of in packages.EVERY)
    assert {"checkov", "zizmor"} <= theirs["default"].keys()
    assert not {"checkov", "zizmor"} & {name for group in ours.values() for name in group}
    assert ours["default"]["boto3"]["version"] != theirs["default"]["boto3"]["version"]

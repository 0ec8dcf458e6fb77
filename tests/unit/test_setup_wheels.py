"""The step that brings in what functions carry: exactly the lock's wheels, whole and checked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import run, wheels
from ops.setup.console import Console
from ops.setup.context import Context

ROOT = Path(__file__).parents[2]
FILES = {
    "first": ("first-1.0-py3-none-any.whl", b"the first wheel"),
    "second-one": ("second_one-2.0-py2.py3-none-any.whl", b"the second wheel"),
}
STEP = next(step for step in run.STEPS if step.name == "wheels")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    """A checkout whose lock has two packages, and whose pip brings what `served` holds."""
    root = tmp_path / "check out"
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".tools").mkdir()
    (root / "ops" / "setup").mkdir(parents=True)
    (root / "ops" / "setup" / "wheels.py").write_bytes(Path(wheels.__file__).read_bytes())
    entries = {
        package: {"hashes": [f"sha256:{'0' * 64}", f"sha256:{sha256(content)}"], "version": "==1"}
        for package, (_, content) in FILES.items()
    }
    (root / "Pipfile.lock").write_text(json.dumps({"functions": entries}))
    serve(tmp_path, FILES)
    pip = root / ".venv" / "bin" / "python"
    pip.write_text(
        f"""#!{sys.executable} -S
import shutil, sys
from pathlib import Path
folder = Path({str(tmp_path)!r})
(folder / "arguments").write_text("\\n".join(sys.argv[1:]))
(folder / "wanted").write_text(Path(sys.argv[sys.argv.index("--requirement") + 1]).read_text())
for path in sorted((folder / "served").iterdir()):
    if path.suffix == ".fail":
        sys.exit(path.read_text())
    shutil.copy(path, sys.argv[sys.argv.index("--dest") + 1])
"""
    )
    pip.chmod(0o755)
    return Context(root, {"PATH": os.environ["PATH"]}, out=Console(io.StringIO()))


def serve(folder: Path, files: dict[str, tuple[str, bytes]]) -> None:
    served = folder / "served"
    served.mkdir(exist_ok=True)
    for name, content in files.values():
        (served / name).write_bytes(content)


def found(ctx: Context) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (ctx.tools / "wheels").iterdir()}


def set_up(ctx: Context) -> str:
    """As a new process would."""
    ctx.stamp, ctx.out = {}, Console(io.StringIO())
    run.set_up(ctx, (STEP,))
    assert isinstance(ctx.out.stream, io.StringIO)
    return ctx.out.stream.getvalue()


def test_the_step_comes_after_the_packages_whose_pip_it_uses() -> None:
    names = [step.name for step in run.STEPS]
    assert names.index("wheels") == names.index("packages") + 1


def test_pip_is_asked_for_nothing_but_locked_pure_wheels(ctx: Context, tmp_path: Path) -> None:
    assert "2 wheels in .tools/wheels" in set_up(ctx)
    assert found(ctx) == dict(FILES.values())
    hashes = {package: sha256(content) for package, (_, content) in FILES.items()}
    assert (tmp_path / "wanted").read_text() == (
        f"first==1 --hash=sha256:{'0' * 64} --hash=sha256:{hashes['first']}\n"
        f"second-one==1 --hash=sha256:{'0' * 64} --hash=sha256:{hashes['second-one']}\n"
    )
    arguments = (tmp_path / "arguments").read_text().split("\n")
    assert arguments[:4] == ["-I", "-m", "pip", "download"]
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(arguments)
    assert arguments[arguments.index("--platform") + 1] == "any"
    assert arguments[arguments.index("--abi") + 1] == "none"


def test_a_second_run_does_nothing(ctx: Context, tmp_path: Path) -> None:
    set_up(ctx)
    (tmp_path / "arguments").unlink()
    assert set_up(ctx) == "Set-up: nothing to do.\n"
    assert not (tmp_path / "arguments").exists()


@pytest.mark.parametrize("damage", ["deleted", "changed", "cut", "one too many"])
def test_what_is_not_as_the_lock_says_is_brought_again(ctx: Context, damage: str) -> None:
    set_up(ctx)
    wheel = ctx.tools / "wheels" / "first-1.0-py3-none-any.whl"
    match damage:
        case "deleted":
            wheel.unlink()
        case "changed":
            wheel.write_bytes(b"another wheel")
        case "cut":
            wheel.write_bytes(wheel.read_bytes()[:5])
        case "one too many":
            (wheel.parent / "third-1.0-py3-none-any.whl").write_bytes(b"of an earlier lock")
    assert "2 wheels" in set_up(ctx)
    assert found(ctx) == dict(FILES.values())


def test_a_new_lock_replaces_the_wheels(ctx: Context, tmp_path: Path) -> None:
    set_up(ctx)
    lock = {"functions": {"first": {"hashes": [f"sha256:{sha256(b'newer')}"], "version": "==2"}}}
    (ctx.root / "Pipfile.lock").write_text(json.dumps(lock))
    for path in (tmp_path / "served").iterdir():
        path.unlink()
    serve(tmp_path, {"first": ("first-2-py3-none-any.whl", b"newer")})
    assert "1 wheels" in set_up(ctx)
    assert found(ctx) == {"first-2-py3-none-any.whl": b"newer"}


def test_a_failing_pip_leaves_the_wheels_and_is_tried_again(ctx: Context, tmp_path: Path) -> None:
    set_up(ctx)
    (ctx.tools / "wheels" / "first-1.0-py3-none-any.whl").unlink()
    fail = tmp_path / "served" / "a.fail"
    fail.write_text("THESE PACKAGES DO NOT MATCH THE HASHES")
    with pytest.raises(OpsError, match="downloading the functions' packages failed") as caught:
        set_up(ctx)
    assert "DO NOT MATCH THE HASHES" in caught.value.hint
    assert set(found(ctx)) == {"second_one-2.0-py2.py3-none-any.whl"}
    fail.unlink()
    assert "2 wheels" in set_up(ctx)


def test_what_pip_brought_is_checked_once_more(ctx: Context, tmp_path: Path) -> None:
    """A setting of the user's may turn pip's own check off."""
    (tmp_path / "served" / "first-1.0-py3-none-any.whl").write_bytes(b"another wheel")
    with pytest.raises(OpsError, match="pip brought no wheel of first that Pip") as caught:
        set_up(ctx)
    assert caught.value.code == ExitCode.TOOL
    assert found(ctx) == {}


def test_an_interruption_leaves_only_whole_wheels(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        (next(ctx.tools.glob(".wheels-*")) / "first-1.0-py3-none-any.whl").write_bytes(b"the fi")
        raise KeyboardInterrupt

    left = ctx.tools / ".wheels-of-a-killed-set-up"
    left.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("ops.setup.process.run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            set_up(ctx)
    assert found(ctx) == {}
    assert list(ctx.tools.glob(".wheels-*")) == []
    assert "2 wheels" in set_up(ctx)


@pytest.mark.parametrize("text", [None, "{", "{}"])
def test_a_lock_without_the_section_is_told(ctx: Context, text: str | None) -> None:
    (ctx.root / "Pipfile.lock").unlink()
    if text is not None:
        (ctx.root / "Pipfile.lock").write_text(text)
    assert wheels.state(ctx) is None
    with pytest.raises(OpsError, match=r"Pipfile\.lock has no readable section 'functions'"):
        wheels.make(ctx)


def test_the_wheels_of_this_checkout_are_those_of_its_lock() -> None:
    here = Context(ROOT, {})
    assert wheels.state(here) is not None

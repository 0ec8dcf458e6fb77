"""The functions' zips: what is in them, that it is the same everywhere, and when they are made anew."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.functions import most_kib
from constructs_lib.compute import archive, packaging, wheels
from constructs_lib.compute.catalogue import SPECS
from environments.chat import FUNCTIONS
from ops.paths import ROOT
from tests.support.interpreters import interpreters

SHA256S = """
import hashlib, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from constructs_lib.compute import archive
from constructs_lib.compute.catalogue import SPECS
for folder in SPECS:
    content = archive.zip_bytes(archive.contents(folder, Path(sys.argv[1])))
    print(folder, hashlib.sha256(content).hexdigest())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout of what zips are made of, elsewhere."""
    copy = tmp_path / "elsewhere" / "check out"
    leavings = shutil.ignore_patterns("__pycache__")
    for name in ("functions", "constructs_lib", "environments"):
        shutil.copytree(ROOT / name, copy / name, ignore=leavings)
    shutil.copy(ROOT / "Pipfile.lock", copy)
    shutil.copytree(ROOT / ".tools" / "wheels", copy / ".tools" / "wheels")
    return copy


def built(root: Path) -> dict[str, bytes]:
    return {folder: archive.zip_bytes(archive.contents(folder, root)) for folder in SPECS}


def changed(root: Path, change: Callable[[], object]) -> set[str]:
    """The functions whose zips are others after the change."""
    before = built(root), {folder: archive.fingerprint(folder, root) for folder in SPECS}
    change()
    wheels.locked.cache_clear()
    after = built(root), {folder: archive.fingerprint(folder, root) for folder in SPECS}
    by_bytes, by_fingerprint = (
        {folder for folder in SPECS if old[folder] != new[folder]}
        for old, new in zip(before, after, strict=True)
    )
    assert by_bytes == by_fingerprint, "the fingerprint tells what the bytes would"
    return by_bytes


def test_every_function_is_in_the_catalogue() -> None:
    assert tuple(SPECS) == FUNCTIONS


class TestContent:
    @pytest.mark.parametrize("folder", SPECS)
    def test_it_is_the_function_what_is_shared_and_its_packages(self, folder: str) -> None:
        names = set(archive.contents(folder, ROOT))
        assert {f"functions/{folder}/handler.py", f"functions/{folder}/settings.py"} <= names
        assert {"functions/__init__.py", "functions/shared/settings.py"} <= names
        others = {name.split("/")[1] for name in names if name.startswith("functions/")}
        assert others == {"__init__.py", "shared", folder}
        for package in SPECS[folder].packages:
            wheel = wheels.locked(ROOT)[package]
            own = set(wheels.members(wheel))
            assert own <= names
            assert any(name.endswith("/METADATA") for name in own)
            assert any("LICENSE" in name for name in own), f"{package} without its licence"
            assert any(name.endswith(".py") for name in own)

    @pytest.mark.parametrize("folder", SPECS)
    def test_no_zip_has_anything_compiled_or_left_behind(self, folder: str) -> None:
        with zipfile.ZipFile(packaging.ours(folder).path) as opened:
            assert opened.testzip() is None
            archive.refuse_compiled({name: opened.read(name) for name in opened.namelist()})
            suffixes = {Path(name).suffix for name in opened.namelist()}
            names = [part for name in opened.namelist() for part in name.split("/")]
        assert not suffixes & {".so", ".pyd", ".dylib", ".dll", ".pyc"}
        assert not {"__pycache__", "RECORD", "INSTALLER", "direct_url.json"} & set(names)

    @pytest.mark.parametrize("folder", SPECS)
    def test_no_zip_is_larger_than_its_goal(self, folder: str) -> None:
        size = packaging.ours(folder).path.stat().st_size / 1024
        assert size <= most_kib(SPECS[folder]), f"{folder}.zip has {size:.0f} KiB"

    def test_what_is_left_out_is_imported_by_nothing_that_stays(self) -> None:
        left_out = {folder.rstrip("/").replace("/", ".") for folder in wheels.LEFT_OUT}
        importing = {
            name
            for wheel in wheels.locked(ROOT).values()
            for name, content in wheels.members(wheel).items()
            if name.endswith(".py")
            for node in ast.walk(ast.parse(content))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(tuple(left_out))
        }
        # In a function of its own, for pydantic's models, of which there are none here.
        assert importing == {"aws_lambda_powertools/shared/functions.py"}

    def test_leaving_it_out_halves_the_package(self) -> None:
        wheel = wheels.locked(ROOT)["aws-lambda-powertools"]
        with zipfile.ZipFile(wheel.path) as whole:
            size = sum(entry.file_size for entry in whole.infolist())
        assert sum(map(len, wheels.members(wheel).values())) < size / 2

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("speedups.cpython-311-x86_64-linux-gnu.so", b""),
            ("speedups.pyd", b""),
            ("libx.so.1", b""),
            ("speedups.dylib", b""),
            ("handler.pyc", b""),
            ("data.bin", b"\x7fELF\x02\x01"),
            ("data", b"\xcf\xfa\xed\xfe\x07"),
            ("data", b"MZ\x90"),
        ],
    )
    def test_a_compiled_file_is_refused(self, root: Path, name: str, content: bytes) -> None:
        if not name.endswith(".pyc"):
            (root / "functions" / "connect" / name).write_bytes(content)
            with pytest.raises(wheels.NotPure, match=f"functions/connect/{name}"):
                archive.contents("connect", root)
            assert archive.contents("disconnect", root)
        with pytest.raises(wheels.NotPure, match=name):
            archive.refuse_compiled({"a.py": b"", f"package/{name}": content})

    def test_a_wheel_of_one_platform_is_refused(self, root: Path) -> None:
        wheel = next((root / ".tools" / "wheels").glob("h11-*"))
        wheel.rename(wheel.with_name("h11-0.16.0-cp313-cp313-manylinux_2_28_aarch64.whl"))
        with pytest.raises(wheels.NotPure, match=r"cp313.* is of one platform"):
            archive.contents("connect", root)


class TestSameBytes:
    @pytest.mark.parametrize("version", interpreters())
    def test_on_another_machine_with_another_python_and_another_day(self, root: Path, version: str) -> None:
        """Directory, user mask, times, time zone, hash seed, and what editors leave behind are others."""
        for number, path in enumerate(sorted((root / "functions").rglob("*"))):
            os.utime(path, (number * 1000, number * 1000))
            path.chmod(0o755 if path.is_dir() else 0o600)
        (root / "functions" / "connect" / "__pycache__").mkdir()
        (root / "functions" / "connect" / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
        (root / "functions" / "connect" / ".DS_Store").write_bytes(b"x")
        (root / "constructs_lib" / "__init__.py").write_text("")  # the bindings are this Python's only
        done = subprocess.run(
            [interpreters()[version], "-s", "-c", SHA256S, str(root)],
            env={"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
            cwd=root.parent,
            umask=0o077,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert dict(line.split() for line in done.stdout.splitlines()) == {
            folder: base64.b64decode(packaging.ours(folder).sha256).hex() for folder in SPECS
        }

    def test_twice(self) -> None:
        assert built(ROOT) == built(ROOT)

    def test_entries_are_in_order_of_one_date_and_mode_and_not_compressed(self) -> None:
        with zipfile.ZipFile(packaging.ours("chat_worker").path) as opened:
            entries = opened.infolist()
        assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
        assert {
            (entry.date_time, entry.external_attr >> 16, entry.compress_type, entry.create_system)
            for entry in entries
        } == {((1980, 1, 1, 0, 0, 0), 0o100644, zipfile.ZIP_STORED, 3)}


class TestWhatChangesAZip:
    def test_a_source_of_one_function(self, root: Path) -> None:
        source = root / "functions" / "connect" / "handler.py"
        assert changed(root, lambda: source.write_text("changed\n")) == {"connect"}

    def test_a_source_that_all_share(self, root: Path) -> None:
        source = root / "functions" / "shared" / "settings.py"
        assert changed(root, lambda: source.write_text("changed\n")) == set(SPECS)

    def test_a_source_that_goes_away(self, root: Path) -> None:
        source = root / "functions" / "chat_worker" / "settings.py"
        assert changed(root, source.unlink) == {"chat_worker"}

    def test_another_version_of_a_package(self, root: Path) -> None:
        def change() -> None:
            wheel = next((root / ".tools" / "wheels").glob("httpx_sse-*"))
            with zipfile.ZipFile(wheel, "a") as opened:
                opened.writestr("httpx_sse/_more.py", "")
            lock = json.loads((root / "Pipfile.lock").read_text())
            other = f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
            lock["functions"]["httpx-sse"]["hashes"] = [other]
            (root / "Pipfile.lock").write_text(json.dumps(lock))

        users = {folder for folder, spec in SPECS.items() if "httpx-sse" in spec.packages}
        assert users == {"chat_worker"}
        assert changed(root, change) == users


class TestWheels:
    def test_without_them_it_says_what_to_do(self, root: Path) -> None:
        next((root / ".tools" / "wheels").glob("h11-*")).unlink()
        with pytest.raises(wheels.NotSetUp) as caught:
            packaging.ours("connect", root)
        assert str(caught.value) == (
            "The functions' packages are not there: h11==0.16.0.\n"
            "Run `make setup`: it brings into .tools/wheels what Pipfile.lock names."
        )

    def test_one_that_is_not_as_locked_is_none(self, root: Path) -> None:
        wheel = next((root / ".tools" / "wheels").glob("h11-*"))
        wheel.write_bytes(wheel.read_bytes() + b"x")
        with pytest.raises(wheels.NotSetUp, match="h11"):
            wheels.locked(root)

    def test_every_locked_package_is_used_by_some_function(self) -> None:
        assert set(wheels.locked(ROOT)) == {name for spec in SPECS.values() for name in spec.packages}

    def test_the_tests_run_with_the_versions_that_functions_carry(self) -> None:
        lock = json.loads((ROOT / "Pipfile.lock").read_text())
        different = {
            package: (entry["version"], lock[section][package]["version"])
            for package, entry in lock["functions"].items()
            for section in ("default", "develop")
            if package in lock[section] and lock[section][package]["version"] != entry["version"]
        }
        assert different == {}

    def test_without_them_the_program_ends_with_that_line(self, root: Path) -> None:
        """As `ops` and `cdktf` run it; before anything is written."""
        shutil.rmtree(root / ".tools" / "wheels")
        shutil.copy(ROOT / "main.py", root)
        for name in ("mail_templates", ".terraform.lock.hcl"):
            (root / name).symlink_to(ROOT / name)
        from tests.support import configuration

        done = subprocess.run(
            [sys.executable, str(root / "main.py")],
            env=os.environ | configuration.variables(CDKTF_OUTDIR=str(root / "out"), ENVIRONMENT="dev"),
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr.startswith("The functions' packages are not there: anyio==")
        assert "Run `make setup`" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode == wheels.NotSetUp.exit_code
        assert not list((root / "out").rglob("cdk.tf.json"))


class TestKeeping:
    @pytest.fixture(autouse=True)
    def _once_per_test(self) -> None:
        packaging.ours.cache_clear()

    def test_a_zip_that_was_built_is_not_built_again(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = packaging.ours("connect", root)
        packaging.ours.cache_clear()
        monkeypatch.setattr(archive, "zip_bytes", lambda files: pytest.fail("built again"))
        assert packaging.ours("connect", root) == first

    def test_what_is_edited_while_it_is_built_is_not_taken_for_what_it_was(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = root / "functions" / "connect" / "handler.py"
        before = source.read_bytes()
        fingerprint = archive.fingerprint

        def edited(*arguments: Any) -> str:
            source.write_text("edited\n")
            return fingerprint(*arguments)

        monkeypatch.setattr(archive, "fingerprint", edited)
        with zipfile.ZipFile(packaging.ours("connect", root).path) as opened:
            assert opened.read("functions/connect/handler.py") == before

    def test_earlier_ones_are_kept_a_few(self, root: Path) -> None:
        source = root / "functions" / "connect" / "handler.py"
        for number in range(packaging.KEPT + 3):
            source.write_text(f"{number}\n")
            packaging.ours.cache_clear()
            last = packaging.ours("connect", root)
        kept = sorted((root / ".tools" / "functions").iterdir())
        assert len(kept) == packaging.KEPT
        assert last.path in kept

    def test_two_that_build_at_once_leave_one_whole_zip(self, root: Path) -> None:
        build = (
            "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
            "from constructs_lib.compute import packaging\n"
            "packaging.write(Path(sys.argv[2]), [()])\n"
        )
        out = root / "out"
        runs = [subprocess.Popen([sys.executable, "-c", build, str(root), str(out)]) for _ in range(4)]
        assert [run.wait(60) for run in runs] == [0, 0, 0, 0]
        for folder in ((out / "functions"), (root / ".tools" / "functions")):
            assert len(list(folder.iterdir())) == len(SPECS), "nothing half-made is left"
        for folder in SPECS:
            content = (out / "functions" / f"{folder}.zip").read_bytes()
            assert content == archive.zip_bytes(archive.contents(folder, root))

    def test_a_second_synth_touches_nothing(self, tmp_path: Path) -> None:
        packaging.write(tmp_path, [()])
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "functions").iterdir()}
        packaging.ours.cache_clear()
        packaging.write(tmp_path, [()])
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "functions").iterdir()} == before
        assert {path.name for path in before} == {f"{folder}.zip" for folder in SPECS}

    def test_where_the_file_system_has_no_links_it_copies(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError("no links here")

        monkeypatch.setattr(Path, "hardlink_to", refuse)
        packaging.write(tmp_path, [()])
        copy = tmp_path / "functions" / "connect.zip"
        assert copy.stat().st_nlink == 1
        assert copy.read_bytes() == packaging.ours("connect").path.read_bytes()
        before = copy.stat().st_mtime_ns
        packaging.write(tmp_path, [()])
        assert copy.stat().st_mtime_ns == before

    def test_an_older_zip_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "functions").mkdir()
        (tmp_path / "functions" / "connect.zip").write_bytes(b"older")
        packaging.write(tmp_path, [()])
        assert zipfile.is_zipfile(tmp_path / "functions" / "connect.zip")


class TestArguments:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Path:
        path = tmp_path / "own.zip"
        with zipfile.ZipFile(path, "w") as opened:
            opened.writestr("functions/connect/handler.py", "def handle(event, context): ...")
        return path

    def of_stack(self, outdir: Path, arguments: dict[str, str]) -> bytes:
        return (outdir / "stacks" / "dev" / arguments["filename"]).resolve().read_bytes()

    @pytest.mark.parametrize("folder", SPECS)
    def test_ours_is_beside_the_stacks_with_its_hash(self, tmp_path: Path, folder: str) -> None:
        arguments = packaging.code_arguments(folder, ())
        packaging.write(tmp_path, [()])
        assert arguments["filename"] == f"../../functions/{folder}.zip"
        digest = hashlib.sha256(self.of_stack(tmp_path, arguments)).digest()
        assert arguments["source_code_hash"] == base64.b64encode(digest).decode()

    def test_a_path_is_copied_so_that_the_synth_holds_all(self, tmp_path: Path, own: Path) -> None:
        places = (f"connect={own}",)
        arguments = packaging.code_arguments("connect", places)
        packaging.write(tmp_path / "out", [places])
        content = own.read_bytes()
        with own.open("ab") as stream:
            stream.write(b"changed afterwards")
        assert self.of_stack(tmp_path / "out", arguments) == content
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert arguments["source_code_hash"] == digest
        assert arguments["filename"] != "../../functions/connect.zip"
        assert not (tmp_path / "out" / "functions" / "connect.zip").exists()

    def test_environments_with_different_code_share_a_folder(self, tmp_path: Path, own: Path) -> None:
        places = (f"connect={own}",)
        packaging.write(tmp_path / "out", [places, ()])
        ours, theirs = (
            self.of_stack(tmp_path / "out", packaging.code_arguments("connect", each))
            for each in ((), places)
        )
        assert theirs == own.read_bytes() != ours

    def test_an_object_is_named_with_its_version(self, tmp_path: Path) -> None:
        places = (
            "connect=s3://flowency-builds/a%20b.zip?versionId=abc",
            "disconnect=s3://flowency-builds/c.zip",
        )
        assert packaging.code_arguments("connect", places) == {
            "s3_bucket": "flowency-builds",
            "s3_key": "a b.zip",
            "s3_object_version": "abc",
        }
        assert packaging.code_arguments("disconnect", places) == {
            "s3_bucket": "flowency-builds",
            "s3_key": "c.zip",
        }
        packaging.write(tmp_path, [places])
        names = {path.stem for path in (tmp_path / "functions").iterdir()}
        assert names == set(SPECS) - {"connect", "disconnect"}

"""A file is the old one or the new one, whatever happens."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.files import private_folder, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("may not mount a small disk here; the failing fsync below covers the same path")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_new_file_is_private_and_its_folder_made(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "dev.env"
    write_private(file, "ä=1\n")
    assert file.read_text(encoding="utf-8") == "ä=1\n"
    assert mode(file) == 0o600
    assert names(file.parent) == ["dev.env"]


def test_a_readable_old_file_becomes_private(tmp_path: Path) -> None:
    file = tmp_path / "dev.env"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)


def test_full_disk_keeps_the_old_file(small_disk: Path) -> None:
    file = small_disk / "dev.env"
    file.write_text("old")
    with pytest.raises(OpsError, match="No space left") as caught:
        write_private(file, "x" * 200_000)
    assert caught.value.code is ExitCode.OUTPUT
    assert str(file) in caught.value.message
    assert "Make room" in caught.value.hint
    assert file.read_text() == "old"
    assert names(small_disk) == ["dev.env"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_failing_disk_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    file = tmp_path / "dev.env"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OpsError, match=os.strerror(number)) as caught:
        write_private(file, "new")
    assert caught.value.code is ExitCode.OUTPUT
    assert (file.read_text(), names(tmp_path)) == ("old", ["dev.env"])


def test_interruption_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "dev.env"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_private(file, "new")
    assert (file.read_text(), names(tmp_path)) == ("old", ["dev.env"])


def test_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:  # nothing is forbidden to root

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr("tempfile.mkstemp", refuse)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OpsError, match="Permission denied") as caught:
            write_private(tmp_path / "dev.env", "new")
    finally:
        tmp_path.chmod(0o700)
    assert caught.value.code is ExitCode.OUTPUT
    assert "Allow writing there" in caught.value.hint


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "outputs").touch()
    with pytest.raises(OpsError) as caught:
        write_private(tmp_path / "outputs" / "dev.env", "new")
    assert caught.value.code is ExitCode.OUTPUT


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a pipe"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    """As root, `--write /dev/null` would otherwise leave a file in its place."""
    target = tmp_path / "target"
    if kind == "folder":
        target.mkdir()
    else:
        os.mkfifo(target)
    if kind.startswith("link"):
        (tmp_path / "link").symlink_to(target)
        target = tmp_path / "link"
    before = target.stat()
    with pytest.raises(OpsError, match="not a regular file") as caught:
        write_private(target, "new")
    assert caught.value.code is ExitCode.OUTPUT
    assert target.stat().st_ino == before.st_ino


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "file").write_text("old")
    write_private(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_reader_sees_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dev.env"
    file.write_text("old")
    seen: list[str] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (seen.append(file.read_text()), sync(number)))
    with contextlib.suppress(OpsError):
        write_private(file, "new")
    assert seen == ["old"]


def test_a_private_folder_is_for_its_owner_alone_and_goes(tmp_path: Path) -> None:
    with private_folder(tmp_path) as folder, private_folder(tmp_path) as another:
        assert {folder.parent, another.parent} == {tmp_path}
        assert folder != another
        assert mode(folder) == 0o700
        (folder / "plan").write_text("a state")
    assert names(tmp_path) == []

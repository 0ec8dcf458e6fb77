"""A bundle is read as it was written, or refused; a stale plan is told with everything that moved."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bundles import file, origin, stack, staleness, terraform_plan
from ops.bundles.file import Bundle
from ops.bundles.manifest import Manifest, Run
from ops.bundles.origin import Commit
from ops.bundles.staleness import Now
from ops.bundles.terraform_plan import StateVersion
from ops.errors import OpsError
from ops.exit_codes import ExitCode

MANIFEST = Manifest(
    environment="dev",
    aws_account_id="111111111111",
    aws_region="eu-central-1",
    made=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    commit="a" * 40,
    terraform="1.11.4",
    providers={"registry.terraform.io/hashicorp/aws": "5.100.0"},
    lineage="one",
    serial=7,
    stack="b" * 64,
)
BUNDLE = Bundle(MANIFEST, b"a plan", {"resource_changes": []}, {"resource": {}}, {"domain_name": ""})
NOW = Now(
    "111111111111",
    "eu-central-1",
    Commit("a" * 40, dirty=False),
    "1.11.4",
    StateVersion("one", 7),
    "b" * 64,
    {"registry.terraform.io/hashicorp/aws": "5.100.0"},
)


class TestFile:
    def test_read_as_written_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "dev.bundle"
        file.write(path, BUNDLE)
        found = file.read(path)
        assert replace(found, manifest=MANIFEST) == BUNDLE
        assert found.manifest.model_copy(update={"members": {}}) == MANIFEST
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [entry.name for entry in tmp_path.iterdir()] == ["dev.bundle"]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (None, "cannot be read"),
            (b"", "no plan bundle"),
            (b"PK\x03\x04 but no zip", "no plan bundle"),
        ],
    )
    def test_no_bundle(self, tmp_path: Path, content: bytes | None, told: str) -> None:
        path = tmp_path / "x"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(OpsError, match=told) as caught:
            file.read(path)
        assert caught.value.code is ExitCode.USAGE
        assert "ops plan ENV --out FILE" in caught.value.hint

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"format": 2}, "format 2; this `ops` reads format 1"),
            ({"serial": "many"}, "a manifest that cannot be right"),
            ({"surprise": 1}, "a manifest that cannot be right"),
            ({"members": {}}, r"changed after it was made \(.*plan.tfplan"),
        ],
    )
    def test_another_manifest(self, tmp_path: Path, changes: dict[str, Any], told: str) -> None:
        path = tmp_path / "x"
        file.write(path, BUNDLE)
        members = unpacked(path)
        members[file.MANIFEST] = json.dumps(json.loads(members[file.MANIFEST]) | changes).encode()
        pack(path, members)
        with pytest.raises(OpsError, match=told):
            file.read(path)

    @pytest.mark.parametrize("member", [file.PLAN, file.DOCUMENT, file.STACK, file.CONFIGURATION])
    @pytest.mark.parametrize("how", ["changed", "taken out"])
    def test_another_content(self, tmp_path: Path, member: str, how: str) -> None:
        path = tmp_path / "x"
        file.write(path, BUNDLE)
        members = unpacked(path)
        if how == "changed":
            members[member] = b"{}"
        else:
            del members[member]
        pack(path, members)
        with pytest.raises(OpsError, match=f"was changed after it was made \\({member}\\)"):
            file.read(path)

    @given(place=st.integers(min_value=0), value=st.binary(min_size=1, max_size=4))
    def test_damaged_anywhere_it_is_refused_or_the_same(self, place: int, value: bytes) -> None:
        buffer = whole()
        place %= len(buffer)
        damaged = buffer[:place] + value + buffer[place + len(value) :]
        path = DAMAGED / "x"
        path.write_bytes(damaged)
        try:
            found = file.read(path)
        except OpsError:
            return
        assert (found.plan, found.document) == (BUNDLE.plan, BUNDLE.document)

    def test_a_member_that_claims_to_be_encrypted_is_refused(self) -> None:
        """Found by the test above, once in a while: zipfile raises a RuntimeError for it."""
        buffer = bytearray(whole())
        for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            buffer[buffer.rindex(signature) + flags] |= 1
        path = DAMAGED / "x"
        path.write_bytes(buffer)
        with pytest.raises(OpsError, match="is no plan bundle, or is damaged"):
            file.read(path)

    @given(length=st.integers(min_value=0))
    def test_cut_off_it_is_refused(self, length: int) -> None:
        path = DAMAGED / "x"
        path.write_bytes(whole()[: length % len(whole())])
        with pytest.raises(OpsError):
            file.read(path)


@pytest.fixture(autouse=True, scope="module")
def _a_place(tmp_path_factory: pytest.TempPathFactory) -> None:
    global DAMAGED
    DAMAGED = tmp_path_factory.mktemp("damaged")
    file.write(DAMAGED / "whole", BUNDLE)


DAMAGED = Path()


def whole() -> bytes:
    return (DAMAGED / "whole").read_bytes()


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


class TestStaleness:
    def test_nothing_moved(self) -> None:
        assert staleness.reasons(MANIFEST, NOW) == []
        staleness.refuse("dev", [])

    @pytest.mark.parametrize(
        ("then", "now", "told"),
        [
            ({}, {"aws_account_id": "222222222222"}, "AWS account: planned for 111111111111, now 2222222222"),
            ({}, {"aws_region": "us-east-1"}, "region: planned for eu-central-1, now us-east-1"),
            (
                {},
                {"commit": Commit("c" * 40, dirty=False)},
                "commit: planned at aaaaaaaaaaaa, the c",
            ),
            ({}, {"commit": Commit("", dirty=False)}, "the checkout is at none"),
            (
                {},
                {"commit": Commit("a" * 40, dirty=True)},
                "commit: planned at aaaaaaaaaaaa as co",
            ),
            ({}, {"stack": "d" * 64}, "synthesized stack: planned with bbbbbbbbbbbb, this checkout and conf"),
            ({}, {"state": StateVersion("one", 8)}, "state serial: planned against 7, now 8"),
            ({}, {"state": StateVersion("one", 6)}, "state serial: planned against 7, now 6"),
            ({}, {"state": StateVersion("two", 7)}, "state lineage: planned against one, now two"),
            ({}, {"state": StateVersion()}, "state lineage: planned against one, now none"),
            ({"lineage": "", "serial": 0}, {}, "state lineage: planned against none, now one"),
            ({}, {"terraform": "1.12.0"}, "Terraform: planned with 1.11.4, now 1.12.0"),
            ({}, {"providers": {}}, "hashicorp/aws: planned with 5.100.0, now none"),
            ({"providers": {}}, {}, "hashicorp/aws: planned with none, now 5.100.0"),
        ],
    )
    def test_each_thing_that_may_move(self, then: dict[str, Any], now: dict[str, Any], told: str) -> None:
        (reason,) = staleness.reasons(
            MANIFEST.model_copy(update=then), Now(**{name: getattr(NOW, name) for name in FIELDS} | now)
        )
        assert told in reason

    def test_all_are_told_at_once(self) -> None:
        now = Now("222222222222", "us-east-1", Commit("", dirty=False), "", StateVersion(), "", {})
        found = staleness.reasons(MANIFEST, now)
        assert len(found) == 7
        with pytest.raises(OpsError) as caught:
            staleness.refuse("dev", found)
        assert caught.value.code is ExitCode.STALE
        assert all(reason in caught.value.message for reason in found)

    def test_a_plan_of_changed_files_may_be_applied_from_the_same(self) -> None:
        """It is not stale; for prod and the account `ops.deployment.committed` refuses it."""
        then = MANIFEST.model_copy(update={"dirty": True})
        now = Now(**{name: getattr(NOW, name) for name in FIELDS} | {"commit": Commit("a" * 40, dirty=True)})
        assert staleness.reasons(then, now) == []


FIELDS = tuple(Now.__dataclass_fields__)


class TestStack:
    @pytest.fixture
    def made(self, tmp_path: Path) -> Path:
        directory = tmp_path / "stacks" / "dev"
        directory.mkdir(parents=True)
        (directory / "cdk.tf.json").write_text("{}")
        (directory / ".terraform.lock.hcl").write_text("lock")
        (tmp_path / "functions").mkdir()
        (tmp_path / "functions" / "one.zip").write_bytes(b"zip")
        return directory

    @pytest.mark.parametrize(
        "name",
        [
            "cdk.tf.json",
            "local_override.tf.json",
            "more.tf",
            ".terraform.lock.hcl",
            "../../functions/one.zip",
            "../../functions/two.zip",
        ],
    )
    def test_whatever_terraform_reads_counts(self, made: Path, name: str) -> None:
        before = stack.fingerprint(made)
        assert len(before) == 64
        (made / name).write_text("another")
        assert stack.fingerprint(made) != before

    def test_what_a_run_leaves_does_not(self, made: Path) -> None:
        before = stack.fingerprint(made)
        (made / ".terraform").mkdir()
        (made / ".terraform" / "terraform.tfstate").write_text("{}")
        for name in ("ops.tfplan", "adopted.tf.json", "errored.tfstate"):
            (made / name).write_text("{}")
        assert stack.fingerprint(made) == before

    def test_the_same_elsewhere(self, made: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        (tmp_path / "stacks").rename(elsewhere)
        (tmp_path / "functions").rename(tmp_path / "functions_")
        (elsewhere / "x" / "stacks").mkdir(parents=True)
        (elsewhere / "dev").rename(elsewhere / "x" / "stacks" / "dev")
        (tmp_path / "functions_").rename(elsewhere / "x" / "functions")
        moved = stack.fingerprint(elsewhere / "x" / "stacks" / "dev")
        (tmp_path / "stacks").mkdir()
        (elsewhere / "x" / "stacks" / "dev").rename(made)
        (elsewhere / "x" / "functions").rename(tmp_path / "functions")
        assert stack.fingerprint(made) == moved


class TestOrigin:
    def test_commit_of_this_checkout(self) -> None:
        found = origin.commit()
        assert found.sha == "" or len(found.sha) == 40

    def test_a_run_of_github(self) -> None:
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ID": "9",
            "GITHUB_RUN_NUMBER": "12",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "a/b",
        }
        assert origin.run(environ) == Run(
            id="9", number=12, attempt=2, url="https://github.example/a/b/actions/runs/9"
        )

    def test_a_run_of_gitlab(self) -> None:
        environ = {"GITLAB_CI": "true", "CI_PIPELINE_ID": "9", "CI_PIPELINE_IID": "3", "CI_PIPELINE_URL": "u"}
        assert origin.run(environ) == Run(id="9", number=3, url="u")

    def test_none(self) -> None:
        assert origin.run({}) is None


class TestTerraformsPlan:
    @pytest.mark.parametrize(
        ("state", "version"),
        [
            ({"lineage": "x", "serial": 3}, StateVersion("x", 3)),
            ({"version": 4, "serial": 0, "lineage": ""}, StateVersion()),
            ([], StateVersion()),
        ],
    )
    def test_state_before(self, state: Any, version: StateVersion) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("tfstate", json.dumps(state))
            archive.writestr("tfstate-prev", '{"lineage": "", "serial": 0}')
        assert terraform_plan.state_before(buffer.getvalue()) == version

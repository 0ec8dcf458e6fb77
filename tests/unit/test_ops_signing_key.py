"""The signing key: made, replaced and repaired, wherever an earlier run stopped."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from typer.testing import CliRunner

from environments import signing_keys
from environments.fingerprints import fingerprint
from ops import aws, cli, files
from ops.commands import outputs, signing_key
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.signing import pair as signing_pair
from ops.signing import state
from ops.signing.pair import Pair
from ops.signing.secret import CURRENT, WAITING, SigningSecret
from ops.signing.state import State
from ops.signing.trusted_keys import TrustedKey
from tests.support import configuration

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:spec-wizard/dev/cloudfront-signing-key-AbCdEf"
OUTPUTS = {"cloudfront_signing_secret_arn": ARN, "cloudfront_distribution_id": "E1"}


def missing() -> ClientError:
    return ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")


@dataclass
class SecretsManager:
    """One secret with its versions and their labels, as Secrets Manager moves them."""

    values: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    fails: bool = False

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, str]:
        if VersionStage not in self.labels:
            raise missing()
        return {"SecretString": self.values[self.labels[VersionStage]]}

    def put_secret_value(self, *, SecretId: str, SecretString: str, VersionStages: list[str]) -> None:
        assert SecretId == ARN
        version = f"v{next(self.numbers)}"
        self.values[version] = SecretString
        self.labels |= dict.fromkeys(VersionStages, version)

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        return {"VersionIdsToStages": stages}

    def update_secret_version_stage(
        self, *, SecretId: str, VersionStage: str, RemoveFromVersionId: str, MoveToVersionId: str = ""
    ) -> None:
        assert self.labels[VersionStage] == RemoveFromVersionId
        assert MoveToVersionId != RemoveFromVersionId
        if self.fails and VersionStage == WAITING:
            raise KeyboardInterrupt
        if MoveToVersionId:
            self.labels[VersionStage] = MoveToVersionId
        else:
            del self.labels[VersionStage]


@dataclass
class CloudFront:
    """A distribution with at most one key group."""

    pems: list[str] = field(default_factory=list)

    def get_distribution_config(self, *, Id: str) -> dict[str, Any]:
        assert Id == "E1"
        groups = {"Enabled": True, "Quantity": 1, "Items": ["G1"]} if self.pems else {"Enabled": False}
        return {"DistributionConfig": {"DefaultCacheBehavior": {"TrustedKeyGroups": groups}}}

    def get_key_group(self, *, Id: str) -> dict[str, Any]:
        assert Id == "G1"
        return {"KeyGroup": {"KeyGroupConfig": {"Items": [f"K{i}" for i in range(len(self.pems))]}}}

    def get_public_key(self, *, Id: str) -> dict[str, Any]:
        return {"PublicKey": {"PublicKeyConfig": {"EncodedKey": self.pems[int(Id[1:])]}}}


class World:
    """dev, with its file in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "keys" / "dev.pem"
        self.secrets, self.cloudfront = SecretsManager(), CloudFront()

    def deploy(self) -> None:
        """What Terraform does with the file."""
        self.cloudfront.pems = list(self.in_file)

    def ensure(self) -> bool:
        return signing_key.ensure("dev", OUTPUTS)

    def run(self, *arguments: str) -> Any:
        done = CliRunner().invoke(cli.app, ["signing-key", *arguments])
        if isinstance(done.exception, OpsError):
            raise done.exception
        return done

    def replace(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("create", "dev", "--replace", "--json").stdout)
        return found

    @property
    def in_file(self) -> tuple[str, ...]:
        return signing_keys.read(str(self.file))

    def pair(self, label: str = CURRENT) -> Pair:
        return signing_pair.from_private(self.secrets.values[self.secrets.labels[label]])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    changes = {"SIGNING_PUBLIC_KEY_FILE": str(made.file)}
    for name, value in configuration.variables(**changes).items():
        monkeypatch.setenv(name, value)
    clients = {"secretsmanager": made.secrets, "cloudfront": made.cloudfront}
    monkeypatch.setattr(aws, "client", lambda service, region: clients[service])
    monkeypatch.setattr(outputs, "deployed", lambda environment: OUTPUTS)
    return made


def test_a_key_is_made_where_there_is_none(world: World) -> None:
    assert world.ensure() is True
    assert world.in_file == (world.pair().public_pem,)
    assert world.secrets.labels.keys() == {CURRENT}
    assert signing_keys.problem(str(world.file)) is None


def test_the_private_half_is_nowhere_but_in_the_secret(world: World, tmp_path: Path) -> None:
    done = world.run("create", "dev")
    private = world.pair().private_pem.splitlines()[1]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [world.file]
    assert private not in world.file.read_text()
    assert private not in done.output
    assert stat.S_IMODE(world.file.stat().st_mode) == 0o644


def test_a_second_run_changes_nothing(world: World) -> None:
    world.ensure()
    before = (dict(world.secrets.values), world.file.stat().st_mtime_ns)
    assert world.ensure() is False
    world.deploy()
    assert world.ensure() is False
    assert (world.secrets.values, world.file.stat().st_mtime_ns) == before


def test_interrupted_before_the_file_was_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(state, "write_private", interrupt)
        with pytest.raises(KeyboardInterrupt):
            world.ensure()
    assert world.in_file == ()
    made = world.pair()
    assert world.ensure() is True
    assert world.in_file == (made.public_pem,)
    assert world.pair() == made


def test_a_full_disk_keeps_the_file_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ensure()
    world.deploy()
    before = world.file.read_text()
    monkeypatch.setattr(files.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OpsError, match="No space left") as caught:
        world.replace()
    assert caught.value.code is ExitCode.OUTPUT
    assert world.file.read_text() == before


def test_a_lost_file_is_made_again_with_all_that_is_accepted(world: World) -> None:
    world.ensure()
    world.deploy()
    world.replace()
    world.deploy()
    world.ensure()
    before = world.in_file
    assert len(before) == 2
    world.file.unlink()
    assert world.ensure() is True
    assert world.in_file == before


def test_a_lost_file_is_made_again_where_nothing_is_deployed(world: World) -> None:
    world.ensure()
    world.file.unlink()
    assert world.ensure() is True
    assert world.in_file == (world.pair().public_pem,)


def test_somebody_elses_file_gets_our_key_first_and_keeps_theirs(world: World) -> None:
    theirs = signing_pair.generate().public_pem
    world.ensure()
    world.file.write_text(theirs)
    assert world.ensure() is True
    assert world.in_file == (world.pair().public_pem, theirs)


def test_a_key_that_was_taken_out_of_the_file_stays_out(world: World) -> None:
    world.ensure()
    world.deploy()
    world.cloudfront.pems.append(signing_pair.generate().public_pem)
    assert world.ensure() is False
    assert world.in_file == (world.pair().public_pem,)


def test_a_new_key_signs_only_after_cloudfront_knows_it(world: World) -> None:
    world.ensure()
    world.deploy()
    old = world.pair()
    begun = world.replace()
    assert begun["changed"] is True
    assert begun["next"] == "cdktf deploy dev"
    new = world.pair(WAITING)
    assert world.in_file == (new.public_pem, old.public_pem)
    assert world.pair() == old
    assert world.ensure() is False
    assert world.pair() == old  # not deployed yet

    world.deploy()
    assert world.ensure() is False
    assert world.pair() == new
    assert world.secrets.labels.keys() == {CURRENT}
    assert world.in_file == (new.public_pem, old.public_pem)  # links that are out stay valid


def test_a_replacement_asked_for_twice_is_one(world: World) -> None:
    world.ensure()
    world.deploy()
    first = world.replace()
    assert world.replace() == first | {"changed": False, "done": []}
    assert len(world.in_file) == 2


def test_interrupted_while_the_new_key_is_put_in_use(world: World) -> None:
    world.ensure()
    world.deploy()
    world.replace()
    world.deploy()
    world.secrets.fails = True
    with pytest.raises(KeyboardInterrupt):
        world.ensure()
    assert world.secrets.labels[CURRENT] == world.secrets.labels[WAITING]
    world.secrets.fails = False
    world.ensure()
    assert world.secrets.labels.keys() == {CURRENT}
    assert world.pair().public_pem == world.in_file[0]


def test_five_keys_are_kept_and_the_loss_of_the_oldest_is_told(world: World) -> None:
    world.ensure()
    world.deploy()
    first = world.in_file[0]
    for _ in range(4):
        world.replace()
        world.deploy()
        world.ensure()
    assert world.in_file[-1] == first
    begun = world.replace()
    assert len(world.in_file) == 5
    assert first not in world.in_file
    assert f"Links signed by {fingerprint(first)} end with the next deploy." in begun["done"]


@pytest.mark.parametrize("label", [CURRENT, WAITING])
def test_a_value_that_is_no_key_is_replaced_only_when_asked(world: World, label: str) -> None:
    world.ensure()
    world.deploy()
    world.secrets.put_secret_value(SecretId=ARN, SecretString="oops", VersionStages=[label])
    with pytest.raises(OpsError, match="is not a private key") as caught:
        world.ensure()
    assert caught.value.code is ExitCode.CONFIGURATION
    assert "oops" not in caught.value.message
    assert "--replace" in caught.value.hint
    old = world.in_file
    world.replace()
    new = world.pair(label)
    assert world.in_file == (new.public_pem, *old)


@pytest.mark.parametrize("variable", ["ENABLE_CLOUDFRONT", "CLOUDFRONT_SIGNED_URLS"])
def test_no_key_where_none_is_asked_for(world: World, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "false")
    assert world.ensure() is False
    assert (world.secrets.values, world.in_file) == ({}, ())
    with pytest.raises(OpsError, match=f"{variable}=false") as caught:
        world.run("create", "dev")
    assert caught.value.code is ExitCode.CONFIGURATION


def test_not_deployed_yet(world: World) -> None:
    with pytest.raises(OpsError, match="has no secret") as caught:
        signing_key.ensure("dev", {})
    assert (caught.value.code, caught.value.hint) == (ExitCode.STATE, "Deploy it:  cdktf deploy dev")


def test_without_a_distribution_the_key_can_be_made(world: World) -> None:
    assert signing_key.ensure("dev", {"cloudfront_signing_secret_arn": ARN}) is True


def test_show_says_what_differs_and_what_to_do(world: World) -> None:
    def last() -> str:
        return str(world.run("show", "dev").stdout.splitlines()[-1])

    assert last() == "Next:  ops signing-key create dev"
    world.ensure()
    assert last() == "Next:  cdktf deploy dev"
    world.deploy()
    assert last() == "Secret, file and CloudFront agree."
    world.replace()
    assert last() == "Next:  cdktf deploy dev"
    world.deploy()
    assert last() == "Next:  ops signing-key create dev"
    world.ensure()
    assert last() == "Secret, file and CloudFront agree."
    shown = world.run("show", "dev").stdout
    assert f"{world.pair().fingerprint} (K0)" in shown
    assert "PRIVATE" not in shown


def test_show_changes_nothing(world: World) -> None:
    world.run("show", "dev")
    assert (world.secrets.values, world.file.exists()) == ({}, False)


def test_show_for_programs(world: World) -> None:
    world.ensure()
    world.deploy()
    name = world.pair().fingerprint
    assert json.loads(world.run("show", "dev", "--json").stdout) == {
        "environment": "dev",
        "secret": name,
        "waiting": None,
        "file": [name],
        "cloudfront": {name: "K0"},
        "next": "",
    }


def test_the_texts_of_the_file_are_kept_as_they_are() -> None:
    """CloudFront has them so: another text of the same key would replace a public key for nothing."""
    pair = signing_pair.generate()
    head, *body, end = pair.public_pem.splitlines()
    other = "\n".join([head, *("".join(body)[i : i + 40] for i in range(0, 400, 40)), end, ""])
    assert fingerprint(other) == pair.fingerprint
    state = State(pair, None, (other,), {pair.fingerprint: TrustedKey("K", other)})
    assert state.file_wanted == (other,)
    assert state.next_step("dev") == ""


def test_the_calls_are_those_of_secrets_manager() -> None:
    client = boto3.client(
        "secretsmanager", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    pair = signing_pair.generate()
    versions = {"1" * 32: [CURRENT], "2" * 32: [WAITING]}
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", "ResourceNotFoundException")
        stub.add_response(
            "put_secret_value",
            {},
            {
                "SecretId": ARN,
                "SecretString": pair.private_pem,
                "VersionStages": [WAITING],
            },
        )
        stub.add_response("describe_secret", {"VersionIdsToStages": versions}, {"SecretId": ARN})
        stub.add_response(
            "update_secret_version_stage",
            {},
            {
                "SecretId": ARN,
                "VersionStage": CURRENT,
                "MoveToVersionId": "2" * 32,
                "RemoveFromVersionId": "1" * 32,
            },
        )
        stub.add_response(
            "update_secret_version_stage",
            {},
            {"SecretId": ARN, "VersionStage": WAITING, "RemoveFromVersionId": "2" * 32},
        )
        secret = SigningSecret(client, ARN)
        assert secret.read(CURRENT) is None
        secret.put(pair, WAITING)
        secret.promote()
        stub.assert_no_pending_responses()


def test_a_missing_permission_is_named() -> None:
    client = boto3.client(
        "secretsmanager", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", "AccessDeniedException")
        with pytest.raises(OpsError) as caught:
            SigningSecret(client, ARN).read(CURRENT)
    assert caught.value.code is ExitCode.AUTHENTICATION

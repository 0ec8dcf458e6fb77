"""A rotation that is cut off anywhere: the key in use is valid, and later runs leave one service account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from ops.api_keys import store
from ops.api_keys.admin import Account
from ops.api_keys.kinds import Key
from ops.api_keys.rotation import UNDER_WAY, Rotation, account_name
from ops.api_keys.store import KeySecret
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support.secrets_manager import Killed, Power, SecretsManager

NAME = account_name("dev", "123456789012", "us-east-1")
OLD = Key("sk-proj-made-by-hand-0123456789abcdef0123456789")


@dataclass
class OpenAI:
    """Service accounts with their keys; those that are valid."""

    power: Power
    made: dict[str, tuple[Account, Key]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def accounts(self) -> Iterator[Account]:
        yield from self.power.use(lambda: [account for account, _ in self.made.values()])

    def create(self, name: str) -> tuple[Account, Key]:
        number = next(self.numbers)
        account = Account(f"svc_acct_{number}", name, datetime.now(UTC))
        key = Key(f"sk-svcacct-{number:03}-{'abcdefghijklmnopqrstuvwxyz0123456789'}")

        def effect() -> tuple[Account, Key]:
            self.made[account.id] = (account, key)
            return account, key

        found: tuple[Account, Key] = self.power.use(effect)
        return found

    def delete(self, account_id: str) -> None:
        self.power.use(lambda: self.made.pop(account_id, None))

    def accepted(self, key: Key) -> None:
        self.power.use(lambda: None)
        if key.value not in self.valid():
            raise OpsError("refused", code=ExitCode.AUTHENTICATION)

    def valid(self) -> set[str]:
        return {key.value for _, key in self.made.values()} | {OLD.value}

    def age(self) -> None:
        """Time passes, until no run can be under way."""
        for account_id, (account, key) in self.made.items():
            older = Account(account.id, account.name, account.created - UNDER_WAY - timedelta(minutes=1))
            self.made[account_id] = (older, key)


class World:
    """A secret whose first key was made by hand."""

    def __init__(self) -> None:
        self.power = Power()
        self.openai, self.aws = OpenAI(self.power), SecretsManager(self.power)
        self.said: list[str] = []
        secret = KeySecret(self.aws, "spec-wizard/dev/openai-api-key", "dev")
        secret.set(OLD, secret.labels())
        self.secret = secret
        self.power.calls = 0

    def rotation(self) -> Rotation:
        return Rotation(self.secret, self.openai, NAME, self.openai.accepted, self.said.append)  # type: ignore[arg-type]

    def rotate(self) -> None:
        self.rotation().begin()

    def finish(self, *, unread: bool = True) -> None:
        self.rotation().finish(unread=unread)

    def cut_off(self, at: int, *, before: bool) -> bool:
        """A rotation and its end, killed at this call; False: there are not so many."""
        self.power.at, self.power.before = at, before
        try:
            self.rotate()
            self.finish()
        except Killed:
            self.power.restore()
            return True
        self.power.restore()
        return False


@pytest.fixture(autouse=True)
def _quick_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ROUNDS", 1)


@pytest.fixture
def world() -> World:
    return World()


CALLS = {"by hand": 10, "by rotation": 13}
"""To the outside, in a rotation and its end; by how the key before it was made."""


def world_with(before: str) -> World:
    world = World()
    if before == "by rotation":
        world.rotate()
        world.openai.age()
    world.power.calls = 0
    return world


@pytest.mark.parametrize("before", CALLS)
def test_a_rotation_and_its_end_have_so_many_calls(before: str) -> None:
    world = world_with(before)
    assert not world.cut_off(1000, before=True)
    assert world.power.calls == CALLS[before]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("made", "at"), [(made, at) for made, calls in CALLS.items() for at in range(calls)])
def test_killed_at_any_call_the_key_in_use_is_valid_and_later_runs_clean_up(
    made: str, at: int, before: bool
) -> None:
    world = world_with(made)
    assert world.cut_off(at, before=before)
    assert world.aws.current in world.openai.valid()

    world.rotate()  # at once: what was cut off may still be another run, and stays
    assert world.aws.current in world.openai.valid()
    world.openai.age()
    world.finish()
    assert [key.value for _, key in world.openai.made.values()] == [world.aws.current]
    ((account, _),) = world.openai.made.values()
    labels = {label for label in world.aws.labels if label not in ("AWSPREVIOUS", "AWSPENDING")}
    assert labels == {"AWSCURRENT", f"service-account:{account.id}"}
    previous = world.aws.values.get(world.aws.labels.get("AWSPREVIOUS", ""))
    assert previous is None or previous in world.openai.valid()


def test_interrupted_by_ctrl_c_the_account_is_deleted_at_once(world: World) -> None:
    def interrupt(key: Key) -> None:
        raise KeyboardInterrupt

    rotation = world.rotation()
    rotation.accepted = interrupt
    with pytest.raises(KeyboardInterrupt):
        rotation.begin()
    assert world.openai.made == {}
    assert world.aws.current == OLD.value


def test_a_new_key_that_is_refused_is_never_in_use(world: World) -> None:
    rotation = world.rotation()
    rotation.accepted = lambda _: world.openai.accepted(Key("another"))
    with pytest.raises(OpsError, match="refused"):
        rotation.begin()
    assert (world.openai.made, world.aws.current) == ({}, OLD.value)
    assert "PutSecretValue" not in world.aws.calls[world.aws.calls.index("DescribeSecret", 2) :]


def test_of_two_at_once_one_is_in_use_and_the_others_account_is_deleted(world: World) -> None:
    other = World.rotation(world)

    def overtake() -> None:
        world.aws.meanwhile = lambda: None
        other.begin()

    world.aws.meanwhile = overtake
    with pytest.raises(OpsError, match="Somebody else") as refused:
        world.rotate()
    assert refused.value.code is ExitCode.STATE
    assert [key.value for _, key in world.openai.made.values()] == [world.aws.current]
    assert "AWSPENDING" not in world.aws.labels


def test_the_account_of_a_run_that_is_under_way_is_left_alone(world: World) -> None:
    account, _ = world.openai.create(NAME)
    world.rotate()
    assert account.id in world.openai.made
    assert any(account.id in sentence and "under way" in sentence for sentence in world.said)


def test_accounts_of_other_names_are_never_touched(world: World) -> None:
    others = [
        world.openai.create(name)[0].id
        for name in (account_name("dev", "210987654321", "us-east-1"), "spec-wizard-dev", "app")
    ]
    world.openai.age()
    world.rotate()
    world.finish()
    assert set(others) < set(world.openai.made)


def test_it_is_not_finished_before_the_new_key_was_read(world: World) -> None:
    world.rotate()
    with pytest.raises(OpsError, match="Nobody has read") as refused:
        world.finish(unread=False)
    assert refused.value.code is ExitCode.INCOMPLETE
    world.aws.used[world.aws.labels["AWSCURRENT"]] = datetime.now(UTC)
    world.finish(unread=False)
    assert any("made by hand and is still valid" in sentence for sentence in world.said)
    assert world.aws.labels["AWSPREVIOUS"]


def test_there_is_nothing_to_finish_of_a_key_that_was_set_by_hand(world: World) -> None:
    with pytest.raises(OpsError, match="set by hand") as refused:
        world.finish()
    assert refused.value.code is ExitCode.STATE


def test_a_deleted_key_is_not_gone_back_to(world: World) -> None:
    world.rotate()
    world.openai.age()
    world.rotate()
    world.finish()
    with pytest.raises(OpsError, match="no previous value"):
        world.secret.roll_back(world.secret.labels())


def test_no_sentence_has_a_key_in_it(world: World) -> None:
    for _ in range(3):
        world.rotate()
        world.openai.age()
        world.finish()
    assert [s for s in world.said if "abcdefghijkl" in s or "made-by-hand-0" in s] == []
    assert "GetSecretValue" not in world.aws.calls

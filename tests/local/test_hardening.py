"""Each hardening setting of the remote state, broken by hand: the doctor names it, `ops bootstrap` mends it.

Every setting can be broken on the local AWS, so there is no exception. The first test fails for a setting
that nobody breaks here, and for one that is not looked at any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import zip_longest
from typing import Any

import pytest

from environments import naming
from ops import remote_state, stacks
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES, REGION
from ops.local_aws.instance import LocalAws
from ops.remote_state import Action, reconcile
from ops.remote_state.model import EXISTS, Clients, clients
from ops.state import doctor, store
from ops.state.checks import Level
from tests.support.led import lead

STATE, LOGS = naming.state_bucket(ACCOUNT_ID, REGION), naming.state_log_bucket(ACCOUNT_ID, REGION)
TABLE = naming.LOCK_TABLE
KEY_LABEL, TABLE_LABEL = f"key {naming.STATE_KEY_ALIAS}", f"lock table {TABLE}"
LABELS = {STATE: f"state bucket {STATE}", LOGS: f"log bucket {LOGS}"}
RULE = {"Status": "Enabled", "Filter": {"Prefix": ""}}
"""Of a lifecycle, with an ID and what it does."""
CREATED = (EXISTS, Action.CREATE)
PUBLIC = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Break:
    """resource and setting: as reports name them. how: a few words. by: does it."""

    resource: str
    setting: str
    how: str
    by: Callable[[], Any]

    def __str__(self) -> str:
        return f"{self.resource.split()[0]} {self.setting}: {self.how}"


@cache
def use() -> Clients:
    """Made once: making clients takes longer than all requests here."""
    return clients(REGION)


def s3() -> Any:
    return use().s3


def kms() -> Any:
    return use().kms


def dynamodb() -> Any:
    return use().dynamodb


def key() -> str:
    arn: str = kms().describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"]
    return arn


def not_blocked(bucket: str, flag: str) -> None:
    block = dict.fromkeys(PUBLIC, True) | {flag: False}
    s3().put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)


def owned_by_writers(bucket: str) -> None:
    s3().put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


def encrypted(bucket: str, algorithm: str, key_id: Callable[[], str] | None, bucket_key: bool) -> None:
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key_id()} if key_id else {})
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    s3().put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def another_key() -> str:
    arn: str = kms().create_key(Description="somebody else's")["KeyMetadata"]["Arn"]
    return arn


def lifecycle(bucket: str, *changed: dict[str, Any], without: str = "") -> None:
    rules = s3().get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    names = {without, *(rule["ID"] for rule in changed)}
    rules = [rule for rule in rules if rule["ID"] not in names]
    s3().put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [*rules, *changed]}
    )


def weakened(policy: str, sid: str) -> str:
    """A policy with what was this statement, for nobody's requests any more."""
    document = json.loads(policy)
    (statement,) = (one for one in document["Statement"] if one["Sid"] == sid)
    statement["Condition"] = {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}
    return json.dumps(document)


def without(policy: str, sid: str) -> str:
    document = json.loads(policy)
    document["Statement"] = [one for one in document["Statement"] if one["Sid"] != sid]
    return json.dumps(document)


def bucket_policy(bucket: str, change: Callable[[str, str], str], sid: str) -> None:
    policy = s3().get_bucket_policy(Bucket=bucket)["Policy"]
    s3().put_bucket_policy(Bucket=bucket, Policy=change(policy, sid))


def key_policy() -> None:
    policy = kms().get_key_policy(KeyId=key(), PolicyName="default")["Policy"]
    sid = "AccountAdministersThroughIam"
    kms().put_key_policy(KeyId=key(), PolicyName="default", Policy=policy.replace(sid, "Else"))


def bucket_tags(bucket: str) -> None:
    s3().put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "Project", "Value": "another"}]})


def table(**changes: Any) -> None:
    dynamodb().update_table(TableName=TABLE, **changes)


def not_recoverable() -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    dynamodb().update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=off)


def table_tags() -> None:
    arn = dynamodb().describe_table(TableName=TABLE)["Table"]["TableArn"]
    dynamodb().untag_resource(ResourceArn=arn, TagKeys=["ManagedBy"])


def _of_both_buckets(bucket: str, *sids: str) -> Iterator[Break]:
    def one(setting: str, how: str, by: Callable[..., None], *arguments: Any, **more: Any) -> Break:
        return Break(LABELS[bucket], setting, how, partial(by, bucket, *arguments, **more))

    for flag in PUBLIC:
        yield one("public access block", f"no {flag}", not_blocked, flag)
    yield one("public access block", "none", lambda name: s3().delete_public_access_block(Bucket=name))
    yield one("object ownership", "the writer's", owned_by_writers)
    yield one("object ownership", "none", lambda name: s3().delete_bucket_ownership_controls(Bucket=name))
    yield one("lifecycle", "none", lambda name: s3().delete_bucket_lifecycle(Bucket=name))
    yield one("lifecycle", "uploads stay", lifecycle, without="abort-incomplete-uploads")
    yield one("policy", "none", lambda name: s3().delete_bucket_policy(Bucket=name))
    for sid in sids:
        yield one("policy", f"no {sid}", bucket_policy, without, sid)
        yield one("policy", f"a weak {sid}", bucket_policy, weakened, sid)
    yield one("tags", "none", lambda name: s3().delete_bucket_tagging(Bucket=name))
    yield one("tags", "another project's", bucket_tags)


def _of_the_log_bucket() -> Iterator[Break]:
    yield from _of_both_buckets(LOGS, "DenyWithoutTls", "DenyOldTls", "AllowLogDelivery")
    late = {"ID": "expire-access-logs", **RULE, "Expiration": {"Days": 3650}}
    yield Break(LABELS[LOGS], "lifecycle", "ten years", partial(lifecycle, LOGS, late))
    customers = partial(encrypted, LOGS, "aws:kms", key, bucket_key=True)
    yield Break(LABELS[LOGS], "encryption", "by a customer key", customers)


def _of_the_state_bucket() -> Iterator[Break]:
    yield from _of_both_buckets(STATE, "DenyWithoutTls", "DenyOldTls", "DenyPutWithoutKms")
    label = LABELS[STATE]
    early = {"ID": "expire-noncurrent-versions", **RULE, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    yield Break(label, "lifecycle", "versions of one day", partial(lifecycle, STATE, early))
    tidy = {"ID": "tidy", **RULE, "Expiration": {"Days": 30}}
    yield Break(label, "lifecycle", "states expire", partial(lifecycle, STATE, tidy))
    yield Break(label, "encryption", "AES256", partial(encrypted, STATE, "AES256", None, False))
    yield Break(label, "encryption", "another key", partial(encrypted, STATE, "aws:kms", another_key, True))
    yield Break(label, "encryption", "no bucket key", partial(encrypted, STATE, "aws:kms", key, False))
    suspended = {"Status": "Suspended"}
    yield Break(
        label,
        "versioning",
        "suspended",
        lambda: s3().put_bucket_versioning(Bucket=STATE, VersioningConfiguration=suspended),
    )
    yield Break(
        label, "access log", "off", lambda: s3().put_bucket_logging(Bucket=STATE, BucketLoggingStatus={})
    )


def _of_the_key() -> Iterator[Break]:
    label = KEY_LABEL
    yield Break(
        label,
        "description",
        "another",
        lambda: kms().update_key_description(KeyId=key(), Description="another"),
    )
    yield Break(label, "rotation", "off", lambda: kms().disable_key_rotation(KeyId=key()))
    yield Break(label, "policy", "another", key_policy)
    yield Break(label, "tags", "none", lambda: kms().untag_resource(KeyId=key(), TagKeys=["Project"]))


def _of_the_table() -> Iterator[Break]:
    label = TABLE_LABEL
    one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    provisioned = partial(table, BillingMode="PROVISIONED", ProvisionedThroughput=one)
    yield Break(label, "billing mode", "provisioned", provisioned)
    yield Break(label, "encryption", "AWS's key", partial(table, SSESpecification={"Enabled": False}))
    yield Break(label, "deletion protection", "off", partial(table, DeletionProtectionEnabled=False))
    yield Break(label, "point-in-time recovery", "off", not_recoverable)
    yield Break(label, "tags", "one less", table_tags)


def _rounds() -> Iterator[list[Break]]:
    """Each way of breaking once, of each setting at most one in a round: a round costs what one way would."""
    by_setting: dict[tuple[str, str], list[Break]] = {}
    for one in (*_of_the_key(), *_of_the_log_bucket(), *_of_the_state_bucket(), *_of_the_table()):
        by_setting.setdefault((one.resource, one.setting), []).append(one)
    for ways in zip_longest(*by_setting.values()):
        yield [one for one in ways if one]


ROUNDS = list(_rounds())


@pytest.fixture(scope="module", autouse=True)
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A remote state as bootstrap leaves it."""
    instance = LocalAws(tmp_path_factory.mktemp("hardening"))
    instance.start()
    with pytest.MonkeyPatch.context() as patch:
        lead(patch, instance, **EXAMPLE_VALUES)
        patch.setattr(store, "clients", lambda _: use())
        list(remote_state.apply(ACCOUNT_ID, REGION, with_=use()))
        yield
    instance.stop()


def _doctor() -> list[str]:
    """What is wrong, after seeing that `ops bootstrap` is what mends each."""
    wrong = [one for one in doctor.examine(stacks.find("dev")).findings if one.level is Level.WRONG]
    assert {one.fix for one in wrong} <= {"ops bootstrap dev"}
    return [one.subject for one in wrong]


def _bootstrap() -> list[tuple[str, str, Action]]:
    """What it did."""
    return [
        (one.resource, one.setting, one.action)
        for one in remote_state.apply(ACCOUNT_ID, REGION, with_=use())
        if one.action is not Action.RIGHT
    ]


def test_every_setting_is_broken_here() -> None:
    every = {
        (resource.label, setting.name)
        for resource in reconcile.resources(ACCOUNT_ID, REGION, use())
        for setting in resource.settings()
    }
    assert {(one.resource, one.setting) for one in ROUNDS[0]} == every
    assert _doctor() == []
    assert _bootstrap() == []


@pytest.mark.parametrize("broken", ROUNDS, ids=range(1, len(ROUNDS) + 1))
def test_a_broken_setting_is_named_and_mended(broken: list[Break]) -> None:
    for one in broken:
        one.by()
    hows = [str(one) for one in broken]
    assert sorted(_doctor()) == sorted(f"{one.resource}: {one.setting}" for one in broken), hows
    done = _bootstrap()
    assert sorted(done) == sorted((one.resource, one.setting, Action.CHANGE) for one in broken), hows
    assert remote_state.check(ACCOUNT_ID, REGION, with_=use()) == [], hows


def test_what_is_gone_is_named_and_made_anew() -> None:
    kms().delete_alias(AliasName=naming.STATE_KEY_ALIAS)
    for bucket in (STATE, LOGS):
        s3().delete_bucket(Bucket=bucket)
    table(DeletionProtectionEnabled=False)
    dynamodb().delete_table(TableName=TABLE)
    every = {KEY_LABEL, *LABELS.values(), TABLE_LABEL}
    assert set(_doctor()) == every
    made = {resource for resource, setting, action in _bootstrap() if (setting, action) == CREATED}
    assert made == every
    assert remote_state.check(ACCOUNT_ID, REGION, with_=use()) == []

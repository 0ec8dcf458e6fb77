"""Names keep AWS's limits in every environment and region, and never meet."""

from __future__ import annotations

import re

import pytest

from environments import ENVIRONMENTS, naming, rules

ACCOUNT = "111122223333"
REGIONS = sorted(rules.REGIONS)
BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@pytest.mark.parametrize("region", REGIONS)
def test_state_buckets_are_bucket_names(region: str) -> None:
    assert BUCKET.fullmatch(naming.state_bucket(ACCOUNT, region))
    assert BUCKET.fullmatch(naming.state_log_bucket(ACCOUNT, region))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment_buckets_are_bucket_names(environment: str) -> None:
    assert BUCKET.fullmatch(naming.exports_bucket(environment, ACCOUNT))
    assert BUCKET.fullmatch(naming.logs_bucket(environment, ACCOUNT))


def test_buckets_never_meet() -> None:
    names = [
        *(naming.state_bucket(ACCOUNT, region) for region in REGIONS),
        *(naming.state_log_bucket(ACCOUNT, region) for region in REGIONS),
        *(naming.exports_bucket(environment, ACCOUNT) for environment in ENVIRONMENTS),
        *(naming.logs_bucket(environment, ACCOUNT) for environment in ENVIRONMENTS),
    ]
    assert len(set(names)) == len(names)


def test_a_functions_role_is_named_by_its_folder() -> None:
    assert naming.function_role("dev", "chat_worker") == "spec-wizard-dev-function-chat-worker"


def test_names_of_the_specification() -> None:
    assert naming.table("dev") == "spec-wizard-sessions-dev"
    assert naming.exports_bucket("dev", "123456789012") == "spec-wizard-exports-dev-123456789012"


def test_a_restored_table_has_its_generation_behind_it() -> None:
    assert naming.table("prod", 1) == "spec-wizard-sessions-prod"
    assert naming.table("prod", 2) == "spec-wizard-sessions-prod-r2"


def test_each_environment_has_its_own_state() -> None:
    assert len({naming.state_key(environment) for environment in ENVIRONMENTS}) == len(ENVIRONMENTS)


def test_what_lies_in_one_account_carries_the_environment() -> None:
    for name in (naming.table, lambda e: naming.role(e, "worker"), lambda e: naming.secret(e, "key")):
        assert len({name(environment) for environment in ENVIRONMENTS}) == len(ENVIRONMENTS)
    assert naming.key_alias("dev", "table") == "alias/spec-wizard-dev-table"
    assert naming.log_group("dev", "application") == "/spec-wizard/dev/application"


def test_the_state_key_is_named_by_its_alias() -> None:
    arn = naming.state_kms_key_arn(ACCOUNT, "eu-central-1")
    assert arn == f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/spec-wizard-tfstate"

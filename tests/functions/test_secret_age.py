"""functions/secret_age, on the Secrets Manager of the local AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.secret_age import handler
from functions.secret_age.settings import Settings
from functions.shared import clients
from functions.shared.settings import load
from tests.functions.emf import printed
from tests.functions.support import Log, logged
from tests.local_aws.cloud import Cloud, allow, refused, unique


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return logged(handler.log, monkeypatch)


@pytest.fixture
def secrets(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Name -> ARN of three new secrets: with a value, with two versions of one, without any."""
    client, arns = aws.client("secretsmanager"), {}
    for name in ("one-value", "two-values", "no-value"):
        arns[name] = client.create_secret(Name=unique(name))["ARN"]
    client.put_secret_value(SecretId=arns["one-value"], SecretString="first")
    for value in ("first", "second"):
        client.put_secret_value(SecretId=arns["two-values"], SecretString=value)
    monkeypatch.setenv("ENVIRONMENT", "dev")
    _measure(monkeypatch, arns)
    return arns


def _measure(monkeypatch: pytest.MonkeyPatch, arns: dict[str, str]) -> None:
    monkeypatch.setenv("SECRET_ARNS", ",".join(f"{name}={arn}" for name, arn in arns.items()))


def _ages(output: str) -> dict[str, float]:
    """Secret -> its age."""
    ages = {}
    for metric in printed(output):
        assert (metric.name, metric.unit) == ("SecretAgeDays", "Count")
        dimensions = dict(metric.dimensions)
        assert dimensions.keys() == {"Environment", "Secret"}
        assert dimensions["Environment"] == "dev"
        (ages[dimensions["Secret"]],) = metric.values
    return ages


def test_each_secret_with_a_value_has_an_age(
    secrets: dict[str, str], log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.handle({}, None)
    ages = _ages(capsys.readouterr().out)
    assert ages.keys() == {"one-value", "two-values"}
    assert all(0 <= age < 0.01 for age in ages.values())
    assert [(line["level"], line["secret"]) for line in log.lines] == [("INFO", "no-value")]


def test_the_age_is_that_of_the_version_in_use(secrets: dict[str, str]) -> None:
    versions = clients.client("secretsmanager").list_secret_version_ids(SecretId=secrets["two-values"])
    created = {tuple(v["VersionStages"]): v["CreatedDate"] for v in versions["Versions"]}
    assert handler.current_since(secrets["two-values"]) == created[("AWSCURRENT",)]


class Pages:
    """A secret with an old current version, on the second page, and a newer pending one on the first."""

    current = datetime(2025, 1, 1, tzinfo=UTC)

    def list_secret_version_ids(self, SecretId: str, NextToken: str = "") -> dict[str, Any]:
        if not NextToken:
            pending = {"VersionStages": ["AWSPENDING"], "CreatedDate": datetime(2025, 3, 1, tzinfo=UTC)}
            unlabelled = {"CreatedDate": datetime(2025, 2, 1, tzinfo=UTC)}
            return {"Versions": [pending, unlabelled], "NextToken": "more"}
        return {"Versions": [{"VersionStages": ["AWSCURRENT"], "CreatedDate": self.current}]}


def test_all_pages_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "client", lambda service: Pages())
    assert handler.current_since("arn") == Pages.current


@pytest.mark.parametrize(
    ("since", "days"),
    [(timedelta(days=90), 90.0), (timedelta(hours=36), 1.5), (timedelta(0), 0), (timedelta(hours=-1), 0)],
)
def test_an_age_is_in_days(since: timedelta, days: float) -> None:
    now = datetime(2025, 6, 15, tzinfo=UTC)
    assert handler.age_days(now - since, now) == days


def test_a_secret_that_cannot_be_looked_at_fails_the_run_and_not_the_others(
    secrets: dict[str, str],
    log: Log,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = secrets["one-value"].replace("one-value", "gone")
    _measure(monkeypatch, {"gone": gone, "two-values": secrets["two-values"]})
    with pytest.raises(RuntimeError, match="gone"):
        handler.handle({}, None)
    assert _ages(capsys.readouterr().out).keys() == {"two-values"}
    assert [line["secret"] for line in log.errors] == ["gone"]


def test_the_permission_to_list_versions_is_all_it_needs(
    aws: Cloud, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = secrets["one-value"]
    nobody, caller = aws.user(), aws.user(allow("secretsmanager:ListSecretVersionIds", arn))
    with monkeypatch.context() as patched:
        patched.setattr(clients, "client", caller.client)
        assert handler.current_since(arn)
        patched.setattr(clients, "client", nobody.client)
        assert refused(handler.current_since, arn=arn) == "AccessDeniedException"


def test_names_and_arns_are_read_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("SECRET_ARNS", "a-key=arn:aws:x:a-1,b-key=arn:aws:x:b-2")
    assert load(Settings).secrets() == {"a-key": "arn:aws:x:a-1", "b-key": "arn:aws:x:b-2"}

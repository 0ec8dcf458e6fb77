"""fixes/secret_puts.py"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.local_aws.cloud import Cloud, refused, unique

FIRST, SECOND, THIRD = ("1" * 32, "2" * 32, "3" * 32)


def _secret(cloud: Cloud, *values: str) -> str:
    """A secret with these values, one after the other, under the tokens above."""
    client = cloud.client("secretsmanager")
    name = str(client.create_secret(Name=unique("secret"))["ARN"])
    for token, value in zip((FIRST, SECOND, THIRD), values, strict=False):
        client.put_secret_value(SecretId=name, SecretString=value, ClientRequestToken=token)
    return name


def _labels(cloud: Cloud, secret: str) -> dict[str, list[str]]:
    stages = cloud.client("secretsmanager").describe_secret(SecretId=secret).get("VersionIdsToStages", {})
    return {version: sorted(labels) for version, labels in stages.items()}


def test_the_same_token_with_the_same_value_does_nothing(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _secret(fixed, "one", "two")
    before = _labels(fixed, secret)
    client.put_secret_value(SecretId=secret, SecretString="one", ClientRequestToken=FIRST)
    assert _labels(fixed, secret) == before == {SECOND: ["AWSCURRENT"], FIRST: ["AWSPREVIOUS"]}


def test_the_same_token_with_another_value_is_refused(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _secret(fixed, "one")
    arguments = {"SecretId": secret, "SecretString": "other", "ClientRequestToken": FIRST}
    assert refused(client.put_secret_value, **arguments) == "ResourceExistsException"
    assert client.get_secret_value(SecretId=secret)["SecretString"] == "one"


def test_a_label_is_on_one_version_only(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _secret(fixed, "one")
    for token in (SECOND, THIRD):
        client.put_secret_value(
            SecretId=secret,
            SecretString=token,
            ClientRequestToken=token,
            VersionStages=["AWSPENDING", f"of {token}"],
        )
    assert _labels(fixed, secret) == {
        FIRST: ["AWSCURRENT"],
        SECOND: [f"of {SECOND}"],
        THIRD: ["AWSPENDING", f"of {THIRD}"],
    }


def test_the_first_version_is_the_current_one_whatever_it_is_called(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _secret(fixed)
    client.put_secret_value(
        SecretId=secret, SecretString="one", ClientRequestToken=FIRST, VersionStages=["AWSPENDING"]
    )
    assert _labels(fixed, secret) == {FIRST: ["AWSCURRENT", "AWSPENDING"]}


def test_each_version_knows_the_day_on_which_it_was_read(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _secret(fixed, "one", "two")
    client.get_secret_value(SecretId=secret, VersionId=FIRST)
    versions = {version["VersionId"]: version for version in _versions(fixed, secret)}
    assert versions.keys() == {FIRST, SECOND}
    assert "LastAccessedDate" not in versions[SECOND]
    read = versions[FIRST]["LastAccessedDate"].astimezone(UTC)
    assert read.isoformat() == f"{datetime.now(UTC).date()}T00:00:00+00:00"


def test_versions_without_a_label_are_listed_only_when_asked_for(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _secret(fixed, "one", "two")
    client.update_secret_version_stage(SecretId=secret, VersionStage="AWSPREVIOUS", RemoveFromVersionId=FIRST)
    assert [v["VersionId"] for v in _versions(fixed, secret)] == [SECOND]
    assert {v["VersionId"] for v in _versions(fixed, secret, IncludeDeprecated=True)} == {FIRST, SECOND}


def _versions(cloud: Cloud, secret: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("secretsmanager").list_secret_version_ids(
        SecretId=secret, **more
    )["Versions"]
    return found


def test_stock_writes_over_a_version(stock: Cloud) -> None:
    client, secret = stock.client("secretsmanager"), _secret(stock, "one")
    client.put_secret_value(SecretId=secret, SecretString="other", ClientRequestToken=FIRST)
    assert client.get_secret_value(SecretId=secret)["SecretString"] == "other"


def test_stock_leaves_a_label_on_two_versions(stock: Cloud) -> None:
    client, secret = stock.client("secretsmanager"), _secret(stock, "one")
    for token in (SECOND, THIRD):
        client.put_secret_value(
            SecretId=secret, SecretString=token, ClientRequestToken=token, VersionStages=["AWSPENDING"]
        )
    assert [*_labels(stock, secret).values()].count(["AWSPENDING"]) == 2


def test_stock_does_not_know_which_version_was_read(stock: Cloud) -> None:
    client, secret = stock.client("secretsmanager"), _secret(stock, "one")
    client.get_secret_value(SecretId=secret)
    assert not any("LastAccessedDate" in version for version in _versions(stock, secret))

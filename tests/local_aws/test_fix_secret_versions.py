"""fixes/secret_versions.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud, refused, unique


def _without_value(cloud: Cloud) -> str:
    made = cloud.client("secretsmanager").create_secret(Name=unique("secret"))
    return str(made["ARN"])


def test_a_secret_without_a_value_has_no_version(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _without_value(fixed)
    assert client.list_secret_version_ids(SecretId=secret)["Versions"] == []
    assert refused(client.get_secret_value, SecretId=secret) == "ResourceNotFoundException"
    assert not client.describe_secret(SecretId=secret).get("VersionIdsToStages")


def test_its_first_value_becomes_the_current_one(fixed: Cloud) -> None:
    client, secret = fixed.client("secretsmanager"), _without_value(fixed)
    version = client.put_secret_value(SecretId=secret, SecretString="value")["VersionId"]
    found = client.get_secret_value(SecretId=secret)
    assert (found["SecretString"], found["VersionStages"]) == ("value", ["AWSCURRENT"])
    assert client.describe_secret(SecretId=secret)["VersionIdsToStages"] == {version: ["AWSCURRENT"]}


def test_a_secret_with_a_value_keeps_its_version(fixed: Cloud) -> None:
    client = fixed.client("secretsmanager")
    for value in ({"SecretString": "value"}, {"SecretBinary": b"value"}):
        made = client.create_secret(Name=unique("secret"), **value)
        (version,) = client.list_secret_version_ids(SecretId=made["ARN"])["Versions"]
        assert (version["VersionId"], version["VersionStages"]) == (made["VersionId"], ["AWSCURRENT"])


def test_stock_makes_an_empty_version(stock: Cloud) -> None:
    client, secret = stock.client("secretsmanager"), _without_value(stock)
    assert "SecretString" not in client.get_secret_value(SecretId=secret)

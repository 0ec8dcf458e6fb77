"""fixes/ses_configuration_sets.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud, refused, unique


def test_a_set_of_v2_is_one_of_v1(fixed: Cloud) -> None:
    v1, v2, name = fixed.client("ses"), fixed.client("sesv2"), unique("set")
    v2.create_configuration_set(ConfigurationSetName=name)
    described = v1.describe_configuration_set(ConfigurationSetName=name)
    assert described["ConfigurationSet"] == {"Name": name}
    again = {"ConfigurationSet": {"Name": name}}
    assert refused(v1.create_configuration_set, **again) == "ConfigurationSetAlreadyExists"
    v1.delete_configuration_set(ConfigurationSetName=name)
    assert refused(v2.get_configuration_set, ConfigurationSetName=name) == "NotFoundException"


def test_a_set_of_v1_is_one_of_v2(fixed: Cloud) -> None:
    v1, v2, name = fixed.client("ses"), fixed.client("sesv2"), unique("set")
    v1.create_configuration_set(ConfigurationSet={"Name": name})
    assert v2.get_configuration_set(ConfigurationSetName=name)["SendingOptions"] == {"SendingEnabled": True}
    assert refused(v2.create_configuration_set, ConfigurationSetName=name) == "AlreadyExistsException"
    v2.delete_configuration_set(ConfigurationSetName=name)
    listed = v1.list_configuration_sets()["ConfigurationSets"]
    assert name not in [one["Name"] for one in listed]


def test_stock_keeps_two_stores(stock: Cloud) -> None:
    v1, v2, name = stock.client("ses"), stock.client("sesv2"), unique("set")
    v2.create_configuration_set(ConfigurationSetName=name)
    wanted = {"ConfigurationSetName": name}
    assert refused(v1.describe_configuration_set, **wanted) == "ConfigurationSetDoesNotExist"

"""fixes/ssm_parameter_resources.py"""

from __future__ import annotations

from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Caller, Cloud, allow, refused, unique

DENIED = "AccessDeniedException"


def _parameters(cloud: Cloud) -> tuple[str, list[str]]:
    """A new path, and the names of more parameters under it than one page has."""
    ssm, path = cloud.client("ssm"), f"/{unique('app')}/dev"
    names = [f"{path}/p{number:02}" for number in range(12)]
    for name in names:
        ssm.put_parameter(Name=name, Value=f"value of {name}", Type="String")
    ssm.put_parameter(Name=f"{path}/below/p", Value="1", Type="String")
    return path, names


def _reader(cloud: Cloud, path: str) -> Any:
    """A client that may read what is under the path."""
    actions = ["ssm:GetParameters", "ssm:GetParametersByPath", "ssm:DeleteParameters"]
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:parameter{path}/*"
    caller: Caller = cloud.user(allow(actions, arn))
    return caller.client("ssm")


def _by_path(client: Any, path: str, **more: Any) -> dict[str, str]:
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True, **more)
    return {found["Name"]: found["Value"] for page in pages for found in page["Parameters"]}


def test_a_path_is_allowed_by_its_name(fixed: Cloud) -> None:
    path, names = _parameters(fixed)
    reader = _reader(fixed, path)
    assert _by_path(reader, f"{path}/") == {name: f"value of {name}" for name in names}
    assert _by_path(reader, f"{path}/", Recursive=True).keys() == {*names, f"{path}/below/p"}


def test_a_path_that_the_policy_does_not_name_is_refused(fixed: Cloud) -> None:
    path, _ = _parameters(fixed)
    reader = _reader(fixed, path)
    for other in (path, "/", f"{path}-2/", path.replace("dev", "staging")):
        assert refused(reader.get_parameters_by_path, Path=other) == DENIED


def test_each_of_several_names_is_asked_for(fixed: Cloud) -> None:
    path, (one, two, *_) = _parameters(fixed)
    _, (foreign, *_) = _parameters(fixed)
    reader = _reader(fixed, path)
    found = reader.get_parameters(Names=[one, f"{two}:1"])["Parameters"]
    assert [parameter["Name"] for parameter in found] == [one, two]
    for names in ([one, foreign], [foreign, one]):
        assert refused(reader.get_parameters, Names=names) == DENIED
        assert refused(reader.delete_parameters, Names=names) == DENIED


def test_stock_allows_a_path_by_no_name(stock: Cloud) -> None:
    path, names = _parameters(stock)
    reader = _reader(stock, path)
    assert refused(reader.get_parameters_by_path, Path=f"{path}/") == DENIED
    assert refused(reader.get_parameters, Names=names[:1]) == DENIED

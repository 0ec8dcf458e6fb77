"""The construct path of every resource, as `ops state list` shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.plans.synthesized import FILE
from ops.state import construct_paths
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import account_stack, stack


@pytest.mark.parametrize("name", [*ENVIRONMENTS, "account"])
def test_every_address_of_a_stack_leads_to_its_construct(name: str, tmp_path: Path) -> None:
    synthesized = account_stack() if name == "account" else stack(name)
    (tmp_path / FILE).write_text(synthesized.text, encoding="utf-8")
    found = construct_paths.read(tmp_path)
    addresses = {f"{type_}.{id_}" for type_, named in synthesized.json["resource"].items() for id_ in named}
    assert addresses <= found.keys()
    assert {found[address] for address in addresses} == synthesized.resources().keys()
    assert len(set(found.values())) == len(found)

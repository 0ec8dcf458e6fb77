"""docs/gates.md lists what the gates look at."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ops.gates.acknowledgements import ALLOWED
from ops.gates.finding import Gate
from ops.paths import ROOT
from tests.support import gate_tables as tables
from tests.support import goldens


@pytest.mark.parametrize("table", [tables.data, tables.policies, tables.exposures])
def test_the_docs_have_the_table(table: Callable[[], str]) -> None:
    goldens.check_part("docs/gates.md", table.__name__, table())


def test_the_docs_and_the_file_explain_every_key_and_gate() -> None:
    docs = (ROOT / "docs" / "gates.md").read_text()
    header = (ROOT / "environments" / "acknowledged.toml").read_text()
    for word in (*ALLOWED, *Gate):
        assert f"`{word}`" in docs, word
        assert re.search(rf"^#.*\b{word}\b", header, re.MULTILINE), word

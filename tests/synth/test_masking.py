"""Of what the stacks really hold nothing is taken for a secret: a reviewer must see it."""

from __future__ import annotations

import pytest

from ops.plans import masking
from tests.support import synthesized

STACKS = ("dev", "staging", "prod", "account")


@pytest.mark.parametrize("name", STACKS)
def test_nothing_of_a_stack_is_hidden(name: str) -> None:
    stack = synthesized.account_stack() if name == "account" else synthesized.stack(name)
    for section in ("resource", "data", "output"):
        for type_, named in stack.json.get(section, {}).items():
            for key, body in named.items():
                assert masking.masked(body, False) == body, f"{section} {type_}.{key}"

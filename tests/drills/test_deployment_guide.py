"""The commands of docs/DEPLOYMENT_GUIDE.md, typed one after the other for prod on a local AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ops.paths import ROOT
from tests.drills.ledger import Drill
from tests.local import checkout
from tests.local.checkout import Checkout
from tests.support.model_server import ModelServer

AWS_ONLY = "# AWS only"
KEY = "sk-ant-api03-" + "".join(f"{number:02x}" for number in range(40, 90))
"""Of a form that `ops secrets set` takes."""


def commands() -> list[str]:
    """Lines of the guide's blocks, without those for the real AWS."""
    text = (ROOT / "docs/DEPLOYMENT_GUIDE.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.partition(" # ")[0].strip() for line in lines if line and AWS_ONLY not in line]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """An empty account; what answers in the chat is a server of the test's."""
    with ModelServer() as model, checkout.running(tmp_path_factory.mktemp("guide")) as made:
        model.keys = {KEY}
        (made.root / ".env.prod").write_text(f"CHAT_PROVIDER_URL={model.url}\n")
        (made.root / "key.txt").write_text(KEY)
        made.ops("local", "start")
        yield made


def test_from_an_empty_account_to_production(here: Checkout, drill: Drill) -> None:
    typed = commands()
    assert len(typed) > 15
    for line in typed:
        # Nobody is there to approve a deployment.
        script = line.replace("cdktf deploy", "cdktf deploy --auto-approve")
        here.run("sh", "-c", f'PATH="$PWD/.venv/bin:$PATH"; eval "$(ops local env)"; {script}')
    drill.gets_back(f"{len(typed)} commands of the guide, from an empty account to a proven prod")

"""The commands of docs/DEPLOYMENT_GUIDE.md, typed one after the other for prod on a local AWS.

The tests are the steps of one story and run in this order.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drills.ledger import Drill
from tests.local import checkout
from tests.local.checkout import Checkout
from tests.support import deployment_guide
from tests.support.deployment_guide import Typed
from tests.support.model_server import ModelServer

KEY = "sk-ant-api03-" + "".join(f"{number:02x}" for number in range(40, 90))
"""Of a form that `ops secrets set` takes."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """An empty account; what answers in the chat is a server of the test's."""
    with ModelServer() as model, checkout.running(tmp_path_factory.mktemp("guide")) as made:
        model.keys = {KEY}
        (made.root / ".env.prod").write_text(f"CHAT_PROVIDER_URL={model.url}\n")
        (made.root / "key.txt").write_text(KEY)
        made.ops("local", "start")
        yield made


def enter(here: Checkout, typed: Typed) -> None:
    """Type a command in a shell that was led to the local AWS; only the page's exit code will do."""
    # Nobody is there to approve a deployment.
    command = typed.command.replace("cdktf deploy", "cdktf deploy --auto-approve")
    script = f'PATH="$PWD/.venv/bin:$PATH"; eval "$(ops local env)"; {command}'
    output = here.run("sh", "-c", script, code=typed.code)
    assert "Traceback" not in output, output


def test_from_an_empty_account_to_production(here: Checkout, drill: Drill) -> None:
    lines = deployment_guide.lines()
    assert len(lines) > 15
    for typed in lines:
        enter(here, typed)
    drill.gets_back(f"{len(lines)} commands of the guide, from an empty account to a proven prod")


@pytest.mark.parametrize("typed", deployment_guide.run_at_the_end(), ids=lambda typed: typed.command)
def test_the_runbooks_first_looks_look(here: Checkout, typed: Typed) -> None:
    """On a prod with which nothing is wrong."""
    command = typed.command.replace("ENV", "prod").replace("COMMAND", "deploy")
    enter(here, Typed(command, typed.code))

"""A deployed dev, with permissions enforced, and a limit to how long all of it may take."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.least_privilege.proofs import Environment
from tests.local import checkout
from tests.support.model_server import KEY, ModelServer

SETTINGS = {"ENABLE_CLOUDFRONT": "false", "CHAT_PROVIDER": "anthropic", "CHAT_WORKER_TIMEOUT_S": "60"}
BUDGET_S = 45 * 60
"""Of the whole run, the deployment included; each proof has a limit of its own. It takes about 15 minutes."""

_began = time.monotonic()


@pytest.fixture(autouse=True)
def within_the_budget() -> None:
    """Ends a run that has become too slow to be of use."""
    if time.monotonic() - _began > BUDGET_S:
        pytest.exit(f"more than {BUDGET_S // 60} minutes", returncode=pytest.ExitCode.TESTS_FAILED)


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with ModelServer() as model, checkout.running(tmp_path_factory.mktemp("privileges")) as made:
        lines = {**SETTINGS, "CHAT_PROVIDER_URL": model.url}
        (made.root / ".env.dev").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        made.cdktf("deploy", "account", "dev", "--auto-approve")
        outputs = json.loads(made.ops("--local", "outputs", "dev", "--json"))
        made.local_aws.client("secretsmanager").put_secret_value(
            SecretId=outputs["anthropic_secret_arn"], SecretString=KEY
        )
        with pytest.MonkeyPatch.context() as patched:
            for name, value in made.local_aws.environment().items():
                patched.setenv(name, value)
            yield Environment(made.local_aws, outputs, model)

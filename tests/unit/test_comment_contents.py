"""What `ops comment` says of real bundles: the renderer, the costs and the comparison together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ops import cli
from ops.bundles import file
from ops.bundles.file import Bundle
from ops.bundles.manifest import Manifest
from ops.deployment import reviewing
from tests.support.plans.builders import change, plan

KEY = "aws_kms_key.security_table-key_771F6453"
GATEWAY = "aws_nat_gateway.network_gateway_00000000"
LINE = "`chat/worker`: memory_size is 512 in dev, 1024 in prod"


def bundle(environment: str, memory_size: int, *changes: dict[str, Any], region: str = "us-east-1") -> Bundle:
    """Of one function; what else it may have is in the plan."""
    worker = {"//": {"metadata": {"path": f"{environment}/chat/worker"}}, "memory_size": memory_size}
    manifest = Manifest(
        environment=environment, aws_region=region, made=datetime(2026, 1, 2, tzinfo=UTC), commit="a" * 40
    )
    stack = {"resource": {"aws_lambda_function": {"chat_worker_function": worker}}}
    configuration = {"environment": environment, "protected": environment == "prod"}
    return Bundle(manifest, b"plan", plan(*changes), stack, configuration)


def two() -> list[Bundle]:
    key = change(KEY, "create", None, {"enable_key_rotation": False})
    return [bundle("dev", 512, key), bundle("prod", 1024, change(GATEWAY, "create", None, {}))]


def test_two_bundles_are_priced_and_compared() -> None:
    dev, prod = reviewing.reviews(two())
    assert dev.parity == prod.parity
    assert [one.path for one in dev.parity] == ["chat/worker"]
    assert dev.cost
    assert prod.cost
    assert (dev.cost.difference.low, prod.cost.after.unpriced) == (1.0, (GATEWAY,))


def test_an_account_is_compared_with_nothing() -> None:
    account = Bundle(
        Manifest(environment="account", made=datetime(2026, 1, 2, tzinfo=UTC)),
        b"plan",
        plan(),
        {"resource": {}},
        {"environments": ["dev"]},
    )
    assert [one.parity for one in reviewing.reviews([two()[0], account])] == [(), ()]


def test_the_comment_says_so(tmp_path: Path) -> None:
    paths = []
    for one in two():
        paths.append(str(tmp_path / f"{one.manifest.environment}.bundle"))
        file.write(Path(paths[-1]), one)
    result = CliRunner().invoke(cli.app, ["comment", *paths, "--markdown", "-"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    text = result.stdout.replace("\\", "")
    assert text.count(LINE) == 2  # once in the section of each
    assert "only in" not in text
    assert "| +$1.00 |" in text
    assert "| no change, 1 not priced |" in text

"""Two instances for the whole run: one with the fixes, and stock MiniStack in the same server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud


@pytest.fixture(scope="session")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The local AWS as the project uses it."""
    instance = LocalAws(tmp_path_factory.mktemp("fixed"))
    instance.start()
    yield Cloud(instance)
    instance.stop()


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """MiniStack without our fixes: a test that fails here tells that a fix is needed no longer."""
    instance = LocalAws(tmp_path_factory.mktemp("stock"), without=["all"])
    instance.start()
    yield Cloud(instance)
    instance.stop()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[LocalAws]:
    """An instance of the test's own, not started."""
    instance = LocalAws(tmp_path / "aws")
    yield instance
    instance.stop()

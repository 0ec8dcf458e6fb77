"""For all levels of tests."""

import boto3
import pytest
from hypothesis import settings

import constructs_lib  # noqa: F401 - before any import of cdktf: makes the bindings lazy

# Speed is measured in bench/, never in a test: the machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="module")
def _no_session_of_another_file() -> None:
    """boto3's own session keeps the credentials that it found first, which may be another instance's."""
    boto3.DEFAULT_SESSION = None


LONG_STORIES = (
    "test_faults",
    "test_environments",
    "test_up",
    "test_change_safety",
    "test_chat_and_alarms",
)
"""Begun first: what runs beside them then ends about when they do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; the tests within a file stay as they are."""

    def place(item: pytest.Item) -> int:
        name = item.path.stem
        return LONG_STORIES.index(name) if name in LONG_STORIES else len(LONG_STORIES)

    items.sort(key=place)

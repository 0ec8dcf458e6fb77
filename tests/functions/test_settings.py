"""functions/shared/settings.py."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from functions.shared.settings import SettingsError, load, variables


@dataclass(frozen=True)
class Settings:
    table_name: str
    max_receives: int
    seconds: float = 1.5
    origins: tuple[str, ...] = ()
    model: str = "default"


NEEDED = {"TABLE_NAME": "sessions", "MAX_RECEIVES": "3"}


def test_variables_are_the_fields_in_capitals() -> None:
    everything = {**NEEDED, "SECONDS": "0.25", "ORIGINS": "https://a,https://b", "MODEL": "", "OTHER": "x"}
    assert load(Settings, everything) == Settings("sessions", 3, 0.25, ("https://a", "https://b"), "")


def test_what_has_a_default_may_be_unset() -> None:
    assert load(Settings, NEEDED) == Settings("sessions", 3)


def test_an_empty_list_is_empty() -> None:
    """Not a list of one empty text: an empty Origin would be in it."""
    assert load(Settings, {**NEEDED, "ORIGINS": ""}).origins == ()


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Settings, {"MAX_RECEIVES": "many", "SECONDS": "long"})
    assert str(caught.value) == (
        "TABLE_NAME is not set; MAX_RECEIVES='many' is no int; SECONDS='long' is no float"
    )


def test_the_environment_of_the_process_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    assert load(Settings).table_name == "sessions"


def test_variables_tell_which_must_be_set() -> None:
    assert variables(Settings) == {
        "TABLE_NAME": True,
        "MAX_RECEIVES": True,
        "SECONDS": False,
        "ORIGINS": False,
        "MODEL": False,
    }

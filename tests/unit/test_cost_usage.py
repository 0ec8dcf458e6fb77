"""The assumed usage: what the committed file says, and what is refused."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from environments import ENVIRONMENTS, usage
from environments.chat import FUNCTIONS
from environments.problems import ConfigurationError
from environments.ranges import Range

COMMITTED = usage.FILE.read_text(encoding="utf-8")


def changed(folder: Path, old: str, new: str) -> Path:
    """The committed file with one change."""
    assert re.search(old, COMMITTED, re.MULTILINE)
    file = folder / "usage.toml"
    file.write_text(re.sub(old, new, COMMITTED, count=1, flags=re.MULTILINE), encoding="utf-8")
    return file


def test_every_environment_and_function_has_its_assumptions() -> None:
    found, account = usage.load()
    assert tuple(found) == ENVIRONMENTS
    assert all(one.function_ms.keys() == set(FUNCTIONS) for one in found.values())
    assert account.management_events.low > 0
    assert found["prod"].sessions.high > found["dev"].sessions.high


def test_an_environment_replaces_what_holds_for_every(tmp_path: Path) -> None:
    file = changed(
        tmp_path, r"^\[dev\]$", "[dev]\npdf_mb = 7\nfunction_ms.connect = [1, 2]\nerrors = [0.5, 1.25]"
    )
    found, _ = usage.load(file)
    assert found["dev"].pdf_mb == Range(Decimal(7), Decimal(7))
    assert found["dev"].errors == Range(Decimal("0.5"), Decimal("1.25"))
    assert found["dev"].function_ms["connect"] == Range(Decimal(1), Decimal(2))
    assert found["dev"].function_ms["chat_worker"] == found["prod"].function_ms["chat_worker"]
    assert found["prod"].pdf_mb.high == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (r"^sessions = \[20, 200\]", "sessions = [200, 20]", "has a low of 200 above its high of 20"),
        (
            r"^sessions = \[20, 200\]",
            "sessions = -1",
            "sessions='-1' (environments/usage.toml, [dev]) is negative",
        ),
        (r"^sessions = \[20, 200\]", "sessions = [1, 2, 3]", "is neither a number nor a list of two"),
        (r"^sessions = \[20, 200\]", "sessions = true", "is neither a number nor a list of two"),
        (r"^sessions = \[20, 200\]", "sessions = inf", "is neither a number nor a list of two"),
        (r"^sessions = \[20, 200\]", "", "dev: sessions (environments/usage.toml, [dev]) is not set"),
        (r"^\[dev\]", "[dev]\nsesions = 1", "sesions='1' (environments/usage.toml, [dev]) is no assumption"),
        (r"^\[dev\]", "[test]\n[dev]", "test (environments/usage.toml) is none of every, dev"),
        (r"^\[dev\]", "[dev]\nfunction_ms.conect = 1", "function_ms.conect (environments/usage.toml, [dev])"),
        (r"^event_kb.*$", "", "event_kb (environments/usage.toml, [account]) is not set"),
        (r"^\[dev\]", "[dev", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)) as refusal:
        usage.load(changed(tmp_path, old, new))
    assert "set it in" in str(refusal.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    file = changed(tmp_path, r"^pdf_mb.*$", "pdf_mb = -1")
    text = file.read_text(encoding="utf-8").replace("event_kb = [1.2, 2]", "event_kb = [2, 1]")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        usage.load(file)
    assert {problem.key for problem in refusal.value.problems} == {"pdf_mb", "event_kb"}

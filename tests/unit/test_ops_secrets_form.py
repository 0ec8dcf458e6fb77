"""What can be an API key, and what is refused without being repeated."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.api_keys import form
from ops.api_keys.kinds import ANTHROPIC, OPENAI, Key, Kind
from ops.errors import OpsError
from ops.exit_codes import ExitCode

REST = "T3BlbkFJq9Zr2mNb4VcX8yLpKd7Wt5Hs1Gf6Ue0Aa"
KEYS = {
    f"sk-proj-{REST}": OPENAI,
    f"sk-svcacct-{REST}": OPENAI,
    f"sk-{REST}": OPENAI,
    f"sk-ant-api03-{REST}-AA": ANTHROPIC,
}


@pytest.mark.parametrize(("text", "kind"), KEYS.items())
def test_keys_of_the_documented_forms(text: str, kind: Kind) -> None:
    assert form.checked(text, kind) == Key(text)
    assert form.looks_like_a_key(text)


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        ("", OPENAI, "is empty"),
        (f"sk-proj-{REST} ", OPENAI, "has white space"),
        (f"sk-proj-{REST}\nsk-proj-{REST}", OPENAI, "has white space"),
        (f"sk-proj-{REST}\u200b", OPENAI, "not ASCII, or invisible"),
        (f"sk-proj-{REST}\x07", OPENAI, "not ASCII, or invisible"),
        ("sk-proj-T3BlbkFJ", OPENAI, "has 16 characters; 40 to 256 are allowed"),
        (f"sk-proj-{REST * 7}", OPENAI, "characters; 40 to 256"),
        (REST, OPENAI, "does not begin with sk-,"),
        (f"sk-proj-{REST}", ANTHROPIC, "is a key of OpenAI"),
        (f"sk-ant-api03-{REST}", OPENAI, "is a key of Anthropic"),
        (f"sk-{REST}", ANTHROPIC, "does not begin with sk-ant-"),
        (f"sk-admin-{REST}", OPENAI, "is an Admin key"),
        (f"sk-ant-admin01-{REST}", ANTHROPIC, "is an Admin key"),
        (f"sk-ant-oat01-{REST}", ANTHROPIC, "token of somebody who signed in"),
        (f'"sk-proj-{REST}"', OPENAI, "does not begin with sk-"),
        (f"sk-proj-{REST}$", OPENAI, "has characters that no key has"),
        (f"sk-your-key-{REST}", OPENAI, "is an example"),
        ("sk-ant-api03-" + "x" * 95, ANTHROPIC, "is an example"),
        ("sk-proj-" + "ab" * 30, OPENAI, "is an example"),
    ],
)
def test_what_is_none_is_refused_and_not_repeated(text: str, kind: Kind, problem: str) -> None:
    with pytest.raises(OpsError, match=re.escape(problem)) as refused:
        form.checked(text, kind)
    assert refused.value.code is ExitCode.CONFIGURATION
    assert kind.name in refused.value.message
    assert not text or text not in refused.value.message + refused.value.hint
    assert REST[:8] not in refused.value.message + refused.value.hint


def test_a_gateways_keys_look_as_it_wants() -> None:
    assert form.checked("gw/7Qw9ZtR2mNb4VcX8", ANTHROPIC, gateway=True) == Key("gw/7Qw9ZtR2mNb4VcX8")
    with pytest.raises(OpsError, match="is a key of Anthropic"):
        form.checked(f"sk-ant-api03-{REST}", OPENAI, gateway=True)
    with pytest.raises(OpsError, match="16 to 256"):
        form.checked("short", OPENAI, gateway=True)


@given(st.text(max_size=80))
def test_nothing_that_is_refused_is_repeated(text: str) -> None:
    try:
        form.checked(text, OPENAI)
    except OpsError as refused:
        said = refused.message + refused.hint
    else:
        return
    assert len(text) < 12 or text not in said


@given(st.text(string.ascii_letters + string.digits, min_size=48, max_size=160))
def test_keys_by_chance_are_keys(rest: str) -> None:
    if len(set(rest)) < 20 or re.search("x{6}|example|placeholder|changeme", rest, re.IGNORECASE):
        return
    assert form.checked(f"sk-proj-{rest}", OPENAI).value.endswith(rest)


@pytest.mark.parametrize("text", ["", "sk-admin-with space and more", "Bearer sk-admin-7Qw9ZtR2mNb4VcX8"])
def test_what_is_no_admin_key(text: str) -> None:
    with pytest.raises(OpsError) as refused:
        form.checked_admin(text)
    assert refused.value.code is ExitCode.CONFIGURATION
    assert not text or text not in refused.value.message


@pytest.mark.parametrize("text", ["openai-api-key", "dev", "--check", "proj_Zk3m9Q", "--confirm=prod"])
def test_ordinary_arguments_look_like_no_key(text: str) -> None:
    assert not form.looks_like_a_key(text)


def test_a_key_is_in_no_text_that_is_made_of_it() -> None:
    assert REST not in f"{Key(f'sk-{REST}')!r} {Key(f'sk-{REST}')} {[Key(REST)]}"

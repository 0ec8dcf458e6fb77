"""One way to ask before something that cannot be taken back."""

from __future__ import annotations

import pytest
import typer

from ops import confirmation
from ops.errors import OpsError
from ops.exit_codes import ExitCode

BY_NAME = ("prod", "account", "account-123456789012")


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for asking in ("prompt", "confirm"):
        monkeypatch.setattr(typer, asking, lambda *_, **__: pytest.fail("it asked"))


@pytest.mark.parametrize("environment", BY_NAME)
def test_a_yes_is_not_enough(environment: str) -> None:
    with pytest.raises(OpsError, match="its name has to be given") as refused:
        confirmation.refuse_in_advance(environment, yes=True, given="", command=f"ops deploy {environment}")
    assert refused.value.code is ExitCode.PROTECTED
    assert f"ops deploy {environment} --confirm {environment}" in refused.value.hint
    with pytest.raises(OpsError, match="its name has to be typed") as refused:
        confirmation.ask(environment, "Shall it?", yes=True)
    assert refused.value.code is ExitCode.PROTECTED


@pytest.mark.parametrize("environment", ["dev", "staging", *BY_NAME])
def test_another_name_is_refused_before_any_work(environment: str) -> None:
    with pytest.raises(OpsError, match="--confirm test is not the name of") as refused:
        confirmation.refuse_in_advance(environment, yes=True, given="test", command="")
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("environment", "answers"),
    [
        *((environment, {"given": environment}) for environment in ("dev", *BY_NAME)),
        ("prod", {"given": "prod", "yes": True}),
        ("dev", {"yes": True}),
        ("dev", {"yes": True, "always_by_name": True}),
    ],
)
def test_answers_in_advance_are_enough(environment: str, answers: dict[str, object]) -> None:
    confirmation.ask(environment, "Shall it?", **answers)  # type: ignore[arg-type]
    confirmation.refuse_in_advance(
        environment, yes=bool(answers.get("yes")), given=str(answers.get("given", "")), command=""
    )


@pytest.mark.parametrize(
    ("environment", "always", "name", "wanted"),
    [
        *((environment, False, "", environment) for environment in BY_NAME),
        ("dev", True, "", "dev"),
        ("dev", True, "a-bucket", "a-bucket"),
        ("prod", False, "a-bucket", "a-bucket"),
    ],
)
@pytest.mark.parametrize("typed", ["", "y", "yes", "test", None])
def test_only_the_name_confirms(
    environment: str,
    always: bool,
    name: str,
    wanted: str,
    typed: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None: the name itself, with blanks around it."""
    asked = []

    def answer(text: str, **_: object) -> str:
        asked.append(text)
        return f" {wanted} " if typed is None else typed

    monkeypatch.setattr(typer, "prompt", answer)

    def ask() -> None:
        confirmation.ask(
            environment, "Shall it?", name=name, always_by_name=always, unchanged="Nothing was done."
        )

    if typed is None:
        ask()
    else:
        with pytest.raises(OpsError, match="Nothing was done") as refused:
            ask()
        assert refused.value.code is ExitCode.USAGE
    assert asked == [f"Shall it? Type {wanted} to go on"]


@pytest.mark.parametrize("answer", [True, False])
def test_elsewhere_a_yes_does(answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: answer)
    if answer:
        confirmation.ask("dev", "Shall it?")
        return
    with pytest.raises(OpsError, match=r"Not confirmed\. Nothing was changed\.") as refused:
        confirmation.ask("dev", "Shall it?")
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize(
    ("cause", "raised"), [(KeyboardInterrupt, KeyboardInterrupt), (EOFError, typer.Abort)]
)
def test_ctrl_c_is_told_from_nobody_there(
    environment: str,
    cause: type[BaseException],
    raised: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(*_: object, **__: object) -> None:
        try:
            raise cause
        except (KeyboardInterrupt, EOFError):
            raise typer.Abort from None  # as Typer does for both

    for asking in ("prompt", "confirm"):
        monkeypatch.setattr(typer, asking, asked)
    with pytest.raises(raised):
        confirmation.ask(environment, "Shall it?")

"""`main.py` run as a program, and what its ends mean. Here another main.py stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import paths, synth
from ops.errors import OpsError
from ops.exit_codes import ExitCode


def main(root: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "main.py").write_text(f"import os, sys\n{body}\n")
    monkeypatch.setattr(paths, "ROOT", root)


def test_it_is_told_environment_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main(
        tmp_path,
        "open('seen', 'w').write(os.environ['ENVIRONMENT'] + ' ' + os.environ['CDKTF_OUTDIR'])",
        monkeypatch,
    )
    monkeypatch.setenv("ENVIRONMENT", "all")
    assert synth.synthesize("prod", tmp_path / "out") == tmp_path / "out" / "stacks" / "prod"
    assert (tmp_path / "seen").read_text() == f"prod {tmp_path / 'out'}"


@pytest.mark.parametrize(
    ("words", "code"),
    [("AWS_REGION is not set", ExitCode.CONFIGURATION), ("Run `make setup`", ExitCode.TOOL)],
)
def test_what_it_refuses_comes_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, code: ExitCode
) -> None:
    main(tmp_path, f"sys.exit(print('{words}', file=sys.stderr) or {code:d})", monkeypatch)
    with pytest.raises(OpsError) as caught:
        synth.synthesize("dev", tmp_path)
    assert (caught.value.message, caught.value.code) == (words, code)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ValueError('of ours')", "ValueError: of ours"),
        ("sys.exit(7)", "main.py ended with exit code 7"),
        ("os.kill(os.getpid(), 9)", "main.py ended with exit code -9"),
    ],
)
def test_any_other_failure_shows_what_was_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, told: str
) -> None:
    main(tmp_path, body, monkeypatch)
    with pytest.raises(OpsError, match="The synth of dev failed") as caught:
        synth.synthesize("dev", tmp_path)
    assert told in caught.value.message
    assert caught.value.code is ExitCode.FAILED


def test_the_real_one_refuses_an_empty_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCOUNT_ID", "AWS_REGION", "SES_FROM_EMAIL", "ALERT_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPEC_WIZARD_ENV_DIR", str(tmp_path))
    with pytest.raises(OpsError, match="AWS_ACCOUNT_ID") as caught:
        synth.synthesize("dev", tmp_path / "out")
    assert caught.value.code is ExitCode.CONFIGURATION
    assert not (tmp_path / "out").exists()


def test_of_several_accounts_one_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = "[os.makedirs(f\"{os.environ['CDKTF_OUTDIR']}/stacks/account-{i}\") for i in (1, 2)]"
    main(tmp_path, made, monkeypatch)
    monkeypatch.setenv("ENVIRONMENT", "dev,prod")
    with pytest.raises(OpsError, match="'account' is no stack of this run") as caught:
        synth.synthesize("account", tmp_path / "out")
    assert "account-1, account-2" in caught.value.hint
    assert caught.value.code is ExitCode.CONFIGURATION


def test_an_accounts_stack_does_not_choose_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it holds follows from ENVIRONMENT's accounts, so that is left as it is."""
    body = "os.makedirs(os.environ['CDKTF_OUTDIR'] + '/stacks/account')"
    main(tmp_path, f"{body}; open('seen', 'w').write(os.environ['ENVIRONMENT'])", monkeypatch)
    monkeypatch.setenv("ENVIRONMENT", "staging,prod")
    assert synth.synthesize("account", tmp_path / "out").name == "account"
    assert (tmp_path / "seen").read_text() == "staging,prod"


def test_several_at_once_with_other_variables_and_without_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(
        tmp_path,
        "names = ('ENVIRONMENT', 'CDKTF_OUTDIR', 'ADDED', 'KEPT', 'LEFT_OUT')\n"
        "open('seen', 'w').write(repr([os.environ.get(name) for name in names]))",
        monkeypatch,
    )
    for name in ("ENVIRONMENT", "KEPT", "LEFT_OUT"):
        monkeypatch.setenv(name, "of this process")
    made = synth.synthesize_all(
        ("dev", "prod"), tmp_path / "out", {"ADDED": "new"}, without={"LEFT_OUT", "ENVIRONMENT"}
    )
    assert made == tmp_path / "out" / "stacks"
    seen = ["dev,prod", str(tmp_path / "out"), "new", "of this process", None]
    assert (tmp_path / "seen").read_text() == repr(seen)

"""Which stacks are made for a check, with which variables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops import synth
from ops.policy import configured, reference

Run = dict[str, Any]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The synths that are asked for; each makes the stacks that main.py would."""
    seen: list[Run] = []

    def synthesize(
        environments: Collection[str],
        outdir: Path,
        variables: Mapping[str, str] | None = None,
        *,
        without: Collection[str] = (),
    ) -> Path:
        seen.append({"of": [*environments], "variables": dict(variables or {}), "without": set(without)})
        for name in ("account", *environments):
            folder = outdir / "stacks" / name
            folder.mkdir(parents=True)
            (folder / "cdk.tf.json").write_text(json.dumps({"resource": {"aws_x": {"y": {}}}}))
        return outdir / "stacks"

    monkeypatch.setattr(synth, "synthesize_all", synthesize)
    return seen


def of(runs: list[Run], **wanted: str) -> list[Run]:
    return [run for run in runs if wanted.items() <= run["variables"].items()]


def test_the_reference_is_made_of_all_configurations(runs: list[Run]) -> None:
    made = reference.stacks(("account", "dev", "staging", "prod"))
    assert made.keys() == {
        *(("new", name) for name in ("account", "dev", "staging", "prod")),
        *(("bare", name) for name in ("account", "dev")),
        *(("full", name) for name in ("account", "dev", "staging", "prod")),
    }
    assert {key[1]: stack.environment for key, stack in made.items()}["prod"] == "prod"
    assert len(of(runs, AWS_REGION="eu-central-1", CLOUDFRONT_WAF="true")) == 1


def test_nothing_of_this_machines_configuration_comes_in(runs: list[Run]) -> None:
    reference.stacks(("prod",))
    assert len(runs) == 2  # bare is about dev
    for run in runs:
        assert {"DOMAIN_NAME", "CLOUDFRONT_WAF", "AWS_ACCOUNT_ID", "SYNTH_HCL_OUTPUT"} <= run["without"]
        assert run["variables"]["AWS_ENDPOINT_URL"] == reference.NOBODY
        assert "spec-wizard-policy-" in run["variables"]["SPEC_WIZARD_ENV_DIR"]
        assert run["of"] == ["prod"]


def test_the_account_alone_needs_no_environment(runs: list[Run]) -> None:
    assert {name for _, name in reference.stacks(("account",))} == {"account"}


def test_as_configured_with_the_environments_that_are_named(runs: list[Run]) -> None:
    made = configured.stacks(("dev", "account"))
    assert made.keys() == {("configured", "dev"), ("configured", "account")}
    (run,) = runs
    assert (run["of"], run["variables"]) == (["dev"], {})
    assert run["without"] == {"SYNTH_HCL_OUTPUT"}


def test_the_account_of_the_environments_that_a_run_is_about(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "staging,prod")
    assert configured.stacks(("account",)).keys() == {("configured", "account")}
    assert runs[0]["of"] == ["staging", "prod"]

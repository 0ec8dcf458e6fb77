"""What the constructs tell each function is what its settings ask for, on AWS and on the local AWS."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import app
from constructs_lib.compute.catalogue import SPECS
from constructs_lib.working_directory import override
from functions.shared.settings import load, variables
from tests.support import configuration

ENVIRONMENTS = configuration.ENVIRONMENTS
PROVIDERS = ("anthropic", "openai", "built-in")


def settings(folder: str) -> Any:
    return import_module(f"functions.{folder}.settings").Settings


@cache
def environments_of(environment: str, provider: str) -> dict[str, dict[str, dict[str, str]]]:
    """Folder -> "aws" and "local" -> the variables that the function has there."""
    with tempfile.TemporaryDirectory() as directory:
        app.synthesize(
            {environment: configuration.config(environment, CHAT_PROVIDER=provider)},
            configuration.accounts(environment),
            directory,
        )
        stack = json.loads(Path(directory, "stacks", environment, "cdk.tf.json").read_text(encoding="utf-8"))
    functions, overridden = (
        content.get("resource", {}).get("aws_lambda_function", {})
        for content in (stack, override(configuration.ENDPOINT, "", stack))
    )
    found = {}
    for name, function in functions.items():
        folder = function["handler"].split(".")[1]
        assert folder not in found, "a function is there once"
        told = function["environment"]["variables"]
        # Terraform replaces the whole block.
        there = overridden.get(name, {}).get("environment", {"variables": told})["variables"]
        found[folder] = {"aws": told, "local": there}
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_function_of_the_catalogue_is_in_the_stack(environment: str) -> None:
    assert set(environments_of(environment, "anthropic")) == set(SPECS)


@pytest.mark.parametrize("where", ["aws", "local"])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("folder", SPECS)
def test_it_is_told_all_that_it_needs_and_nothing_else(folder: str, provider: str, where: str) -> None:
    told = environments_of("dev", provider)[folder][where]
    asked = variables(settings(folder))
    assert sorted(name for name, required in asked.items() if required and name not in told) == []
    assert sorted(told.keys() - asked.keys()) == []
    assert {name: value for name, value in told.items() if not isinstance(value, str)} == {}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("folder", SPECS)
def test_its_settings_can_be_read_from_it(folder: str, environment: str) -> None:
    told = environments_of(environment, "anthropic")[folder]["aws"]
    assert load(settings(folder), told).environment == environment


def test_no_variable_is_one_that_lambda_keeps_for_itself() -> None:
    """Lambda developer guide, "Defined runtime environment variables"."""
    reserved = ("_", "AWS_", "LAMBDA_", "TZ")
    told = {name for function in environments_of("dev", "anthropic").values() for name in function["aws"]}
    assert sorted(name for name in told if name.startswith(reserved)) == []

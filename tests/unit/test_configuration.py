"""Loading: precedence, selection, what an error says, and what may be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

import environments.dev
from environments import ENVIRONMENTS, ConfigurationError, EnvironmentConfig, load, load_all, selected
from environments.defaults import Settings
from environments.env_files import read
from environments.problems import Problem
from ops.exit_codes import ExitCode

PROJECT = Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
GOOD = {
    "AWS_ACCOUNT_ID": ACCOUNT,
    "AWS_REGION": "eu-central-1",
    "SES_FROM_EMAIL": "noreply@flowency.build",
    "ALERT_EMAIL": "alerts@flowency.build",
    "DOMAIN_NAME": "wizard.flowency.build",
    "CERTIFICATE_ARN": CERTIFICATE,
}


def good(folder: Path, environment: str = "dev", **more: str) -> EnvironmentConfig:
    return load(environment, root=folder, process_env={**GOOD, **more})


def refused(folder: Path, *names: str, **variables: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_all(names or ("dev",), root=folder, process_env=variables)
    return caught.value


class TestEnvironments:
    def test_dev_is_quick_to_make_and_unmake(self, tmp_path: Path) -> None:
        dev = good(tmp_path)
        assert not dev.protected
        assert not dev.database.point_in_time_recovery
        assert dev.security.key_deletion_window_days == 7
        assert dev.security.secret_recovery_window_days == 0

    def test_prod_loses_nothing_by_one_mistake(self, tmp_path: Path) -> None:
        prod = good(tmp_path, "prod")
        assert prod.protected
        assert prod.database.point_in_time_recovery
        assert prod.storage.access_logs
        assert prod.storage.versioning
        assert prod.security.key_deletion_window_days == 30
        assert prod.security.secret_recovery_window_days == 30

    def test_the_documented_way_to_destroy_prod_is_open(self, tmp_path: Path) -> None:
        assert not good(tmp_path, "prod", DELETION_PROTECTION="false").protected

    @pytest.mark.parametrize("environment", ENVIRONMENTS)
    def test_the_figures_of_the_specification_are_the_defaults(
        self, tmp_path: Path, environment: str
    ) -> None:
        config = good(tmp_path, environment)
        storage, logs = config.storage, config.logs
        assert (storage.intelligent_tiering_after_days, storage.lifecycle_days) == (30, 90)
        assert storage.expire_after_days == 365
        assert (logs.application_retention_days, logs.error_retention_days) == (30, 90)
        assert config.database.billing_mode == "PAY_PER_REQUEST"
        assert config.state.lock == "both"
        assert config.enable_cloudfront

    def test_a_configuration_cannot_be_changed(self, tmp_path: Path) -> None:
        config = good(tmp_path)
        with pytest.raises(ValidationError):
            config.aws_region = "us-east-1"
        with pytest.raises(ValidationError):
            config.storage.lifecycle_days = 31

    def test_a_model_built_by_hand_keeps_the_rules_between_fields(self, tmp_path: Path) -> None:
        values = good(tmp_path, "prod").model_dump()
        with pytest.raises(ValidationError, match="is needed with DOMAIN_NAME"):
            EnvironmentConfig.model_validate({**values, "certificate_arn": None})
        with pytest.raises(ValidationError):
            EnvironmentConfig.model_validate({**values, "colour": "blue"})


class TestPrecedence:
    def test_each_source_gives_way_to_the_one_before(self, tmp_path: Path) -> None:
        def days(**process_env: str) -> int:
            return good(tmp_path, **process_env).storage.noncurrent_retention_days

        assert days() == 7, "environments/dev.py"
        (tmp_path / ".env").write_text("S3_NONCURRENT_DAYS=11\n")
        assert days() == 11, ".env"
        (tmp_path / ".env.prod").write_text("S3_NONCURRENT_DAYS=12\n")
        assert days() == 11, "the file of another environment"
        (tmp_path / ".env.dev").write_text("S3_NONCURRENT_DAYS=13\n")
        assert days() == 13, ".env.dev"
        assert days(S3_NONCURRENT_DAYS="14") == 14, "process environment"

    def test_an_empty_value_counts_as_not_set(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("S3_NONCURRENT_DAYS=11\n")
        (tmp_path / ".env.dev").write_text("S3_NONCURRENT_DAYS=\n")
        assert good(tmp_path, S3_NONCURRENT_DAYS="").storage.noncurrent_retention_days == 11

    def test_the_folder_of_the_files_can_be_named(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("S3_NONCURRENT_DAYS=11\n")
        config = load("dev", process_env={**GOOD, "SPEC_WIZARD_ENV_DIR": str(tmp_path)})
        assert config.storage.noncurrent_retention_days == 11

    @pytest.mark.parametrize("folder", ["nowhere", "\0"], ids=ascii)
    def test_a_folder_that_is_none_is_refused(self, folder: str) -> None:
        with pytest.raises(ConfigurationError, match=r"SPEC_WIZARD_ENV_DIR=.* is not a folder"):
            load("dev", process_env={**GOOD, "SPEC_WIZARD_ENV_DIR": folder})
        with pytest.raises(ConfigurationError, match=r"SPEC_WIZARD_ENV_DIR=.* is not a folder"):
            selected(process_env={"SPEC_WIZARD_ENV_DIR": folder})


class TestOrigins:
    """Where CORS_ORIGINS is not set."""

    def test_they_follow_from_the_domain(self, tmp_path: Path) -> None:
        for environment in ENVIRONMENTS:
            assert good(tmp_path, environment).storage.cors_origins == ("https://wizard.flowency.build",)

    def test_dev_without_a_domain_serves_the_developers_machine(self, tmp_path: Path) -> None:
        config = good(tmp_path, DOMAIN_NAME="", CERTIFICATE_ARN="")
        assert config.storage.cors_origins == ("http://localhost:3000",)

    def test_staging_without_a_domain_names_both_ways_out(self, tmp_path: Path) -> None:
        error = refused(tmp_path, "staging", **{**GOOD, "DOMAIN_NAME": "", "CERTIFICATE_ARN": ""})
        assert [p.key for p in error.problems] == ["CORS_ORIGINS"]
        assert "DOMAIN_NAME" in str(error)

    def test_what_is_set_holds(self, tmp_path: Path) -> None:
        config = good(tmp_path, CORS_ORIGINS="https://a.example.com,http://localhost:5173")
        assert config.storage.cors_origins == ("https://a.example.com", "http://localhost:5173")


class TestExampleAccount:
    ARN = CERTIFICATE.replace(ACCOUNT, "123456789012")

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:4566", "https://localhost:4566", "https://[::1]:4566/", "http://127.8.9.10"]
    )
    def test_is_allowed_for_the_local_aws(self, tmp_path: Path, url: str) -> None:
        variables = {"AWS_ACCOUNT_ID": "123456789012", "CERTIFICATE_ARN": self.ARN, "AWS_ENDPOINT_URL": url}
        assert good(tmp_path, "prod", **variables).aws_account_id == "123456789012"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "https://sts.eu-central-1.amazonaws.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "http://[",
            "127.0.0.1",
        ],
    )
    def test_is_refused_for_aws(self, tmp_path: Path, url: str) -> None:
        variables = {"AWS_ACCOUNT_ID": "123456789012", "CERTIFICATE_ARN": self.ARN, "AWS_ENDPOINT_URL": url}
        error = refused(tmp_path, "dev", **{**GOOD, **variables})
        assert [p.key for p in error.problems] == ["AWS_ACCOUNT_ID"]
        assert "AWS_ENDPOINT_URL" in str(error)


class TestSelected:
    @pytest.mark.parametrize(
        ("value", "names"),
        [
            ("dev", ("dev",)),
            ("prod,dev", ("dev", "prod")),
            ("dev,dev", ("dev",)),
            ("all", ENVIRONMENTS),
        ],
    )
    def test_names(self, tmp_path: Path, value: str, names: tuple[str, ...]) -> None:
        assert selected(root=tmp_path, process_env={"ENVIRONMENT": value}) == names

    def test_from_the_file(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("ENVIRONMENT=staging\n")
        assert selected(root=tmp_path, process_env={}) == ("staging",)
        assert selected(root=tmp_path, process_env={"ENVIRONMENT": "dev"}) == ("dev",)

    @pytest.mark.parametrize("value", ["", "DEV", "production", "dev, prod", "dev,", "dev,all", "*", "dev\n"])
    def test_anything_else_is_refused(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(ConfigurationError, match="ENVIRONMENT") as caught:
            selected(root=tmp_path, process_env={"ENVIRONMENT": value})
        assert "dev, staging or prod" in str(caught.value)
        assert "set it in: process environment, .env" in str(caught.value)

    def test_a_broken_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("ENVIRONMENT dev\n")
        with pytest.raises(ConfigurationError, match=r"\.env, line 1 is not KEY=value"):
            selected(root=tmp_path, process_env={})

    def test_an_unknown_name_is_a_problem_like_any_other(self, tmp_path: Path) -> None:
        error = refused(tmp_path, "qa", "dev")
        assert {p.key for p in error.problems} >= {"ENVIRONMENT", "AWS_REGION"}


class TestErrors:
    def test_everything_wrong_in_a_run_is_told_at_once(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("S3_LIFECYCLE_DAYS=20\nthis is no line\nDYNAMO_BILLING_MODE=x\n")
        (tmp_path / ".env.prod").write_text("CORS_ORIGINS=http://localhost:3000\n")
        variables = {**GOOD, "AWS_REGION": "eu-central", "DYNAMODB_READ_CAPACITY_MIN": "200"}
        error = refused(tmp_path, *ENVIRONMENTS, **variables)
        found = {(p.key, p.environment) for p in error.problems}
        for environment in ENVIRONMENTS:
            assert ("AWS_REGION", environment) in found
            assert ("S3_LIFECYCLE_DAYS", environment) in found
            assert ("DYNAMODB_READ_CAPACITY_MAX", environment) in found, "a rule between valid fields"
        assert ("CORS_ORIGINS", "prod") in found
        assert ("DYNAMO_BILLING_MODE", None) in found
        assert any("line 2" in p.key for p in error.problems)

    def test_one_cause_in_several_environments_is_one_entry(self, tmp_path: Path) -> None:
        error = refused(tmp_path, *ENVIRONMENTS, **{**GOOD, "AWS_ACCOUNT_ID": "1234"})
        assert str(error) == (
            "The configuration has 1 problem.\n\n"
            "dev, staging, prod: AWS_ACCOUNT_ID='1234' (process environment) is not 12 digits\n"
            "  allowed: 12 digits; 123456789012 only on the local AWS\n"
            "  set it in: process environment, .env.<environment>, .env, environments/<environment>.py"
        )

    def test_different_values_stay_apart_and_say_where_they_are(self, tmp_path: Path) -> None:
        for environment, value in (("dev", "12"), ("prod", "34")):
            (tmp_path / f".env.{environment}").write_text(f"\n\nAWS_ACCOUNT_ID={value}\n")
        variables = {k: v for k, v in GOOD.items() if k not in ("AWS_ACCOUNT_ID", "CERTIFICATE_ARN")}
        text = str(refused(tmp_path, "dev", "prod", **variables, ENABLE_CLOUDFRONT="false"))
        assert f"dev: AWS_ACCOUNT_ID='12' ({tmp_path}/.env.dev, line 3) is not 12 digits" in text
        assert f"prod: AWS_ACCOUNT_ID='34' ({tmp_path}/.env.prod, line 3) is not 12 digits" in text
        assert "set it in: process environment, .env.prod, .env, environments/prod.py" in text

    def test_missing_values_are_missing_once_each(self, tmp_path: Path) -> None:
        error = refused(tmp_path, "dev")
        keys = ["AWS_ACCOUNT_ID", "AWS_REGION", "SES_FROM_EMAIL", "ALERT_EMAIL"]
        assert [p.key for p in error.problems] == keys
        assert all(p.message == "is not set" and p.value is None for p in error.problems)

    def test_a_value_is_cut_and_never_raw(self, tmp_path: Path) -> None:
        error = refused(tmp_path, "dev", **{**GOOD, "DOMAIN_NAME": "\x1b[31m\n\u202e" + "x" * 500})
        line = next(line for line in str(error).splitlines() if "DOMAIN_NAME=" in line)
        assert "'\\x1b[31m\\n\\u202exxx" in line
        assert len(line) < 160

    def test_as_json(self, tmp_path: Path) -> None:
        error = refused(tmp_path, *ENVIRONMENTS, **{**GOOD, "S3_VERSIONING": "maybe"})
        assert json.loads(json.dumps(error.as_json())) == [
            {
                "key": "S3_VERSIONING",
                "value": "'maybe'",
                "allowed": "true or false (also 1/0, yes/no, on/off)",
                "where": "process environment",
                "environments": ["dev", "staging", "prod"],
                "message": "is neither true nor false",
                "set_in": [
                    "process environment",
                    ".env.<environment>",
                    ".env",
                    "environments/<environment>.py",
                ],
            }
        ]

    def test_the_exit_code_is_that_of_the_list(self) -> None:
        assert ConfigurationError.exit_code == ExitCode.CONFIGURATION

    def test_a_problem_that_cannot_be_hashed_is_shown(self) -> None:
        problem = Problem("KEY", ["a"], "", "somewhere", "dev", "is wrong")
        assert "dev: KEY=\"['a']\" (somewhere) is wrong" in str(ConfigurationError([problem, problem]))


class TestValuesInCode:
    @pytest.mark.parametrize(
        ("config", "key"),
        [
            ({"protected": "perhaps"}, "DELETION_PROTECTION"),
            ({"protected": 1}, "DELETION_PROTECTION"),
            ({"aws_account_id": 111122223333}, "AWS_ACCOUNT_ID"),
            ({"storage": {"lifecycle_days": 90.0}}, "S3_LIFECYCLE_DAYS"),
            ({"storage": {"lifecycle_days": True}}, "S3_LIFECYCLE_DAYS"),
            ({"storage": {"cors_origins": ["https://a.example.com"]}}, "CORS_ORIGINS"),
            ({"storage": {"cors_origins": ()}}, "CORS_ORIGINS"),
            ({"storage": {"colour": "blue"}}, "storage.colour"),
            ({"storage": 3}, "storage"),
            ({"environment": "prod"}, "environment"),
        ],
        ids=repr,
    )
    def test_are_held_to_the_same_rules(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Settings, key: str
    ) -> None:
        monkeypatch.setattr(environments.dev, "CONFIG", config)
        variables = {k: v for k, v in GOOD.items() if k != "CERTIFICATE_ARN"} | {"ENABLE_CLOUDFRONT": "off"}
        if key == "AWS_ACCOUNT_ID":
            del variables[key]
        error = refused(tmp_path, "dev", **variables)
        assert [(p.key, p.where) for p in error.problems] == [(key, "environments/dev.py")]


def test_a_light_import_stays_light() -> None:
    """`ops --help` reads names and the list of environments; it must not pay for pydantic."""
    code = (
        "import sys, environments, environments.naming, environments.dev, environments.problems\n"
        "assert not {'pydantic', 'dotenv', 'cdktf', 'boto3'} & set(sys.modules)\n"
        "environments.load, environments.EnvironmentConfig\n"
        "assert not {'cdktf', 'jsii', 'boto3', 'ops', 'constructs_lib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT)


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        environments.nothing  # noqa: B018


def test_reading_a_path_that_cannot_exist_is_a_problem() -> None:
    assert [p.message for p in read(Path("\0"), ".env", ()).problems] == ["cannot be read: not a usable path"]

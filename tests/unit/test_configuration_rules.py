"""Every rule, one bad value per test. `GOOD` plus the one variable; nothing else may be refused."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from environments import ConfigurationError, load, rules

ACCOUNT = "111122223333"
UUID = "12345678-1234-1234-1234-123456789012"
GOOD = {
    "AWS_ACCOUNT_ID": ACCOUNT,
    "AWS_REGION": "eu-central-1",
    "SES_FROM_EMAIL": "noreply@flowency.build",
    "ALERT_EMAIL": "alerts@flowency.build",
    "DOMAIN_NAME": "wizard.flowency.build",
    "CERTIFICATE_ARN": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{UUID}",
}

SWITCHES = (
    "ENABLE_CLOUDFRONT",
    "DELETION_PROTECTION",
    "DYNAMODB_POINT_IN_TIME_RECOVERY",
    "S3_VERSIONING",
    "S3_ACCESS_LOGS",
)

# Not in any environment.
BAD = [
    *(
        ("AWS_ACCOUNT_ID", value, "is not 12 digits")
        for value in (
            "1",
            "1111222233334",
            "1111-2222-3333",
            " 111122223333",
            "111122223333\n",
            "１１１１２２２２３３３３",
            "11112222333x",
        )
    ),
    ("AWS_ACCOUNT_ID", "000000000000", "is nobody's account"),
    *(
        ("AWS_REGION", value, "is not one of the regions")
        for value in ("mars", "EU-CENTRAL-1", "eu-central-1a", "cn-north-1", "us-gov-west-1", "aws-global")
    ),
    ("AWS_REGION", "eu-centrl-1", "did you mean eu-central-1?"),
    *(
        (variable, value, "is not an e-mail address")
        for variable in ("SES_FROM_EMAIL", "ALERT_EMAIL")
        for value in (
            "nobody",
            "@flowency.build",
            "a@b",
            "a@@flowency.build",
            "a b@flowency.build",
            "a@flowency.build,b@flowency.build",
            "A <a@flowency.build>",
            ".a@flowency.build",
            "a..b@flowency.build",
            "a@-flowency.build",
            "a@flowency.build.",
            "a@flowency.build\r\nBcc: b@flowency.build",
            "a@127.0.0.1",
            "a@flowenc\u0131.build",
            "${a}@flowency.build",
        )
    ),
    ("ALERT_EMAIL", "a" * 65 + "@flowency.build", "is too long"),
    ("ALERT_EMAIL", "a@" + ".".join(["b" * 60] * 4) + ".buildersx", "is too long"),
    *(
        ("DOMAIN_NAME", value, "is not a domain name")
        for value in (
            "localhost",
            "https://wizard.flowency.build",
            "wizard.flowency.build.",
            "*.flowency.build",
            "Wizard.flowency.build",
            "wizard_1.flowency.build",
            "-wizard.flowency.build",
            "wizard..build",
            "wizard.flowency.build/",
            "wizard.flowency.build:443",
            "10.0.0.1",
            "a" * 64 + ".build",
            ".".join(["a" * 60] * 5),
            "wizárd.build",
        )
    ),
    *(
        ("CERTIFICATE_ARN", value, "is not the ARN of an ACM certificate")
        for value in (
            "arn:aws:acm:...",
            UUID,
            f"arn:aws:iam:us-east-1:{ACCOUNT}:certificate/{UUID}",
            f"arn:aws-cn:acm:us-east-1:{ACCOUNT}:certificate/{UUID}",
            f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{UUID[:-1]}",
            f"arn:aws:acm:us-east-1::certificate/{UUID}",
            f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{UUID}\n",
        )
    ),
    *(
        (variable, value, "is neither true nor false")
        for variable in SWITCHES
        for value in ("2", "y", " true")
    ),
    *(
        ("DYNAMODB_BILLING_MODE", value, "is not allowed")
        for value in ("pay_per_request", "ON_DEMAND", "PROVISIONED ")
    ),
    *(
        (f"DYNAMODB_{kind}_CAPACITY_{end}", value, text)
        for kind in ("READ", "WRITE")
        for end in ("MIN", "MAX")
        for value, text in (("0", "is less than 1"), ("40001", "is more than 40000"), ("-1", "whole number"))
    ),
    ("DYNAMODB_TARGET_UTILIZATION", "19", "is less than 20"),
    ("DYNAMODB_TARGET_UTILIZATION", "91", "is more than 90"),
    ("DYNAMODB_PITR_DAYS", "0", "is less than 1"),
    ("DYNAMODB_PITR_DAYS", "36", "is more than 35"),
    ("DYNAMODB_TABLE_GENERATION", "0", "is less than 1"),
    ("DYNAMODB_TABLE_GENERATION", "1000", "is more than 999"),
    ("S3_NONCURRENT_DAYS", "0", "is less than 1"),
    ("S3_NONCURRENT_DAYS", "36501", "is more than 36500"),
    ("S3_EXPIRE_DAYS", "31", "is less than 32"),
    ("S3_EXPIRE_DAYS", "36501", "is more than 36500"),
    ("S3_INTELLIGENT_TIERING_DAYS", "364", "is more than 363"),
    *(
        ("S3_LIFECYCLE_DAYS", value, "is not a whole number in plain digits")
        for value in (
            "ninety",
            "90.0",
            "9e1",
            "0x5a",
            " 90",
            "90 ",
            "+90",
            "-90",
            "090",
            "９０",
            "9_0",
            "90\n",
        )
    ),
    ("S3_LIFECYCLE_DAYS", "9" * 5000, "is not a whole number in plain digits"),
    *(
        ("CORS_ORIGINS", value, "is not an origin")
        for value in (
            "https://wizard.flowency.build/",
            "https://wizard.flowency.build/app",
            "https://wizard.flowency.build?a=b",
            "https://user@wizard.flowency.build",
            "https://Wizard.flowency.build",
            "https://wizard.flowency.build:0",
            "https://wizard.flowency.build:",
            "wizard.flowency.build",
            "ftp://wizard.flowency.build",
            "null",
            "https://a.flowency.build, https://b.flowency.build",
            "https://a.flowency.build,",
            ",",
        )
    ),
    ("CORS_ORIGINS", "*", "has a wildcard"),
    ("CORS_ORIGINS", "https://*.flowency.build", "has a wildcard"),
    ("CORS_ORIGINS", "https://wizard", "has no domain name as its host"),
    ("CORS_ORIGINS", "https://10.0.0.1", "has no domain name as its host"),
    ("CORS_ORIGINS", "https://wizard.flowency.build:443", "which no browser sends"),
    ("CORS_ORIGINS", "http://localhost:80", "which no browser sends"),
    ("CORS_ORIGINS", "https://wizard.flowency.build:65536", "which no browser sends"),
    ("CORS_ORIGINS", "http://wizard.flowency.build", "is http"),
    ("CORS_ORIGINS", "https://a.flowency.build,https://a.flowency.build", "names an origin twice"),
    ("KMS_DELETION_WINDOW_DAYS", "6", "is less than 7"),
    ("KMS_DELETION_WINDOW_DAYS", "31", "is more than 30"),
    *(("SECRET_RECOVERY_WINDOW_DAYS", value, "is neither 0 nor 7 to 30") for value in ("1", "6", "31")),
    *(
        (variable, value, "is not a retention that CloudWatch Logs accepts")
        for variable in ("LOG_RETENTION_DAYS", "ERROR_LOG_RETENTION_DAYS")
        for value in ("0", "2", "91", "3654")
    ),
    *(
        ("GITHUB_OIDC_REPOSITORY", value, "is neither owner/name nor owner@ID/name@ID")
        for value in (
            "flowency",
            "flowency/*",
            "flowency@123456/wizard",
            "flowency/wizard@456789",
            "flowency@id/wizard@456789",
            "flowency@123456/wizard@456789:pull_request",
            "repo:flowency@123456/wizard@456789",
        )
    ),
    *(("STATE_LOCK", value, "is not allowed") for value in ("none", "s3", "Both", "both,lockfile")),
]


def refused(folder: Path, environment: str, **variables: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(environment, root=folder, process_env={**GOOD, **variables})
    return caught.value


@pytest.mark.parametrize(("variable", "value", "text"), BAD, ids=lambda part: ascii(part)[:40])
def test_refused(tmp_path: Path, variable: str, value: str, text: str) -> None:
    error = refused(tmp_path, "dev", **{variable: value})
    assert {p.key for p in error.problems} == {variable}
    assert any(text in p.message for p in error.problems)
    assert f"dev: {variable}=" in str(error)


@pytest.mark.parametrize("value", ["30", "29", "1", "0", "365", "366"])
def test_trap_15_archive_stays_between_tiering_and_deletion(tmp_path: Path, value: str) -> None:
    error = refused(tmp_path, "prod", S3_LIFECYCLE_DAYS=value)
    assert [p.key for p in error.problems] == ["S3_LIFECYCLE_DAYS"]
    assert "more than 30 and less than 365" in str(error)


@pytest.mark.parametrize(
    ("variables", "key", "text"),
    [
        ({"S3_LIFECYCLE_DAYS": "60", "S3_INTELLIGENT_TIERING_DAYS": "60"}, "S3_LIFECYCLE_DAYS", "(60)"),
        ({"S3_INTELLIGENT_TIERING_DAYS": "120"}, "S3_LIFECYCLE_DAYS", "(120)"),
        ({"S3_LIFECYCLE_DAYS": "200", "S3_EXPIRE_DAYS": "200"}, "S3_EXPIRE_DAYS", "(200)"),
        ({"S3_EXPIRE_DAYS": "60"}, "S3_EXPIRE_DAYS", "S3_LIFECYCLE_DAYS (90)"),
    ],
    ids=repr,
)
def test_trap_15_the_order_of_the_transitions(
    tmp_path: Path, variables: dict[str, str], key: str, text: str
) -> None:
    error = refused(tmp_path, "dev", **variables)
    assert [p.key for p in error.problems] == [key]
    assert text in error.problems[0].message


@pytest.mark.parametrize(
    "origins",
    [
        "http://localhost:3000",
        "https://localhost",
        "https://127.0.0.1:8443",
        "https://[::1]:8443",
        "https://wizard.flowency.build,http://127.0.0.1:3000",
    ],
)
def test_trap_20_prod_has_no_http_and_no_localhost(tmp_path: Path, origins: str) -> None:
    error = refused(tmp_path, "prod", CORS_ORIGINS=origins)
    assert [p.key for p in error.problems] == ["CORS_ORIGINS"]
    assert "not allowed in prod" in str(error)
    assert load("staging", root=tmp_path, process_env={**GOOD, "CORS_ORIGINS": origins})


def test_trap_20_no_wildcard_in_any_environment(tmp_path: Path) -> None:
    for environment in ("dev", "staging", "prod"):
        assert "has a wildcard" in str(refused(tmp_path, environment, CORS_ORIGINS="*"))


@pytest.mark.parametrize(
    ("empty", "keys"),
    [
        (("CERTIFICATE_ARN",), {"CERTIFICATE_ARN"}),
        (("DOMAIN_NAME", "CERTIFICATE_ARN"), {"DOMAIN_NAME", "CORS_ORIGINS"}),
    ],
)
def test_trap_24_prod_needs_a_domain_and_its_certificate(
    tmp_path: Path, empty: tuple[str, ...], keys: set[str]
) -> None:
    error = refused(tmp_path, "prod", **dict.fromkeys(empty, ""))
    assert {p.key for p in error.problems} == keys


def test_trap_24_prod_without_cloudfront_needs_neither(tmp_path: Path) -> None:
    without = {"ENABLE_CLOUDFRONT": "off", "DOMAIN_NAME": "", "CERTIFICATE_ARN": ""}
    variables = {**GOOD, **without, "CORS_ORIGINS": "https://wizard.flowency.build"}
    assert load("prod", root=tmp_path, process_env=variables).domain_name is None


@pytest.mark.parametrize("region", sorted(rules.REGIONS - {"us-east-1"}))
def test_trap_25_the_certificate_is_in_us_east_1(tmp_path: Path, region: str) -> None:
    arn = GOOD["CERTIFICATE_ARN"].replace("us-east-1", region)
    error = refused(tmp_path, "dev", CERTIFICATE_ARN=arn)
    assert [p.key for p in error.problems] == ["CERTIFICATE_ARN"]
    assert "is not in us-east-1" in str(error)


def test_the_certificate_belongs_to_the_account(tmp_path: Path) -> None:
    error = refused(tmp_path, "dev", AWS_ACCOUNT_ID="444455556666")
    assert [p.key for p in error.problems] == ["CERTIFICATE_ARN"]
    assert "belongs to another account than AWS_ACCOUNT_ID (444455556666)" in str(error)


def test_a_certificate_needs_its_domain(tmp_path: Path) -> None:
    error = refused(tmp_path, "dev", DOMAIN_NAME="")
    assert [p.key for p in error.problems] == ["DOMAIN_NAME"]


@pytest.mark.parametrize("kind", ["READ", "WRITE"])
def test_capacity_maximum_is_not_below_minimum(tmp_path: Path, kind: str) -> None:
    least, most = f"DYNAMODB_{kind}_CAPACITY_MIN", f"DYNAMODB_{kind}_CAPACITY_MAX"
    error = refused(tmp_path, "dev", **{least: "8", most: "7"})
    assert [p.key for p in error.problems] == [most]
    assert f"is below {least} (8)" in str(error)
    assert load("dev", root=tmp_path, process_env={**GOOD, least: "8", most: "8"})


def test_trap_48_prod_secrets_can_be_recovered(tmp_path: Path) -> None:
    error = refused(tmp_path, "prod", SECRET_RECOVERY_WINDOW_DAYS="0")
    assert [p.key for p in error.problems] == ["SECRET_RECOVERY_WINDOW_DAYS"]
    for environment, days in (("dev", "0"), ("staging", "0"), ("prod", "7")):
        variables = {**GOOD, "SECRET_RECOVERY_WINDOW_DAYS": days}
        assert load(environment, root=tmp_path, process_env=variables)


def test_the_regions_are_those_of_the_pinned_botocore() -> None:
    partitions = json.loads(files("botocore").joinpath("data/endpoints.json").read_text())["partitions"]
    assert set(next(p["regions"] for p in partitions if p["partition"] == "aws")) == rules.REGIONS

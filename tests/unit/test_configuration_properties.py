"""Values that are bad or good by construction: no bad one gets through, and none ends in a traceback.

What is bad is said here in other words than in `environments.rules`, so that a mistake there shows.
"""

from __future__ import annotations

import string
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from environments import ENVIRONMENTS, ConfigurationError, EnvironmentConfig, load, load_all, selected
from environments.fields import variables

ACCOUNT = "111122223333"
UUID = "12345678-1234-1234-1234-123456789012"
GOOD = {
    "AWS_ACCOUNT_ID": ACCOUNT,
    "AWS_REGION": "eu-central-1",
    "SES_FROM_EMAIL": "noreply@flowency.build",
    "ALERT_EMAIL": "alerts@flowency.build",
    "DOMAIN_NAME": "wizard.flowency.build",
    "CERTIFICATE_ARN": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{UUID}",
    "CHAT_DOMAIN_NAME": "chat.flowency.build",
    "CHAT_CERTIFICATE_ARN": f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/{UUID}",
}
PER_VARIABLE = 25

# Derandomized: the same values in every run, so that a red run is red again.
settings.register_profile("configuration", derandomize=True, database=None, deadline=None)
PROFILE = settings.get_profile("configuration")

RANGES = {
    "DYNAMODB_READ_CAPACITY_MIN": (1, 40_000),
    "DYNAMODB_READ_CAPACITY_MAX": (1, 40_000),
    "DYNAMODB_WRITE_CAPACITY_MIN": (1, 40_000),
    "DYNAMODB_WRITE_CAPACITY_MAX": (1, 40_000),
    "DYNAMODB_TARGET_UTILIZATION": (20, 90),
    "DYNAMODB_PITR_DAYS": (1, 35),
    "DYNAMODB_TABLE_GENERATION": (1, 999),
    "S3_INTELLIGENT_TIERING_DAYS": (0, 363),
    "S3_LIFECYCLE_DAYS": (31, 364),
    "S3_EXPIRE_DAYS": (32, 36_500),
    "S3_NONCURRENT_DAYS": (1, 36_500),
    "KMS_DELETION_WINDOW_DAYS": (7, 30),
    "CLOUDFRONT_CACHE_DAYS": (1, 365),
    "CLOUDFRONT_WAF_RATE_LIMIT": (10, 100_000_000),
    "MONTHLY_BUDGET_USD": (1, 1_000_000),
    "COST_ANOMALY_USD": (1, 1_000_000),
    "CLOUDTRAIL_RETENTION_DAYS": (1, 3650),
    "CHAT_THROTTLE_BURST": (1, 5000),
    "CHAT_THROTTLE_RATE": (1, 10_000),
    "CHAT_WORKER_TIMEOUT_S": (10, 900),
    "CHAT_WORKER_CONCURRENCY": (2, 1000),
    "SECRET_MAX_AGE_DAYS": (1, 365),
    "BACKUP_RETENTION_DAYS": (1, 3650),
}
RETENTION = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922]
CHOICES = {
    "LOG_RETENTION_DAYS": [str(days) for days in [*RETENTION, 3288, 3653]],
    "ERROR_LOG_RETENTION_DAYS": [str(days) for days in [*RETENTION, 3288, 3653]],
    "CLOUDTRAIL_LOG_RETENTION_DAYS": [str(days) for days in [*RETENTION, 3288, 3653]],
    "SECRET_RECOVERY_WINDOW_DAYS": ["0", *(str(days) for days in range(7, 31))],
    "DYNAMODB_BILLING_MODE": ["PAY_PER_REQUEST", "PROVISIONED"],
    "STATE_LOCK": ["both", "dynamodb", "lockfile"],
    "CLOUDFRONT_PRICE_CLASS": ["PriceClass_100", "PriceClass_200", "PriceClass_All"],
    "SES_IDENTITY": ["domain", "address"],
    "SES_DMARC_POLICY": ["none", "quarantine", "reject"],
    "CHAT_PROVIDER": ["anthropic", "openai", "built-in"],
}
SWITCHES = [
    "ENABLE_CLOUDFRONT",
    "DELETION_PROTECTION",
    "DYNAMODB_POINT_IN_TIME_RECOVERY",
    "S3_VERSIONING",
    "S3_ACCESS_LOGS",
    "CLOUDFRONT_SIGNED_URLS",
    "CLOUDFRONT_ACCESS_LOGS",
    "CLOUDFRONT_WAF",
    "BACKUP_ENABLED",
    "BACKUP_RESTORE_TESTING",
]
ON_OFF = ["true", "false", "1", "0", "yes", "no", "on", "off"]
REGIONS = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-3", "ap-southeast-7", "mx-central-1"]

anything = st.text(min_size=1, max_size=40)
word = st.text(string.ascii_lowercase, min_size=1, max_size=8)
label = word | st.builds("{}-{}".format, word, st.integers(0, 999)) | st.builds("xn--{}".format, word)
domain = st.builds("{}.{}".format, label, label) | st.builds("{}.{}.{}".format, label, label, label)
local_part = st.one_of(
    word, st.builds("{}.{}".format, word, word), st.builds("{}+{}_%-1".format, word.map(str.upper), word)
)
email = st.builds("{}@{}".format, local_part, domain)
port = st.integers(1, 65_535).filter(lambda n: n not in (80, 443)).map(":{}".format)
origin = st.one_of(
    st.builds("https://{}{}".format, domain, st.just("") | port),
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https"]),
        st.sampled_from(["localhost", "127.0.0.1", "[::1]"]),
        st.just("") | port,
    ),
)
account = st.integers(1, 10**12 - 1).map("{:012d}".format).filter(lambda s: s != "123456789012")
uuid = st.uuids().map(str)
zone = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=31).map("Z{}".format)
owner = label.map(lambda s: s[:39])
numbers = st.integers(1, 10**12).map(str)
named_repository = st.builds("{}/{}".format, owner, label)
numbered_repository = st.builds("{}@{}/{}@{}".format, owner, numbers, label, numbers)
repository = named_repository | numbered_repository
pem_file = st.builds("{}/{}.pem".format, label, label)
model = st.builds("{}{}-{}".format, label, st.sampled_from(["", ".", ":", "/x", "_Y"]), st.integers(0, 99))
url = st.builds("https://{}{}{}".format, domain, st.just("") | port, st.just("") | label.map("/{}".format))
bucket = st.builds("{}-{}".format, word, st.integers(100, 999))
function = st.sampled_from(["authorizer", "send_message", "chat_worker", "error_log"])
in_s3 = st.builds("s3://{}/{}/{}.zip".format, bucket, label, label)
code = st.builds("{}={}{}".format, function, in_s3, st.just("") | label.map("?versionId={}".format))

# A value that would be good, made bad by one of these.
SPOILT: list[Callable[[str], str]] = [
    lambda s: f" {s}",
    lambda s: f"{s} ",
    lambda s: f"{s}\n",
    lambda s: f"{s}\r\nX: y",
    lambda s: f"{s}\0",
    lambda s: f"\t{s}",
    lambda s: f"'{s}'",
    lambda s: f"{s}\u200b",
    lambda s: f"\ufeff{s}",
    lambda s: f"{s}\x1b[31m",
    lambda s: f"${{{s}}}",
    lambda s: f"{s}\ud800",
]


def spoilt(values: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.builds(lambda spoil, value: spoil(value), st.sampled_from(SPOILT), values)


def not_a_number(low: int, high: int) -> SearchStrategy[str]:
    """Other ways to write a number that would itself be allowed."""
    ways: list[Callable[[int], str]] = [
        lambda n: f"{n}.0",
        lambda n: f"+{n}",
        lambda n: f"{n}e0",
        lambda n: hex(n),
        lambda n: f"0{n}",
        lambda n: f"{n},0",
        lambda n: f"{n} days",
        lambda n: str(n).translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)}),
        lambda n: str(n).translate({ord(str(d)): chr(0x0660 + d) for d in range(10)}),
        lambda n: f"-{n + 1}",
        lambda n: f"{n}²",
    ]
    return st.builds(lambda way, n: way(n), st.sampled_from(ways), st.integers(low, high))


def bad_number(low: int, high: int) -> SearchStrategy[str]:
    return st.one_of(
        st.integers(max_value=low - 1).map(str),
        st.integers(min_value=high + 1).map(str),
        not_a_number(low, high),
        spoilt(st.integers(low, high).map(str)),
        st.text(string.ascii_letters, min_size=1),
    )


def bad_choice(allowed: list[str]) -> SearchStrategy[str]:
    return st.one_of(
        anything.filter(lambda s: s not in allowed),
        spoilt(st.sampled_from(allowed)),
        st.sampled_from(allowed).map(str.swapcase).filter(lambda s: s not in allowed),
    )


def bad_switch() -> SearchStrategy[str]:
    spellings = {s for word in ON_OFF for s in (word, word.upper(), word.capitalize())}
    lookalikes = st.sampled_from(
        ["ｔｒｕｅ", "fal\u017fe", "１", "tru", "t", "n", "-1", "00", "None", "enabled"]
    )
    free = anything.filter(lambda s: s.strip().casefold() not in spellings)
    return st.one_of(free, lookalikes, spoilt(st.sampled_from(ON_OFF)))


def bad_account() -> SearchStrategy[str]:
    return st.one_of(
        st.text(string.digits, min_size=1, max_size=30).filter(lambda s: len(s) != 12),
        st.builds(
            lambda s, c: s + c, st.text(string.digits, min_size=11, max_size=11), st.characters(codec="utf-8")
        ).filter(lambda s: s[-1] not in string.digits),
        st.text("０１２٣४", min_size=12, max_size=12),
        spoilt(account),
        st.just("0" * 12),
        st.just("123456789012"),
    )


def bad_region() -> SearchStrategy[str]:
    elsewhere = ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "aws-global", "global"]
    invented = st.builds("{}-{}-{}".format, st.sampled_from(["us", "eu", "xx"]), label, st.integers(10, 99))
    zone = st.builds("{}{}".format, st.sampled_from(REGIONS), st.sampled_from("abcdef"))
    upper = st.sampled_from(REGIONS).map(str.upper)
    return st.one_of(st.sampled_from(elsewhere), invented, zone, upper, spoilt(st.sampled_from(REGIONS)))


def bad_email() -> SearchStrategy[str]:
    return st.one_of(
        anything.filter(lambda s: "@" not in s),
        st.builds("{}@{}".format, local_part, label),
        st.builds("{}@@{}".format, local_part, domain),
        st.builds("{}@{}@{}".format, local_part, domain, domain),
        st.builds("@{}".format, domain),
        st.builds("{}@".format, local_part),
        st.builds("{}@{}.".format, local_part, domain),
        st.builds("{}@-{}".format, local_part, domain),
        st.builds(".{}@{}".format, local_part, domain),
        st.builds("{},{}".format, email, email),
        st.builds("Somebody <{}>".format, email),
        st.builds(lambda n, d: f"{'a' * n}@{d}", st.integers(65, 300), domain),
        spoilt(email),
    )


def bad_domain() -> SearchStrategy[str]:
    return st.one_of(
        label,
        st.builds("{}://{}".format, st.sampled_from(["http", "https", "wss"]), domain),
        st.builds("*.{}".format, domain),
        st.builds("{}.".format, domain),
        st.builds(".{}".format, domain),
        st.builds("{}/{}".format, domain, label),
        st.builds("{}{}".format, domain, port),
        st.builds("{}_{}".format, label, domain),
        st.builds("{}-.{}".format, label, domain),
        domain.map(str.upper),
        st.integers(64, 300).map(lambda n: f"{'a' * n}.build"),
        st.integers(0, 2**32 - 1).map(lambda n: ".".join(str(n >> shift & 255) for shift in (24, 16, 8, 0))),
        spoilt(domain),
    )


def bad_certificate(variable: str, elsewhere: list[str]) -> SearchStrategy[str]:
    parts = GOOD[variable].split(":")
    wrong: list[SearchStrategy[str]] = [
        st.sampled_from(["", "ARN", "urn"]),
        st.sampled_from(["", "aws-cn", "aws-us-gov", "AWS"]),
        st.sampled_from(["", "iam", "acm-pca", "ACM"]),
        st.sampled_from(["", "us-east-2", "us-west-1", "US-EAST-1", "us-east-1a", "*", *elsewhere]),
        bad_account().filter(lambda s: ":" not in s) | account.filter(lambda s: s != ACCOUNT),
        st.one_of(
            st.just(f"certificate/{UUID[:-1]}"),
            st.just(f"certificate/{UUID}0"),
            st.just(f"certificate/{UUID.replace('-', '')}"),
            st.just(f"server-certificate/{UUID}"),
            st.just(UUID),
            st.just("certificate/*"),
            st.builds("certificate/{}".format, label),
        ),
    ]

    def broken(index: int) -> SearchStrategy[str]:
        return wrong[index].map(lambda part: ":".join([*parts[:index], part, *parts[index + 1 :]]))

    whole = st.just(GOOD[variable])
    return st.one_of(*(broken(index) for index in range(6)), spoilt(whole), whole.map(str.upper))


def bad_origins() -> SearchStrategy[str]:
    one = st.one_of(
        st.sampled_from(["*", "null", "https://", "://", "https://*", "http://*", "https:///", "file://"]),
        st.builds("{}/".format, origin),
        st.builds("{}/{}".format, origin, label),
        st.builds("{}?{}".format, origin, label),
        st.builds("{}#{}".format, origin, label),
        st.builds("https://*.{}".format, domain),
        st.builds("http://{}".format, domain),
        st.builds("{}://{}".format, st.sampled_from(["ftp", "ws", "HTTPS", "https:", "javascript"]), domain),
        st.builds("https://{}@{}".format, label, domain),
        st.builds(
            "https://{}:{}".format, domain, st.sampled_from(["0", "443", "0443", "65536", "99999", "x", ""])
        ),
        st.builds("https://{}".format, label.filter(lambda s: s != "localhost")),
        domain.map(lambda d: f"https://{d.upper()}"),
        domain,
        spoilt(origin),
    )
    after_a_good_one = st.builds("https://first.example.com,{}".format, one)
    return st.one_of(
        one, after_a_good_one, st.builds("{0},{0}".format, origin), st.builds("{},".format, origin)
    )


def bad_zone() -> SearchStrategy[str]:
    return st.one_of(
        zone.map(str.lower), zone.map(lambda s: s[1:] or "x").filter(lambda s: s[0] != "Z"), spoilt(zone)
    )


def bad_repository() -> SearchStrategy[str]:
    return st.one_of(
        label,
        st.builds("{}/{}".format, repository, label),
        st.builds("https://github.com/{}".format, repository),
        st.builds("{}/*".format, label),
        st.builds("{}@{}/{}".format, owner, numbers, label),
        st.builds("{}/{}@{}".format, owner, label, numbers),
        st.builds("{}@{}/{}@{}".format, owner, label.filter(lambda s: not s.isdigit()), label, numbers),
        st.builds("{}@/{}@".format, owner, label),
        st.builds("{}@0{}/{}@{}".format, owner, numbers, label, numbers),
        st.builds("{}@*/{}@*".format, owner, label),
        spoilt(repository),
    )


def bad_model() -> SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {}".format, model, label),
        model.map("-{}".format),
        st.integers(129, 300).map(lambda n: "m" * n),
        st.builds("{}?{}".format, model, label),
        spoilt(model),
    )


def bad_url() -> SearchStrategy[str]:
    return st.one_of(
        domain,
        domain.map("http://{}".format),
        domain.map("https://{}?key=1".format),
        domain.map("https://{}#x".format),
        domain.map("https://{}/a b".format),
        domain.map("https://*.{}".format),
        domain.map(lambda d: f"https://{d.upper()}"),
        st.builds("https://{}@{}".format, label, domain),
        st.builds("{}://{}".format, st.sampled_from(["ws", "wss", "ftp", "HTTPS", "javascript"]), domain),
        st.builds("https://{}:{}".format, domain, st.sampled_from(["0", "65536", "99999", "x", ""])),
        label.filter(lambda s: s != "localhost").map("https://{}".format),
        st.sampled_from(
            ["https://", "https:///x", "://", "https://10.0.0.1", "http://localhost.example.com"]
        ),
        spoilt(url),
    )


def bad_code() -> SearchStrategy[str]:
    one = st.one_of(
        in_s3,
        function,
        st.builds("{}:{}".format, function, in_s3),
        st.builds("{}={}".format, label, in_s3).filter(lambda s: not s.startswith("connect=")),
        st.builds("{}={}".format, function.map(lambda s: s.replace("_", "-") + "-"), in_s3),
        st.builds("{}={}".format, function.map(str.upper), in_s3),
        st.builds("{}=s3://{}".format, function, bucket),
        st.builds("{}=s3://{}/{}".format, function, bucket, label),
        st.builds("{}=s3://{}/{}.zip".format, function, bucket.map(str.upper), label),
        st.builds("{}={}?version={}".format, function, in_s3, label),
        st.builds("{}=https://{}/{}.zip".format, function, domain, label),
        st.builds("{}={}/{}".format, function, label, label),
        st.builds("{}=no/such/{}.zip".format, function, label),
        st.builds(lambda name, n: f"{name}={'a' * n}.zip", function, st.integers(300, 5000)),
        st.just("authorizer=environments/__init__.py"),
        spoilt(code),
    )
    twice = st.builds("{0}={1},{0}={2}".format, function, in_s3, in_s3)
    return st.one_of(one, twice, st.builds("{},".format, code), st.builds("{}, {}".format, code, code))


BAD: dict[str, SearchStrategy[str]] = {
    "AWS_ACCOUNT_ID": bad_account(),
    "AWS_REGION": bad_region(),
    "SES_FROM_EMAIL": bad_email(),
    "ALERT_EMAIL": bad_email(),
    "DOMAIN_NAME": bad_domain(),
    "CERTIFICATE_ARN": bad_certificate("CERTIFICATE_ARN", ["eu-central-1"]),
    "CORS_ORIGINS": bad_origins(),
    "SIGNING_PUBLIC_KEY_FILE": st.one_of(anything.filter(lambda s: not s.endswith(".pem")), spoilt(pem_file)),
    "HOSTED_ZONE_ID": bad_zone(),
    "SES_HOSTED_ZONE_ID": bad_zone(),
    "SES_MAIL_FROM_SUBDOMAIN": st.one_of(domain, word.map(str.upper), spoilt(label)),
    "SES_TRACKING_DOMAIN": bad_domain(),
    "GITHUB_OIDC_REPOSITORY": bad_repository(),
    "CHAT_MODEL": bad_model(),
    "CHAT_PROVIDER_URL": bad_url(),
    "CHAT_DOMAIN_NAME": bad_domain() | st.just(GOOD["DOMAIN_NAME"]),
    "CHAT_CERTIFICATE_ARN": bad_certificate("CHAT_CERTIFICATE_ARN", ["us-east-1"]),
    "CHAT_HOSTED_ZONE_ID": bad_zone(),
    "FUNCTION_CODE": bad_code(),
    "ALERT_URL": bad_url(),
    **{variable: bad_switch() for variable in SWITCHES},
    **{variable: bad_number(*limits) for variable, limits in RANGES.items()},
    **{variable: bad_choice(allowed) for variable, allowed in CHOICES.items()},
}


@pytest.fixture(scope="module")
def nowhere() -> Path:
    """A folder without `.env` files; it need not exist."""
    return Path(tempfile.gettempdir()) / "no such folder of .env files"


def assert_told(error: ConfigurationError, variable: str) -> None:
    text = str(error)
    assert {problem.key for problem in error.problems} == {variable}
    assert f"{variable}=" in text
    assert all(character == "\n" or character.isprintable() for character in text)
    assert "pydantic" not in text
    assert "Traceback" not in text
    text.encode()  # also where the value held half a surrogate pair
    assert error.as_json()


@pytest.mark.parametrize("variable", BAD)
@settings(PROFILE, max_examples=PER_VARIABLE)
@given(data=st.data())
def test_no_bad_value_gets_through(nowhere: Path, variable: str, data: st.DataObject) -> None:
    value = data.draw(BAD[variable])
    with pytest.raises(ConfigurationError) as caught:
        load("dev", root=nowhere, process_env={**GOOD, variable: value})
    assert_told(caught.value, variable)


def test_at_least_500_bad_values_are_tried() -> None:
    assert set(BAD) == variables() - {"ENVIRONMENT"}
    assert len(BAD) * PER_VARIABLE >= 500


@settings(PROFILE, max_examples=PER_VARIABLE)
@given(value=bad_choice([*ENVIRONMENTS, "all"]).filter(lambda s: not set(s.split(",")) <= set(ENVIRONMENTS)))
def test_no_bad_environment_is_selected(nowhere: Path, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        selected(root=nowhere, process_env={"ENVIRONMENT": value})
    assert "ENVIRONMENT=" in str(caught.value)


@settings(PROFILE, max_examples=30)
@given(values=st.fixed_dictionaries({}, optional=BAD))
def test_several_bad_values_are_all_told(nowhere: Path, values: dict[str, str]) -> None:
    if not values:
        assert load("dev", root=nowhere, process_env=GOOD)
        return
    with pytest.raises(ConfigurationError) as caught:
        load_all(ENVIRONMENTS, root=nowhere, process_env={**GOOD, **values})
    expected = set(values)
    # A certificate of the right form is only compared with an account and a region that are such, and a
    # domain with a domain.
    if "AWS_ACCOUNT_ID" in values:
        expected -= {"CERTIFICATE_ARN", "CHAT_CERTIFICATE_ARN"}
    if "AWS_REGION" in values:
        expected -= {"CHAT_CERTIFICATE_ARN"}
    if "DOMAIN_NAME" in values:
        expected -= {"CHAT_DOMAIN_NAME"}
    for environment in ENVIRONMENTS:
        found = {p.key for p in caught.value.problems if p.environment == environment}
        assert expected <= found <= set(values)
        assert all(f"{key}=" in str(caught.value) for key in found)


def good_numbers(low: int, high: int) -> SearchStrategy[int]:
    return st.sampled_from([low, high]) | st.integers(low, high)


@st.composite
def good_variables(draw: st.DrawFn) -> dict[str, str]:
    """Everything set, nothing wrong, for prod as well."""
    own = draw(account)
    name = draw(domain)
    region = draw(st.sampled_from(REGIONS))
    certificate = f"arn:aws:acm:us-east-1:{own}:certificate/{draw(uuid)}"
    values = {
        "AWS_ACCOUNT_ID": own,
        "AWS_REGION": region,
        "SES_FROM_EMAIL": draw(email),
        "ALERT_EMAIL": draw(email),
        "DOMAIN_NAME": name,
        "CERTIFICATE_ARN": certificate,
        "CORS_ORIGINS": ",".join(
            draw(
                st.lists(
                    origin.filter(lambda o: "." in o and "127" not in o), min_size=1, max_size=3, unique=True
                )
            )
        ),
    }
    for variable in SWITCHES:
        word = draw(st.sampled_from(ON_OFF))
        values[variable] = draw(st.sampled_from([word, word.upper(), word.capitalize()]))
    values["CLOUDFRONT_SIGNED_URLS"] = "true"  # prod's downloads are private
    values["CLOUDFRONT_ACCESS_LOGS"] = values["S3_ACCESS_LOGS"]  # one bucket takes both
    values["HOSTED_ZONE_ID"], values["SES_HOSTED_ZONE_ID"] = draw(zone), draw(zone)
    values["GITHUB_OIDC_REPOSITORY"] = draw(repository)
    values["SIGNING_PUBLIC_KEY_FILE"] = draw(pem_file)
    values["CHAT_DOMAIN_NAME"] = f"chat.{name}"
    values["CHAT_CERTIFICATE_ARN"] = f"arn:aws:acm:{region}:{own}:certificate/{draw(uuid)}"
    values["CHAT_HOSTED_ZONE_ID"], values["CHAT_MODEL"] = draw(zone), draw(model)
    values["ALERT_URL"] = draw(url)
    values["FUNCTION_CODE"] = ",".join(
        draw(st.lists(code, min_size=1, max_size=3, unique_by=lambda item: item.partition("=")[0]))
    )
    values["SES_MAIL_FROM_SUBDOMAIN"], values["SES_TRACKING_DOMAIN"] = draw(label), draw(domain)
    for variable, allowed in CHOICES.items():
        values[variable] = draw(st.sampled_from(allowed))
    if values["CHAT_PROVIDER"] != "built-in":
        values["CHAT_PROVIDER_URL"] = draw(url)
    values["SECRET_RECOVERY_WINDOW_DAYS"] = str(draw(good_numbers(7, 30)))
    numbers = {variable: draw(good_numbers(*limits)) for variable, limits in RANGES.items()}
    for kind in ("READ", "WRITE"):
        least, most = f"DYNAMODB_{kind}_CAPACITY_MIN", f"DYNAMODB_{kind}_CAPACITY_MAX"
        numbers[least], numbers[most] = sorted((numbers[least], numbers[most]))
    archive = numbers["S3_LIFECYCLE_DAYS"]
    numbers["S3_INTELLIGENT_TIERING_DAYS"] = draw(good_numbers(0, archive - 1))
    numbers["S3_EXPIRE_DAYS"] = draw(good_numbers(archive + 1, 36_500))
    return {**values, **{variable: str(number) for variable, number in numbers.items()}}


@settings(PROFILE, max_examples=30)
@given(environment=st.sampled_from(ENVIRONMENTS), values=good_variables())
def test_every_good_value_gets_through(nowhere: Path, environment: str, values: dict[str, str]) -> None:
    config = load(environment, root=nowhere, process_env=values)
    assert config.environment == environment
    assert config.aws_account_id == values["AWS_ACCOUNT_ID"]
    assert config.storage.cors_origins == tuple(values["CORS_ORIGINS"].split(","))
    assert str(config.storage.lifecycle_days) == values["S3_LIFECYCLE_DAYS"]
    assert config.storage.versioning == (values["S3_VERSIONING"].lower() in ("true", "1", "yes", "on"))
    # The model agrees with the loading, and holds what it was given.
    assert EnvironmentConfig.model_validate(config.model_dump()) == config


@settings(PROFILE, max_examples=100)
@given(
    content=st.binary(max_size=200)
    | st.lists(
        st.builds(
            "{}{}{}".format,
            st.sampled_from([*sorted(variables()), "OTHER"]),
            st.sampled_from(["=", " ", "='"]),
            anything,
        )
    ).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))
)
def test_no_file_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("files")
    (folder / ".env").write_bytes(content)
    with suppress(ConfigurationError):
        load("dev", root=folder, process_env=GOOD)

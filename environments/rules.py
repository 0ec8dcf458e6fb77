"""The rules for single values: one named function each, which returns the value or raises ValueError.

The text of the error continues the sentence "<VARIABLE>='<value>' ...".
"""

from __future__ import annotations

import difflib
import re

EXAMPLE_ACCOUNT = "123456789012"
"""The account of AWS's documentation and of the examples here. It is never deployed to on AWS."""

# The regions of partition `aws` in botocore 1.43.106, data/endpoints.json. The partitions for China,
# GovCloud, the European Sovereign Cloud and the isolated regions are left out on purpose: their ARNs
# begin otherwise, and CloudFront, SES and ACM differ there.
REGIONS = frozenset(
    """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
    ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
    ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
    eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1
    us-east-2 us-west-1 us-west-2
    """.split()  # noqa: SIM905 (a list would take a line for each)
)

# API reference of CloudWatch Logs, PutRetentionPolicy, retentionInDays.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label is never a number alone, so that no IPv4 address passes for a name (RFC 3696, 2).
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
# RFC 5322 allows more. `$`, `{` and `}` are left out because Terraform would read `${`.
_LOCAL_PART = re.compile(r"[A-Za-z0-9_%+'=~-]+(?:\.[A-Za-z0-9_%+'=~-]+)*")
_CERTIFICATE = re.compile(
    r"arn:aws:acm:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):certificate/"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[::1\])(?::(?P<port>[1-9][0-9]{0,4}))?")
_ZONE = re.compile("Z[A-Z0-9]{1,31}")
_OWNER, _NAMED, _ID = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", r"[A-Za-z0-9._-]{1,100}", "@[1-9][0-9]{0,18}"
_REPOSITORY = re.compile(rf"{_OWNER}/{_NAMED}|{_OWNER}{_ID}/{_NAMED}{_ID}")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]*)?"
)


def is_dns_name(text: str) -> bool:
    """Lower-case DNS name of at least two labels, not longer than 253 characters (RFC 1035)."""
    return len(text) <= 253 and _NAME.fullmatch(text) is not None


def account_id_has_twelve_digits(value: str) -> str:
    if not re.fullmatch("[0-9]{12}", value):
        raise ValueError("is not 12 digits")
    return value


def account_id_is_not_all_zeros(value: str) -> str:
    if not value.strip("0"):
        raise ValueError("is nobody's account")
    return value


def region_is_in_the_aws_partition(value: str) -> str:
    if value not in REGIONS:
        near = difflib.get_close_matches(value[:40], sorted(REGIONS), 1, 0.8)
        raise ValueError("is not one of the regions" + (f"; did you mean {near[0]}?" if near else ""))
    return value


def email_is_an_address(value: str) -> str:
    """RFC 5321 4.5.3.1: 64 for the local part, 254 for the whole."""
    local, at, domain = value.rpartition("@")
    if len(value) > 254 or len(local) > 64:
        raise ValueError("is too long")
    if not at or not _LOCAL_PART.fullmatch(local) or not domain.isascii() or not is_dns_name(domain.lower()):
        raise ValueError("is not an e-mail address")
    return value


def domain_is_a_dns_name(value: str) -> str:
    if not is_dns_name(value):
        raise ValueError("is not a domain name")
    return value


def certificate_is_an_acm_arn(value: str) -> str:
    if not _CERTIFICATE.fullmatch(value):
        raise ValueError("is not the ARN of an ACM certificate")
    return value


def certificate_is_in_us_east_1(value: str) -> str:
    """The only region from which CloudFront takes certificates (CloudFront developer guide)."""
    found = _CERTIFICATE.fullmatch(value)
    if found and found["region"] != "us-east-1":
        raise ValueError("is not in us-east-1, the only region from which CloudFront takes certificates")
    return value


def certificate_account(arn: str) -> str:
    """The account in an ARN that has passed the rules."""
    return arn.split(":")[4]


def origin_is_exact(value: str) -> str:
    """As a browser sends it in `Origin`: no wildcard, path, user, upper case or default port (RFC 6454)."""
    found = _ORIGIN.fullmatch(value)
    if "*" in value:
        raise ValueError("has a wildcard")
    if not found:
        raise ValueError("is not an origin")
    host, port = found["host"], found["port"]
    if host not in _LOCAL_HOSTS and not is_dns_name(host):
        raise ValueError("has no domain name as its host")
    if port and (int(port) > 65535 or port == _DEFAULT_PORTS[found["scheme"]]):
        raise ValueError(f"has port {port}, which no browser sends in an origin")
    return value


def origin_is_https_or_local(value: str) -> str:
    if value.startswith("http://") and not is_local_origin(value):
        raise ValueError("is http; only this machine (localhost) may go without https")
    return value


def is_local_origin(origin: str) -> bool:
    """For an origin that has passed the rules: is it a browser's own machine?"""
    found = _ORIGIN.fullmatch(origin)
    return found is not None and found["host"] in _LOCAL_HOSTS


def origins_are_some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("names no origin")
    return value


def origins_are_distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) != len(value):
        raise ValueError("names an origin twice")
    return value


def retention_is_accepted_by_cloudwatch(value: int) -> int:
    if value not in RETENTION_DAYS:
        raise ValueError("is not a retention that CloudWatch Logs accepts")
    return value


def recovery_window_is_accepted_by_secrets_manager(value: int) -> int:
    """API reference of Secrets Manager, DeleteSecret: 7 to 30 days; 0 stands for forced deletion."""
    if value != 0 and not 7 <= value <= 30:
        raise ValueError("is neither 0 nor 7 to 30")
    return value


def hosted_zone_is_an_id(value: str) -> str:
    """API reference of Route 53, ResourceId: at most 32 characters; zones begin with Z."""
    if not _ZONE.fullmatch(value):
        raise ValueError("is not the id of a hosted zone")
    return value


def label_is_a_dns_label(value: str) -> str:
    if not re.fullmatch(_LABEL, value):
        raise ValueError("is not a label of a domain name")
    return value


def repository_is_owner_and_name(value: str) -> str:
    """GitHub: an owner of letters, digits and hyphens, at most 39; a name of at most 100 characters.

    Both with their ids behind an @, or neither: as the subject claim of the repository's tokens begins.
    Source: docs.github.com, "OpenID Connect reference", "Immutable subject claims".
    """
    if not _REPOSITORY.fullmatch(value):
        raise ValueError("is neither owner/name nor owner@ID/name@ID")
    return value


def public_key_file_is_a_pem_file(value: str) -> str:
    if not value.endswith(".pem") or not value.isprintable() or value != value.strip():
        raise ValueError("is not the path of a .pem file")
    return value


def model_is_a_name(value: str) -> str:
    if not _MODEL.fullmatch(value):
        raise ValueError("is not the name of a model")
    return value


def url_is_https_or_local(value: str) -> str:
    """An absolute address; a user, query or fragment in it would end up in a state file or a log."""
    found = _URL.fullmatch(value)
    if not found:
        raise ValueError("is not an https address")
    host, port = found["host"], found["port"]
    if host not in _LOCAL_HOSTS and not is_dns_name(host):
        raise ValueError("has no domain name as its host")
    if port and not 0 < int(port) <= 65535:
        raise ValueError(f"has port {port}, which there is not")
    if found["scheme"] == "http" and host not in _LOCAL_HOSTS:
        raise ValueError("is http; only this machine (localhost) may go without https")
    return value


def code_is_a_function_and_its_place(value: str) -> str:
    """Which functions there are is known to `chat.FUNCTIONS`; what a place is, to `function_code`."""
    from environments.chat import FUNCTIONS
    from environments.function_code import Code

    name, equals, place = value.partition("=")
    if not equals:
        raise ValueError("is not <function>=<place>")
    if name not in FUNCTIONS:
        raise ValueError(f"names no function: {name[:40]!r}")
    Code.of(place)
    return value


def code_names_each_function_once(value: tuple[str, ...]) -> tuple[str, ...]:
    names = [item.partition("=")[0] for item in value]
    if len(set(names)) != len(names):
        raise ValueError("names a function twice")
    return value

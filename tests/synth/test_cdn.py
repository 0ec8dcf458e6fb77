"""The distribution and what belongs to it, as synthesized."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.cdn.headers import content_security_policy
from environments import signing_keys
from environments.fingerprints import fingerprint
from tests.support.configuration import ENVIRONMENTS
from tests.support.signing_keys import NONE, ONE, TWO
from tests.support.synthesized import Synthesized, stack

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)

WITH_LOGS = "prod"
ZONE = {"HOSTED_ZONE_ID": "Z0123456789ABCDEFGHIJ"}
NO_DOMAIN = {"DOMAIN_NAME": "", "CERTIFICATE_ARN": "", "CORS_ORIGINS": "http://localhost:3000"}
ELSEWHERE = {"AWS_REGION": "eu-west-1"}


def synthesized(environment: str, **changes: str) -> Synthesized:
    """With one signing key, unless the changes say otherwise."""
    return stack(environment, **{"SIGNING_PUBLIC_KEY_FILE": ONE, **changes})


def distribution(environment: str = "dev", **changes: str) -> dict[str, Any]:
    return synthesized(environment, **changes).only("aws_cloudfront_distribution")


def statements(found: Synthesized, type_: str, path: str) -> dict[str, dict[str, Any]]:
    return {s["Sid"]: s for s in json.loads(found.all(type_)[path]["policy"])["Statement"]}


def address(found: Synthesized, type_: str) -> str:
    """Terraform's address of the one resource of a type."""
    (id_,) = found.json["resource"][type_]
    return f"{type_}.{id_}"


@every_environment
def test_trap_01_the_origin_is_reached_by_a_signature_of_this_distribution(environment: str) -> None:
    found = synthesized(environment)
    control = found.only("aws_cloudfront_origin_access_control")
    assert control["origin_access_control_origin_type"] == "s3"
    assert (control["signing_behavior"], control["signing_protocol"]) == ("always", "sigv4")
    (origin,) = found.only("aws_cloudfront_distribution")["origin"]
    assert origin["origin_access_control_id"] == (
        f"${{{address(found, 'aws_cloudfront_origin_access_control')}.id}}"
    )
    assert "s3_origin_config" not in origin


@every_environment
def test_trap_02_key_and_bucket_name_this_distribution_and_no_other(environment: str) -> None:
    found = synthesized(environment)
    this = {"StringEquals": {"AWS:SourceArn": f"${{{address(found, 'aws_cloudfront_distribution')}.arn}}"}}
    service = {"Service": "cloudfront.amazonaws.com"}
    key = statements(found, "aws_kms_key_policy", "security/objects-key/policy")["CloudFront"]
    assert key["Condition"] == this
    assert (key["Principal"], key["Action"]) == (service, "kms:Decrypt")
    bucket = statements(found, "aws_s3_bucket_policy", "storage/exports/policy")
    for sid, action, ends in (
        ("CloudFrontReadsObjects", "s3:GetObject", ".arn}/*"),
        ("CloudFrontTellsMissingFromForbidden", "s3:ListBucket", ".arn}"),
    ):
        assert bucket[sid]["Condition"] == this
        assert (bucket[sid]["Principal"], bucket[sid]["Action"]) == (service, action)
        assert bucket[sid]["Resource"].endswith(ends)


def test_trap_02_the_other_keys_are_none_of_cloudfronts_business() -> None:
    found = synthesized("prod")
    for path in found.all("aws_kms_key_policy"):
        named = "CloudFront" in statements(found, "aws_kms_key_policy", path)
        assert named is (path == "security/objects-key/policy")


@every_environment
def test_trap_13_what_is_delivered_can_be_read_at_once(environment: str) -> None:
    found = synthesized(environment)
    (origin,) = found.only("aws_cloudfront_distribution")["origin"]
    bucket = origin["domain_name"].split(".")[1]
    (lifecycle,) = [
        lifecycle
        for lifecycle in found.all("aws_s3_bucket_lifecycle_configuration").values()
        if bucket in lifecycle["bucket"]
    ]
    classes = {t["storage_class"] for rule in lifecycle["rule"] for t in rule.get("transition", [])}
    assert classes == {"INTELLIGENT_TIERING", "GLACIER_IR"}


@every_environment
def test_trap_22_the_origin_has_its_regional_name(environment: str) -> None:
    (origin,) = distribution(environment)["origin"]
    assert "storage_exports_bucket" in origin["domain_name"]
    assert origin["domain_name"].endswith(".bucket_regional_domain_name}")


@every_environment
def test_trap_23_a_signature_of_a_trusted_key_is_asked_for(environment: str) -> None:
    found = synthesized(environment, SIGNING_PUBLIC_KEY_FILE=TWO)
    made = found.only("aws_cloudfront_distribution")
    assert made["enabled"] is True
    group = address(found, "aws_cloudfront_key_group")
    assert made["default_cache_behavior"]["trusted_key_groups"] == f"${{{group}[*].id}}"
    assert "ordered_cache_behavior" not in made
    trusted = {item.split(".")[1] for item in found.only("aws_cloudfront_key_group")["items"]}
    assert trusted == found.json["resource"]["aws_cloudfront_public_key"].keys()
    pems = [key["encoded_key"] for key in found.all("aws_cloudfront_public_key").values()]
    assert sorted(pems) == sorted(signing_keys.read(TWO))
    assert len(pems) == 2


def test_trap_23_without_a_key_nothing_is_served() -> None:
    found = synthesized("dev", SIGNING_PUBLIC_KEY_FILE=NONE)
    assert found.only("aws_cloudfront_distribution")["enabled"] is False
    assert found.only("aws_cloudfront_key_group")["count"] == 0
    assert "aws_cloudfront_public_key" not in found.json["resource"]
    assert "cloudfront_key_pair_id" not in found.json["output"]


@pytest.mark.parametrize("file", [ONE, NONE])
def test_trap_23_a_lost_file_cannot_take_the_downloads_of_prod_away(file: str) -> None:
    """The group stays in the graph, so that Terraform still knows that it must not be destroyed."""
    group = synthesized("prod", SIGNING_PUBLIC_KEY_FILE=file).only("aws_cloudfront_key_group")
    assert group["lifecycle"] == {"create_before_destroy": True, "prevent_destroy": True}
    assert group["count"] == (1 if file == ONE else 0)


def test_trap_23_public_downloads_are_a_choice_by_name() -> None:
    found = synthesized("dev", CLOUDFRONT_SIGNED_URLS="false", SIGNING_PUBLIC_KEY_FILE=NONE)
    made = found.only("aws_cloudfront_distribution")
    assert made["enabled"] is True
    assert "trusted_key_groups" not in made["default_cache_behavior"]
    assert "aws_cloudfront_key_group" not in found.json["resource"]


def test_trap_23_no_private_key_is_made_by_terraform() -> None:
    found = synthesized("prod")
    assert [type_ for type_ in found.json["resource"] if type_.startswith("tls_")] == []
    assert "PRIVATE KEY" not in found.text


def test_a_new_key_joins_the_old_one_without_touching_it() -> None:
    """The old key keeps address and name: Terraform makes the new one and changes nothing else of the two."""
    old, both = (
        synthesized("dev", SIGNING_PUBLIC_KEY_FILE=file).json["resource"]["aws_cloudfront_public_key"]
        for file in (ONE, TWO)
    )
    assert old.items() <= both.items()
    names = {key["name"] for key in both.values()}
    assert names == {f"spec-wizard-dev-downloads-{fingerprint(pem)}" for pem in signing_keys.read(TWO)}
    for key in both.values():
        assert key["lifecycle"] == {"create_before_destroy": True}


def test_the_output_names_the_newest_key() -> None:
    found = synthesized("dev", SIGNING_PUBLIC_KEY_FILE=TWO)
    newest = fingerprint(signing_keys.read(TWO)[0])
    assert f"key-{newest}" in found.json["output"]["cloudfront_key_pair_id"]["value"]


def test_trap_24_no_tls_version_is_claimed_for_the_default_certificate() -> None:
    assert distribution("dev", **NO_DOMAIN)["viewer_certificate"] == {"cloudfront_default_certificate": True}
    assert "aliases" not in distribution("dev", **NO_DOMAIN)


@every_environment
def test_trap_24_with_a_domain_tls_1_2_is_asked_for(environment: str) -> None:
    made = distribution(environment)
    certificate = made["viewer_certificate"]
    assert (certificate["minimum_protocol_version"], certificate["ssl_support_method"]) == (
        "TLSv1.2_2021",
        "sni-only",
    )
    assert certificate["acm_certificate_arn"].startswith("arn:aws:acm:us-east-1:123456789012:certificate/")
    assert made["aliases"] == [f"{environment}.wizard.example.com"]


def test_trap_25_the_certificate_is_made_in_us_east_1_and_used_when_it_is_valid() -> None:
    found = synthesized("dev", CERTIFICATE_ARN="", **ZONE, **ELSEWHERE)
    certificate, validation = (
        found.only(type_) for type_ in ("aws_acm_certificate", "aws_acm_certificate_validation")
    )
    assert [certificate["provider"], validation["provider"]] == ["aws.us_east_1"] * 2
    assert certificate["domain_name"] == "dev.wizard.example.com"
    assert certificate["lifecycle"] == {"create_before_destroy": True}
    used = found.only("aws_cloudfront_distribution")["viewer_certificate"]["acm_certificate_arn"]
    assert used == f"${{{address(found, 'aws_acm_certificate_validation')}.certificate_arn}}"
    record = found.all("aws_route53_record")["cdn/certificate/validation-record"]
    assert record["zone_id"] == ZONE["HOSTED_ZONE_ID"]
    assert validation["validation_record_fqdns"][0].endswith(".fqdn}")


def test_a_certificate_that_is_given_is_used_and_none_is_made() -> None:
    assert "aws_acm_certificate" not in synthesized("dev", **ZONE).json["resource"]


def test_the_domain_leads_to_the_distribution_over_both_kinds_of_ip() -> None:
    found = synthesized("dev", **ZONE)
    records = found.all("aws_route53_record")
    assert {record["type"] for record in records.values()} == {"A", "AAAA"}
    there = address(found, "aws_cloudfront_distribution")
    for record in records.values():
        assert record["name"] == "dev.wizard.example.com"
        assert record["alias"]["name"] == f"${{{there}.domain_name}}"
        assert record["alias"]["zone_id"] == f"${{{there}.hosted_zone_id}}"
    assert found.only("aws_cloudfront_distribution")["is_ipv6_enabled"] is True
    assert "aws_route53_record" not in synthesized("dev").json["resource"]


@every_environment
def test_trap_26_text_is_compressed(environment: str) -> None:
    found = synthesized(environment)
    assert found.only("aws_cloudfront_distribution")["default_cache_behavior"]["compress"] is True
    key = found.only("aws_cloudfront_cache_policy")["parameters_in_cache_key_and_forwarded_to_origin"]
    assert (key["enable_accept_encoding_gzip"], key["enable_accept_encoding_brotli"]) == (True, True)


@pytest.mark.parametrize(("days", "seconds"), [("", 604_800), ("1", 86_400), ("365", 31_536_000)])
def test_trap_27_seven_days_unless_the_uploader_says_otherwise(days: str, seconds: int) -> None:
    policy = synthesized("dev", CLOUDFRONT_CACHE_DAYS=days).only("aws_cloudfront_cache_policy")
    assert policy["default_ttl"] == seconds
    assert policy["min_ttl"] == 0  # else CloudFront would keep what the uploader wants forgotten
    assert policy["max_ttl"] >= seconds


def test_trap_28_access_logs_are_delivered_from_us_east_1_once_they_may_be() -> None:
    found = synthesized(WITH_LOGS, **ELSEWHERE)
    kinds = ("source", "destination", "delivery")
    source, destination, delivery = (
        found.all(f"aws_cloudwatch_log_delivery{'' if kind == 'delivery' else '_' + kind}")[
            f"cdn/access-logs/{kind}"
        ]
        for kind in kinds
    )
    assert [made["provider"] for made in (source, destination, delivery)] == ["aws.us_east_1"] * 3
    assert source["log_type"] == "ACCESS_LOGS"
    assert source["resource_arn"] == f"${{{address(found, 'aws_cloudfront_distribution')}.arn}}"
    assert any(name.startswith("aws_s3_bucket_policy.storage_logs") for name in delivery["depends_on"])
    allowed = statements(found, "aws_s3_bucket_policy", "storage/logs/policy")["CloudFrontAccessLogs"]
    assert allowed["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert allowed["Resource"].endswith(".arn}/AWSLogs/123456789012/*")
    assert allowed["Condition"] == {
        "StringEquals": {
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:SourceAccount": "123456789012",
        },
        "ArnLike": {"aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:delivery-source:*"},
    }


def test_trap_28_the_path_of_the_logs_is_never_changed_in_place() -> None:
    assert "s3_delivery_configuration" not in synthesized(WITH_LOGS).only("aws_cloudwatch_log_delivery")


def test_trap_28_the_legacy_logs_are_not_used() -> None:
    for environment in ENVIRONMENTS:
        assert "logging_config" not in distribution(environment)


def test_what_opens_a_file_is_not_logged() -> None:
    fields = synthesized(WITH_LOGS).only("aws_cloudwatch_log_delivery")["record_fields"]
    assert {"cs-uri-stem", "sc-status", "c-ip", "time"} <= set(fields)
    assert set(fields).isdisjoint({"cs-uri-query", "cs(Referer)", "cs(Cookie)"})


def test_access_logs_are_off_where_they_are_not_asked_for() -> None:
    found = synthesized("staging")
    assert [type_ for type_ in found.json["resource"] if "log_delivery" in type_] == []
    assert "delivery.logs.amazonaws.com" not in found.text


def test_trap_29_the_firewall_and_its_log_are_in_us_east_1() -> None:
    found = synthesized("dev", CLOUDFRONT_WAF="true", CLOUDFRONT_WAF_RATE_LIMIT="500", **ELSEWHERE)
    acl = found.only("aws_wafv2_web_acl")
    assert (acl["scope"], acl["provider"]) == ("CLOUDFRONT", "aws.us_east_1")
    assert (
        distribution("dev", CLOUDFRONT_WAF="true", CLOUDFRONT_WAF_RATE_LIMIT="500", **ELSEWHERE)["web_acl_id"]
        == f"${{{address(found, 'aws_wafv2_web_acl')}.arn}}"
    )
    known, rate = sorted(acl["rule"], key=lambda rule: rule["priority"])
    assert known["statement"]["managed_rule_group_statement"] == {
        "vendor_name": "AWS",
        "name": "AWSManagedRulesKnownBadInputsRuleSet",
    }
    assert known["override_action"] == {"none": {}}
    assert rate["statement"]["rate_based_statement"] == {"aggregate_key_type": "IP", "limit": 500}
    assert rate["action"] == {"block": {}}
    firewall = {p: r for p, r in found.resources().items() if p.startswith("cdn/firewall/")}
    assert {resource["provider"] for resource in firewall.values()} == {"aws.us_east_1"}
    group = firewall["cdn/firewall/log"]
    assert group["name"].startswith("aws-waf-logs-")
    assert group["retention_in_days"] == 30


def test_the_firewalls_log_hides_signatures() -> None:
    logging = synthesized("dev", CLOUDFRONT_WAF="true").only("aws_wafv2_web_acl_logging_configuration")
    assert {"query_string": {}} in logging["redacted_fields"]
    acl = synthesized("dev", CLOUDFRONT_WAF="true").only("aws_wafv2_web_acl")
    shown = [acl["visibility_config"], *(rule["visibility_config"] for rule in acl["rule"])]
    assert {config["sampled_requests_enabled"] for config in shown} == {False}


@every_environment
def test_there_is_no_firewall_unless_it_is_asked_for(environment: str) -> None:
    assert "web_acl_id" not in distribution(environment)
    assert "aws_wafv2_web_acl" not in synthesized(environment).json["resource"]


@every_environment
def test_trap_30_a_missing_object_is_missing_and_soon_forgotten_to_be(environment: str) -> None:
    found = synthesized(environment)
    made = found.only("aws_cloudfront_distribution")
    kept = {error["error_code"]: error["error_caching_min_ttl"] for error in made["custom_error_response"]}
    assert kept == {403: 1, 404: 1}
    bucket = statements(found, "aws_s3_bucket_policy", "storage/exports/policy")
    assert bucket["CloudFrontTellsMissingFromForbidden"]["Action"] == "s3:ListBucket"
    # With that right, "/" would be answered with the list of all objects.
    assert made["default_root_object"]


@every_environment
def test_trap_30_http_3_is_on(environment: str) -> None:
    assert distribution(environment)["http_version"] == "http2and3"


@every_environment
def test_only_reading_over_tls(environment: str) -> None:
    behavior = distribution(environment)["default_cache_behavior"]
    assert behavior["viewer_protocol_policy"] == "redirect-to-https"
    assert sorted(behavior["allowed_methods"]) == ["GET", "HEAD", "OPTIONS"]


def test_one_query_string_reaches_the_origin_and_no_cookie() -> None:
    found = synthesized("dev")
    key = found.only("aws_cloudfront_cache_policy")["parameters_in_cache_key_and_forwarded_to_origin"]
    assert key["query_strings_config"] == {
        "query_string_behavior": "whitelist",
        "query_strings": {"items": ["response-content-disposition"]},
    }
    request = found.only("aws_cloudfront_origin_request_policy")
    assert request["query_strings_config"] == {"query_string_behavior": "none"}
    assert [p["cookies_config"] for p in (key, request)] == [{"cookie_behavior": "none"}] * 2


def test_a_preflight_is_answered_by_the_bucket_and_not_from_the_cache() -> None:
    found = synthesized("dev")
    headers = found.only("aws_cloudfront_origin_request_policy")["headers_config"]["headers"]["items"]
    assert set(headers) == {"origin", "access-control-request-method", "access-control-request-headers"}
    behavior = found.only("aws_cloudfront_distribution")["default_cache_behavior"]
    assert sorted(behavior["cached_methods"]) == ["GET", "HEAD"]
    cors = found.only("aws_cloudfront_response_headers_policy")["cors_config"]
    (bucket,) = found.only("aws_s3_bucket_cors_configuration")["cors_rule"]
    assert set(cors["access_control_allow_headers"]["items"]) <= set(bucket["allowed_headers"])


@every_environment
def test_the_security_headers(environment: str) -> None:
    policy = synthesized(environment).only("aws_cloudfront_response_headers_policy")
    headers = policy["security_headers_config"]
    assert [name for name, config in headers.items() if config["override"] is not True] == []
    assert headers["strict_transport_security"]["access_control_max_age_sec"] == 63_072_000
    assert headers["content_type_options"] == {"override": True}
    assert headers["frame_options"]["frame_option"] == "DENY"
    assert headers["referrer_policy"]["referrer_policy"] == "no-referrer"
    assert (headers["xss_protection"]["protection"], headers["xss_protection"]["mode_block"]) == (True, True)
    assert headers["content_security_policy"]["content_security_policy"] == content_security_policy(
        (f"https://{environment}.wizard.example.com",)
    )


def test_hsts_speaks_for_this_name_alone() -> None:
    policy = synthesized("prod").only("aws_cloudfront_response_headers_policy")
    hsts = policy["security_headers_config"]["strict_transport_security"]
    assert (hsts["include_subdomains"], hsts["preload"]) == (False, False)


def test_the_content_security_policy_lets_a_viewer_draw_and_nothing_run() -> None:
    policy = dict(
        directive.split(" ", 1)
        for directive in content_security_policy(("https://a.example", "https://b.example")).split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert "sandbox" not in policy  # Chrome's viewer does not run in one
    assert (policy["object-src"], policy["style-src"]) == ("'self'", "'unsafe-inline'")
    assert policy["frame-ancestors"] == "https://a.example https://b.example"


@every_environment
def test_trap_20_cors_names_the_same_origins_as_the_bucket(environment: str) -> None:
    found = synthesized(environment)
    cors = found.only("aws_cloudfront_response_headers_policy")["cors_config"]
    (bucket,) = found.only("aws_s3_bucket_cors_configuration")["cors_rule"]
    assert cors["access_control_allow_origins"]["items"] == bucket["allowed_origins"]
    assert cors["access_control_allow_origins"]["items"] == [f"https://{environment}.wizard.example.com"]
    assert (cors["access_control_allow_credentials"], cors["origin_override"]) == (False, True)


def test_account_and_key_are_not_told_to_viewers() -> None:
    policy = synthesized("prod").only("aws_cloudfront_response_headers_policy")
    removed = {item["header"] for item in policy["remove_headers_config"]["items"]}
    assert "x-amz-server-side-encryption-aws-kms-key-id" in removed


def test_the_price_class_is_configurable() -> None:
    assert distribution("dev")["price_class"] == "PriceClass_100"
    assert distribution("dev", CLOUDFRONT_PRICE_CLASS="PriceClass_All")["price_class"] == "PriceClass_All"


def test_the_url_is_the_domain_or_cloudfronts_own_name() -> None:
    url = synthesized("dev").json["output"]["cloudfront_url"]["value"]
    assert url == "https://dev.wizard.example.com"
    found = synthesized("dev", **NO_DOMAIN)
    own = f"${{{address(found, 'aws_cloudfront_distribution')}.domain_name}}"
    assert found.json["output"]["cloudfront_url"]["value"] == f"https://{own}"
    assert found.json["output"]["cloudfront_domain"]["value"] == own


@pytest.mark.parametrize("environment", ["dev", WITH_LOGS])
def test_without_cloudfront_nothing_of_it_is_left(environment: str) -> None:
    found = synthesized(environment, ENABLE_CLOUDFRONT="false", CLOUDFRONT_WAF="true", **ZONE)
    assert [path for path in found.resources() if path.startswith("cdn")] == []
    assert [type_ for type_ in found.json["resource"] if "cloudfront" in type_] == []
    assert "cloudfront.amazonaws.com" not in found.text
    assert "delivery.logs.amazonaws.com" not in found.text

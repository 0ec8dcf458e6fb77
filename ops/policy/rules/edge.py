"""The downloads: origin access, signatures, certificates, and what must be in us-east-1."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

US_EAST_1 = "us-east-1"
FOR_CLOUDFRONT = (
    *("aws_acm_certificate", "aws_acm_certificate_validation", "aws_wafv2_web_acl"),
    *("aws_wafv2_web_acl_logging_configuration", "aws_cloudwatch_log_delivery"),
    *("aws_cloudwatch_log_delivery_source", "aws_cloudwatch_log_delivery_destination"),
    "aws_cloudwatch_metric_alarm",
)
DELIVERY_SERVICE = "delivery.logs.amazonaws.com"


@rule(
    "SW_ORIGIN_ACCESS",
    "aws_cloudfront_distribution",
    guards="traps 1 and 22",
    what="A bucket behind CloudFront is reached by origin access control, at its regional name",
    mend="Set origin_access_control_id and bucket_regional_domain_name; an origin access identity cannot read"
    " what KMS encrypts",
)
def origin_access(stack: Stack, distribution: Resource) -> str:
    if stack.of_type("aws_cloudfront_origin_access_identity"):
        return "the stack has an origin access identity"
    for origin in distribution.blocks("origin"):
        if "${aws_s3_bucket." not in str(origin.get("domain_name")):
            continue
        if origin.get("s3_origin_config") or not origin.get("origin_access_control_id"):
            return f"origin {origin.get('origin_id')} has no origin_access_control_id"
        if ".bucket_regional_domain_name" not in str(origin.get("domain_name")):
            return f"origin {origin.get('origin_id')} is not named by its region"
    return ""


@rule(
    "SW_DISTRIBUTION_READS",
    "aws_cloudfront_distribution",
    guards="trap 1",
    what="The key of the downloads lets exactly this distribution decrypt",
    mend="Let cloudfront.amazonaws.com decrypt in the key policy, with aws:SourceArn of the distribution",
)
def distribution_decrypts(stack: Stack, distribution: Resource) -> str:
    wanted = f"${{{distribution.address}.arn}}"
    for statement in stack.statements(*stack.of_type("aws_kms_key_policy")):
        if "cloudfront.amazonaws.com" in statement.services():
            sources = [value for pairs in statement.body["Condition"].values() for value in pairs.values()]
            return "" if sources == [wanted] else f"{statement} is about {sources}"
    return "no key policy names cloudfront.amazonaws.com"


@rule(
    "SW_SIGNED_URLS",
    "aws_cloudfront_distribution",
    guards="trap 23",
    what="Every behavior asks for a signature",
    mend="Set trusted_key_groups in every cache behavior (CLOUDFRONT_SIGNED_URLS)",
)
def signed(stack: Stack, distribution: Resource) -> str:
    for name in ("default_cache_behavior", "ordered_cache_behavior"):
        for behavior in distribution.blocks(name):
            if not behavior.get("trusted_key_groups"):
                return f"{name} has no trusted_key_groups: whoever has the address reads the file"
    return ""


@rule(
    "SW_CERTIFICATE",
    "aws_cloudfront_distribution",
    guards="trap 24",
    what="TLS 1.2 is promised only with a certificate of ours, which prod has",
    mend="Set DOMAIN_NAME: with its own certificate CloudFront speaks TLS 1.0, whatever is set",
)
def certificate(stack: Stack, distribution: Resource) -> str:
    certificate = distribution.get("viewer_certificate") or {}
    if certificate.get("cloudfront_default_certificate"):
        if stack.is_prod:
            return "prod has CloudFront's default certificate"
        if certificate.get("minimum_protocol_version"):
            return "a minimum_protocol_version is set, which CloudFront ignores"
        return ""
    version = certificate.get("minimum_protocol_version")
    if version != "TLSv1.2_2021":
        return f"minimum_protocol_version is {version}"
    support = certificate.get("ssl_support_method")
    return "" if support == "sni-only" else f"ssl_support_method is {support}"


@rule(
    "SW_IN_US_EAST_1",
    *FOR_CLOUDFRONT,
    guards="traps 25, 28 and 29",
    what="What belongs to CloudFront is in us-east-1",
    mend="Pass the provider us_east_1",
)
def in_us_east_1(stack: Stack, resource: Resource) -> str:
    alone = str(resource.body.get("provider", "")) == "aws.us_east_1"
    metrics = [
        resource.get("namespace"),
        *(one.get("metric", {}).get("namespace") for one in resource.blocks("metric_query")),
    ]
    if resource.type == "aws_cloudwatch_metric_alarm" and "AWS/CloudFront" not in metrics:
        return "its metric is not in us-east-1" if alone and stack.region != US_EAST_1 else ""
    return "" if alone or stack.region == US_EAST_1 else f"it is in {stack.region}"


@rule(
    "SW_ACCESS_LOGS_ARRIVE",
    "aws_cloudwatch_log_delivery",
    guards="trap 28",
    what="CloudFront's logs are let into their bucket before they are sent",
    mend=f"Let {DELIVERY_SERVICE} put objects in the bucket's policy, and wait for that policy",
)
def logs_arrive(stack: Stack, delivery: Resource) -> str:
    for policy in stack.of_type("aws_s3_bucket_policy"):
        if policy.address in delivery.depends_on:
            services = [name for one in stack.statements(policy) for name in one.services()]
            return (
                "" if DELIVERY_SERVICE in services else f"{policy.construct} does not name {DELIVERY_SERVICE}"
            )
    return "it waits for no bucket policy"

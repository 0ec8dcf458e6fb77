"""What Terraform asks of CloudFront and of the services around it; the rest is in `ci/services.py`."""

from __future__ import annotations

from constructs_lib.ci.permissions import Permission, Place, actions
from constructs_lib.stack_settings import US_EAST_1


def edge(place: Place) -> list[Permission]:
    """Distribution, certificate, records, web ACL and access logs."""
    account = place.account_id
    distributions = [f"arn:aws:cloudfront::{account}:distribution/*"]
    named_by_id = (
        "CachePolicy OriginRequestPolicy ResponseHeadersPolicy OriginAccessControl KeyGroup PublicKey"
    )
    certificates = [f"arn:aws:acm:{US_EAST_1}:{account}:certificate/*"]
    return [
        Permission(
            "Distributions",
            distributions,
            actions("cloudfront", "GetDistribution GetDistributionConfig ListTagsForResource"),
        ),
        Permission(
            "CreateDistributions",
            distributions,
            [],
            actions("cloudfront", "CreateDistribution CreateDistributionWithTags TagResource"),
            place.created_tagged | {"Null": {"aws:ResourceTag/Environment": "true"}},
        ),
        Permission(
            "ChangeDistributions",
            distributions,
            [],
            actions(
                "cloudfront",
                "UpdateDistribution DeleteDistribution TagResource UntagResource"
                " AllowVendedLogDeliveryForResource",
            ),
            place.tagged,
        ),
        Permission(
            "PartsOfDistributions",
            ["*"],
            actions("cloudfront", " ".join(f"Get{name}" for name in named_by_id.split())),
            actions(
                "cloudfront",
                " ".join(
                    f"{verb}{name}" for name in named_by_id.split() for verb in ("Create", "Update", "Delete")
                ),
            ),
            reason="Named by an id that AWS makes, without tags: nothing tells environments apart.",
        ),
        Permission(
            "FindDistributions",
            ["*"],
            actions(
                "cloudfront",
                "ListDistributions ListCachePolicies ListOriginRequestPolicies ListResponseHeadersPolicies"
                " ListOriginAccessControls ListKeyGroups ListPublicKeys",
            ),
            reason="A list is asked of the whole account.",
        ),
        Permission(
            "Certificates",
            certificates,
            actions("acm", "DescribeCertificate ListTagsForCertificate"),
        ),
        Permission(
            "RequestCertificates",
            ["*"],
            [],
            actions("acm", "RequestCertificate"),
            place.created_tagged,
            reason="The certificate has no ARN before it is there; it must be given the environment's tags.",
        ),
        Permission(
            "TagNewCertificates",
            certificates,
            [],
            actions("acm", "AddTagsToCertificate"),
            place.created_tagged | {"Null": {"aws:ResourceTag/Environment": "true"}},
        ),
        Permission(
            "ChangeCertificates",
            certificates,
            [],
            actions("acm", "DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate"),
            place.tagged,
        ),
        Permission(
            "Zones",
            ["arn:aws:route53:::hostedzone/*", "arn:aws:route53:::change/*"],
            actions("route53", "GetHostedZone ListResourceRecordSets GetChange"),
        ),
        # Addresses and validations; neither mail nor the delegation of a zone.
        Permission(
            "Records",
            ["arn:aws:route53:::hostedzone/*"],
            [],
            actions("route53", "ChangeResourceRecordSets"),
            {
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME"]
                }
            },
        ),
        Permission(
            "WebAcls",
            [
                f"arn:aws:wafv2:{US_EAST_1}:{account}:global/{kind}"
                for kind in (f"webacl/{place.prefix}/*", "managedruleset/*/*")
            ],
            actions("wafv2", "GetWebACL GetLoggingConfiguration ListTagsForResource"),
            actions(
                "wafv2",
                "CreateWebACL UpdateWebACL DeleteWebACL PutLoggingConfiguration DeleteLoggingConfiguration"
                " TagResource UntagResource",
            ),
        ),
        Permission(
            "WebAclLogs",
            ["*"],
            [],
            actions("logs", "PutResourcePolicy DeleteResourcePolicy CreateLogDelivery DeleteLogDelivery"),
            reason="AWS checks no resource for it.",
        ),
        Permission(
            "AccessLogs",
            [
                f"arn:aws:logs:{US_EAST_1}:{account}:{kind}"
                for kind in (
                    f"delivery-source:{place.prefix}",
                    f"delivery-destination:{place.prefix}",
                    "delivery:*",
                )
            ],
            actions("logs", "GetDeliverySource GetDeliveryDestination GetDelivery ListTagsForResource"),
            actions(
                "logs",
                "PutDeliverySource DeleteDeliverySource PutDeliveryDestination DeleteDeliveryDestination"
                " CreateDelivery UpdateDeliveryConfiguration DeleteDelivery TagResource UntagResource",
            ),
        ),
    ]

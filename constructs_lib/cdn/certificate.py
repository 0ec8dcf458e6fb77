"""A domain name for a distribution: its certificate, and the DNS records that lead to it."""

from __future__ import annotations

from cdktf import TerraformProvider, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

VALIDATION_TTL = 300
"""Seconds."""


class Certificate(Construct):
    """A certificate of ACM in us-east-1, validated by a record in our own zone (trap 25).

    ACM renews it as long as the record stays.

    Attributes: `certificate_arn`: known only once the certificate is valid.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        domain_name: str,
        hosted_zone_id: str,
        us_east_1: TerraformProvider | None,
    ) -> None:
        super().__init__(scope, id_)
        certificate = AcmCertificate(
            self,
            "certificate",
            provider=us_east_1,
            domain_name=domain_name,
            validation_method="DNS",
            # CloudFront holds on to the one in use: the next must be there first.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        option = certificate.domain_validation_options.get(0)  # one name, one option
        record = Route53Record(
            self,
            "validation-record",
            zone_id=hosted_zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=VALIDATION_TTL,
            # The same account and name always get the same record: one left over is the right one.
            allow_overwrite=True,
        )
        validation = AcmCertificateValidation(
            self,
            "validation",
            provider=us_east_1,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
        )
        self.certificate_arn: str = validation.certificate_arn


class AddressRecords(Construct):
    """A and AAAA records of a name that lead to a distribution, over IPv4 and IPv6."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        domain_name: str,
        hosted_zone_id: str,
        distribution_domain_name: str,
        distribution_zone_id: str,
    ) -> None:
        super().__init__(scope, id_)
        for type_ in ("A", "AAAA"):
            Route53Record(
                self,
                type_.lower(),
                zone_id=hosted_zone_id,
                name=domain_name,
                type=type_,
                alias=Route53RecordAlias(
                    name=distribution_domain_name,
                    zone_id=distribution_zone_id,
                    evaluate_target_health=False,
                ),
            )

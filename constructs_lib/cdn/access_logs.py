"""Access logs (v2) of a distribution, through CloudWatch's log delivery to the log bucket."""

from __future__ import annotations

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery import CloudwatchLogDelivery
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery_destination import (
    CloudwatchLogDeliveryDestination,
    CloudwatchLogDeliveryDestinationDeliveryDestinationConfiguration,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery_source import CloudwatchLogDeliverySource
from constructs import Construct

from constructs_lib import policies
from constructs_lib.private_bucket import PrivateBucket

FIELDS = [
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem"),
    *("sc-status", "cs(User-Agent)", "x-edge-result-type", "x-edge-request-id", "x-host-header"),
    *("cs-protocol", "cs-bytes", "time-taken", "ssl-protocol", "ssl-cipher", "x-edge-response-result-type"),
    *("cs-protocol-version", "c-port", "time-to-first-byte", "x-edge-detailed-result-type"),
    *("sc-content-type", "sc-content-len", "sc-range-start", "sc-range-end"),
]
"""Without cs-uri-query, which holds the signature that opens the file, cs(Referer) and cs(Cookie), which may
hold a magic link or a session. Source of the names: CloudFront developer guide, "Log file fields"."""


class AccessLogs(Construct):
    """Source, destination and the delivery between them; all in us-east-1, wherever the bucket is (trap 28).

    The files lie where CloudFront puts them of its own accord, under `AWSLogs/<account>/CloudFront/`. There
    is no suffix path: with provider 5 a later change of one would drop that prefix, and the logs would leave
    what the bucket's policy allows (hashicorp/terraform-provider-aws#46328).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        distribution_arn: str,
        bucket: PrivateBucket,
        account_id: str,
        us_east_1: TerraformProvider | None,
    ) -> None:
        super().__init__(scope, id_)
        bucket.allow(policies.allow_cloudfront_log_delivery(bucket.bucket_arn, account_id))
        source = CloudwatchLogDeliverySource(
            self,
            "source",
            provider=us_east_1,
            name=name,
            log_type="ACCESS_LOGS",
            resource_arn=distribution_arn,
        )
        destination = CloudwatchLogDeliveryDestination(
            self,
            "destination",
            provider=us_east_1,
            name=name,
            output_format="w3c",
            delivery_destination_configuration=[
                CloudwatchLogDeliveryDestinationDeliveryDestinationConfiguration(
                    destination_resource_arn=bucket.bucket_arn
                )
            ],
            depends_on=[bucket.policy_resource],
        )
        CloudwatchLogDelivery(
            self,
            "delivery",
            provider=us_east_1,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=FIELDS,
            # Before it accepts the delivery AWS looks for its permission, and appends what is missing.
            depends_on=[bucket.policy_resource],
        )

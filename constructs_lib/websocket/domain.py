"""An address of one's own for the chat."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.apigatewayv2_api_mapping import Apigatewayv2ApiMapping
from cdktf_cdktf_provider_aws.apigatewayv2_domain_name import (
    Apigatewayv2DomainName,
    Apigatewayv2DomainNameDomainNameConfiguration,
)
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

from environments import EnvironmentConfig


class ChatDomain(Construct):
    """CHAT_DOMAIN_NAME in front of the stage; its DNS record where CHAT_HOSTED_ZONE_ID says that we keep it.

    The stage's name is not in the address. Amazon's own address goes on working: frames are posted to
    connections there.

    Attributes: `url`: wss://…; `target`: the name to which a CNAME of a zone elsewhere has to lead.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        domain_name: str,
        certificate_arn: str,
        api_id: str,
        stage_id: str,
    ) -> None:
        super().__init__(scope, id_)
        domain = Apigatewayv2DomainName(
            self,
            "name",
            domain_name=domain_name,
            domain_name_configuration=Apigatewayv2DomainNameDomainNameConfiguration(
                # WebSocket APIs know no other type and no newer policy.
                certificate_arn=certificate_arn,
                endpoint_type="REGIONAL",
                security_policy="TLS_1_2",
            ),
        )
        Apigatewayv2ApiMapping(self, "mapping", api_id=api_id, domain_name=domain.id, stage=stage_id)
        configuration = domain.domain_name_configuration
        if config.chat.hosted_zone_id:
            Route53Record(
                self,
                "record",
                zone_id=config.chat.hosted_zone_id,
                name=domain_name,
                type="A",
                alias=Route53RecordAlias(
                    name=configuration.target_domain_name,
                    zone_id=configuration.hosted_zone_id,
                    evaluate_target_health=False,
                ),
            )
        self.url = f"wss://{domain_name}"
        self.target: str = configuration.target_domain_name

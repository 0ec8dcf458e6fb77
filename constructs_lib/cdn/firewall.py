"""The optional web ACL before a distribution, and its log; all in us-east-1, as CloudFront asks (trap 29)."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.cloudwatch_log_resource_policy import CloudwatchLogResourcePolicy
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsQueryString,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from constructs import Construct

from constructs_lib import policies

LOG_PREFIX = "aws-waf-logs-"
"""With which the name of a web ACL's log group must begin."""
KNOWN_BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"


class Firewall(Construct):
    """AWS's rules for known bad inputs, and a limit of requests from one address in five minutes.

    Attributes: `web_acl_arn`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        rate_limit: int,
        account_id: str,
        log_retention_days: int,
        us_east_1: TerraformProvider | None,
    ) -> None:
        super().__init__(scope, id_)
        self._us_east_1 = us_east_1
        acl = Wafv2WebAcl(
            self,
            "acl",
            provider=us_east_1,
            name=name,
            description="Before the downloads of the Specification Wizard",
            scope="CLOUDFRONT",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            visibility_config=Wafv2WebAclVisibilityConfig(**_visibility(name)),
            rule=[
                Wafv2WebAclRule(
                    name="known-bad-inputs",
                    priority=1,
                    override_action=Wafv2WebAclRuleOverrideAction(none=Wafv2WebAclRuleOverrideActionNone()),
                    statement={
                        "managed_rule_group_statement": {"name": KNOWN_BAD_INPUTS, "vendor_name": "AWS"}
                    },
                    visibility_config=Wafv2WebAclRuleVisibilityConfig(
                        **_visibility(f"{name}-known-bad-inputs")
                    ),
                ),
                Wafv2WebAclRule(
                    name="rate-limit",
                    priority=2,
                    action=Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock()),
                    statement={"rate_based_statement": {"aggregate_key_type": "IP", "limit": rate_limit}},
                    visibility_config=Wafv2WebAclRuleVisibilityConfig(**_visibility(f"{name}-rate-limit")),
                ),
            ],
        )
        self._log(acl, name, account_id, log_retention_days)
        self.web_acl_arn: str = acl.arn

    def _log(self, acl: Wafv2WebAcl, name: str, account_id: str, retention_days: int) -> None:
        """Every request that the ACL saw, without what opens a file or a session.

        Encrypted with CloudWatch's own key: a customer key would have to be in us-east-1, too.
        """
        group = CloudwatchLogGroup(
            self,
            "log",
            provider=self._us_east_1,
            name=f"{LOG_PREFIX}{name}",
            retention_in_days=retention_days,
        )
        permission = CloudwatchLogResourcePolicy(
            self,
            "log-policy",
            provider=self._us_east_1,
            policy_name=name,
            policy_document=policies.document(policies.web_acl_log_delivery(group.arn, account_id)),
        )
        Wafv2WebAclLoggingConfiguration(
            self,
            "logging",
            provider=self._us_east_1,
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            redacted_fields=[
                Wafv2WebAclLoggingConfigurationRedactedFields(
                    query_string=Wafv2WebAclLoggingConfigurationRedactedFieldsQueryString()
                ),
                *(
                    Wafv2WebAclLoggingConfigurationRedactedFields(
                        single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=header)
                    )
                    for header in ("cookie", "referer")
                ),
            ],
            depends_on=[permission],
        )


def _visibility(metric: str) -> dict[str, Any]:
    """Metrics, but no sampled requests: a sample shows the whole address with its signature."""
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": False}

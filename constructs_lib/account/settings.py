"""Switches of the AWS account itself: logging of API Gateway, public access to S3, the access analyzer."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.accessanalyzer_analyzer import AccessanalyzerAnalyzer
from cdktf_cdktf_provider_aws.api_gateway_account import ApiGatewayAccount
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.s3_account_public_access_block import S3AccountPublicAccessBlock
from constructs import Construct

from constructs_lib import policies
from environments import Account, naming

PUSH_TO_CLOUDWATCH = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class AccountSettings(Construct):
    """Attributes: `analyzer_arn`."""

    def __init__(self, scope: Construct, id_: str, *, account: Account) -> None:
        super().__init__(scope, id_)
        self._let_api_gateway_log()
        S3AccountPublicAccessBlock(
            self,
            "s3-public-access-block",
            account_id=account.aws_account_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        analyzer = AccessanalyzerAnalyzer(
            self, "access-analyzer", analyzer_name=naming.resource(naming.ACCOUNT, "access"), type="ACCOUNT"
        )

        self.analyzer_arn: str = analyzer.arn

    def _let_api_gateway_log(self) -> None:
        """Without this role no stage of the region may have access or execution logs (trap 37)."""
        role = IamRole(
            self,
            "api-gateway-role",
            name=naming.role(naming.ACCOUNT, "api-gateway-logs"),
            description="API Gateway writes its logs",
            assume_role_policy=policies.trust_service("apigateway.amazonaws.com"),
        )
        # AWS's own policy, as API Gateway tries the role before it accepts it and wants no less than this.
        permission = IamRolePolicyAttachment(
            self, "api-gateway-write-logs", role=role.name, policy_arn=PUSH_TO_CLOUDWATCH
        )
        ApiGatewayAccount(
            self,
            "api-gateway-account",
            cloudwatch_role_arn=role.arn,
            # Otherwise the account would go on naming a role that is gone.
            reset_on_delete=True,
            depends_on=[permission],
        )

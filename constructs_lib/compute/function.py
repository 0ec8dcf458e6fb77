"""A Lambda function with its own role; permissions come from the grants of what it is passed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionLoggingConfig,
)
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from constructs import Construct

from constructs_lib import policies
from constructs_lib.ci.permissions import boundary_arn
from constructs_lib.compute import packaging
from constructs_lib.compute.catalogue import SPECS
from constructs_lib.security import Role
from environments import EnvironmentConfig, naming

RUNTIME, ARCHITECTURE = "python3.13", "arm64"


class Function(Construct):
    """One of `functions/`. It is a grantee: `resource.grant_…(function)` attaches to its role.

    id_: the function's folder with hyphens, such as "chat-worker".
    log_group: a log group resource with `name` and `arn`; it exists before the function (trap 45).
    environment: variables; the function's settings model says which it needs.
    timeout_s: instead of the catalogue's.

    Attributes: `function_name`, `function_arn`, `invoke_arn`, `role`: `Role`; `permissions`: the role's
    policies, on which whatever invokes the function depends.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        log_group: Any,
        environment: Mapping[str, str],
        timeout_s: int | None = None,
    ) -> None:
        super().__init__(scope, id_)
        folder = id_.replace("-", "_")
        spec = SPECS[folder]
        self.role = Role(
            self,
            "role",
            name=naming.function_role(config.environment, folder),
            description=f"Function {id_}: {spec.description}",
            trust=policies.trust_lambda(),
            boundary_arn=boundary_arn(config.aws_account_id, config.environment),
        )
        self.permissions: list[IamRolePolicy] = []
        self.attach(
            "write-log",
            policies.allow(
                "WriteLog",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                # A stream is created in the group's ARN, and written by its own.
                [log_group.arn, f"{log_group.arn}:log-stream:*"],
            ),
        )
        self._function = LambdaFunction(
            self,
            "function",
            function_name=naming.resource(config.environment, id_),
            description=spec.description,
            role=self.role.role_arn,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=f"functions.{folder}.handler.handle",
            memory_size=spec.memory_mb,
            timeout=timeout_s or spec.timeout_s,
            environment=LambdaFunctionEnvironment(
                variables={"ENVIRONMENT": config.environment, **environment}
            ),
            logging_config=LambdaFunctionLoggingConfig(
                log_format="JSON",
                log_group=log_group.name,
                application_log_level="INFO",
                system_log_level="INFO",
            ),
            **packaging.code_arguments(folder, config.functions.code),
            depends_on=[log_group],
        )
        self.function_name: str = self._function.function_name
        self.function_arn: str = self._function.arn
        self.invoke_arn: str = self._function.invoke_arn

    def attach(self, name: str, *statements: policies.Statement) -> None:
        """Give the function's role these permissions as one inline policy."""
        self.permissions.append(self.role.attach(name, *statements))

    def allow_invocation(
        self, id_: str, *, service: str, source_arn: str, depends_on: Sequence[Any] = ()
    ) -> LambdaPermission:
        """Let an AWS service invoke the function for one resource of its."""
        return LambdaPermission(
            self,
            id_,
            statement_id=id_,
            action="lambda:InvokeFunction",
            function_name=self.function_name,
            principal=service,
            source_arn=source_arn,
            depends_on=list(depends_on) or None,
        )

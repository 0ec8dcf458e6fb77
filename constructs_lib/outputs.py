"""What an environment tells the application and `ops`: Terraform outputs, and the same as SSM parameters."""

from __future__ import annotations

from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import Grantee
from environments import EnvironmentConfig, naming


class Outputs:
    """Publishes under the names that the application's `.env` has in capitals.

    A parameter of each lies under `/spec-wizard/<environment>/`, so that an application that runs on AWS can
    read them all by one path at its start. None of them is secret.
    """

    def __init__(self, scope: Construct, *, config: EnvironmentConfig) -> None:
        self._scope, self._config = scope, config
        self._parameters = Construct(scope, "parameters")

    def publish(self, **outputs: str) -> None:
        """name -> value."""
        for name, value in outputs.items():
            TerraformOutput(self._scope, name, value=value)
            SsmParameter(
                self._parameters,
                name.replace("_", "-"),
                name=naming.parameter(self._config.environment, name),
                type="String",
                # `value` would be hidden in plans, as if it were a secret.
                insecure_value=value,
                # One that a killed apply made cannot be imported: the provider reads it into `value`, and the
                # plan would never be empty again.
                overwrite=True,
            )

    def grant_read(self, grantee: Grantee) -> None:
        """Read the parameters by their path, which ends in a slash: `/spec-wizard/<environment>/`."""
        config = self._config
        path = naming.parameter(config.environment, "*")
        grantee.attach(
            "read-outputs",
            policies.allow(
                "ReadOutputs",
                ["ssm:GetParametersByPath"],
                [f"arn:aws:ssm:{config.aws_region}:{config.aws_account_id}:parameter{path}"],
            ),
        )

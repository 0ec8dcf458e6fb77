"""Security: customer keys, secrets, and roles (seed, "Security Stack").

Grants are not made here: the owner of a resource grants access to it, with the key permission included.
"""

from __future__ import annotations

from typing import Protocol

from cdktf import TerraformProvider, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.kms_key_policy import KmsKeyPolicy
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from constructs import Construct

from constructs_lib import policies
from constructs_lib.ci.permissions import boundary_arn
from environments import EnvironmentConfig, naming


class Grantee(Protocol):
    """Whatever can be given permissions."""

    def attach(self, name: str, *statements: policies.Statement) -> object:
        """Give these permissions as one inline policy of that name."""


class CustomerKey(Construct):
    """A customer managed KMS key with an alias and one key policy, rotated every year.

    The policy is a resource of its own, so that the key exists before what its policy names (trap 2).
    Whoever needs a statement of it to be in force depends on `policy_resource`.
    provider: of another region; None is the stack's own.

    Attributes: `key_arn`, `policy_resource`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        alias: str,
        description: str,
        account_id: str,
        deletion_window_days: int,
        protected: bool,
        provider: TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._key = KmsKey(
            self,
            "key",
            provider=provider,
            description=description,
            enable_key_rotation=True,
            deletion_window_in_days=deletion_window_days,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if protected else None,
        )
        KmsAlias(self, "alias", provider=provider, name=alias, target_key_id=self._key.key_id)
        self._statements = [policies.key_administration(account_id)]
        self.policy_resource = KmsKeyPolicy(
            self,
            "policy",
            provider=provider,
            key_id=self._key.key_id,
            policy=policies.document(*self._statements),
        )
        self.key_arn: str = self._key.arn

    def allow(self, statement: policies.Statement) -> None:
        """Add a statement to the key policy, for an AWS service that uses the key in its own name."""
        self._statements.append(statement)
        self.policy_resource.policy = policies.document(*self._statements)


class Role(Construct):
    """An IAM role; permissions come from the grants of the resources it is passed to.

    boundary_arn: the policy beyond which no grant reaches: who deploys roles cannot widen himself by one.

    Attributes: `role_arn`, `role_name`.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, description: str, trust: str, boundary_arn: str
    ) -> None:
        super().__init__(scope, id_)
        self._role = IamRole(
            self,
            "role",
            name=name,
            description=description,
            assume_role_policy=trust,
            permissions_boundary=boundary_arn,
        )
        self.role_arn: str = self._role.arn
        self.role_name: str = self._role.name

    def attach(self, name: str, *statements: policies.Statement) -> IamRolePolicy:
        """One inline policy per grant, so that a plan shows each permission by name."""
        return IamRolePolicy(self, name, name=name, role=self._role.id, policy=policies.document(*statements))


class Secret(Construct):
    """A secret, created empty: its value is set by a command and never enters Terraform (trap 47).

    Attributes: `secret_arn`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        key: CustomerKey,
        region: str,
        recovery_window_days: int,
        protected: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._key, self._region = key, region
        self._secret = SecretsmanagerSecret(
            self,
            "secret",
            name=name,
            description=description,
            kms_key_id=key.key_arn,
            recovery_window_in_days=recovery_window_days,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if protected else None,
        )
        self.secret_arn: str = self._secret.arn

    def grant_read(self, grantee: Grantee) -> None:
        """Read the current value at run time."""
        grantee.attach(
            f"read-{self.node.id}",
            policies.allow("ReadSecret", ["secretsmanager:GetSecretValue"], [self.secret_arn]),
            policies.use_key(
                "DecryptSecret", self._key.key_arn, ["kms:Decrypt"], "secretsmanager", self._region
            ),
        )

    def grant_list_versions(self, grantee: Grantee) -> None:
        """See when each version of the value was set, but no value: that needs no key."""
        grantee.attach(
            f"list-versions-{self.node.id}",
            policies.allow("ListVersions", ["secretsmanager:ListSecretVersionIds"], [self.secret_arn]),
        )


class Security(Construct):
    """Keys for the table, the objects and the messages (logs, secrets, topics); secrets; the roles.

    Attributes: `table_key`, `objects_key`, `messages_key`: `CustomerKey`; `openai_secret`,
    `anthropic_secret`, `signing_secret`: `Secret`; `application`: `Role`. Each function has a role of its
    own: see `compute/function.py`.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig) -> None:
        super().__init__(scope, id_)
        self._config = config
        self.table_key = self._customer_key("table", "Items of the DynamoDB table")
        self.objects_key = self._customer_key("objects", "Objects of the exports bucket")
        self.messages_key = self._customer_key("messages", "Secrets, logs and notifications")
        self.openai_secret = self._secret("openai-api-key", "OpenAI API key")
        self.anthropic_secret = self._secret("anthropic-api-key", "Anthropic API key")
        self.signing_secret = self._secret("cloudfront-signing-key", "Private key that signs CloudFront URLs")
        self.application = self._role(
            "application",
            "What the Specification Wizard runs as",
            policies.trust_lambda_and_account(config.aws_account_id),
        )

    def _customer_key(self, purpose: str, encrypts: str) -> CustomerKey:
        return CustomerKey(
            self,
            f"{purpose}-key",
            alias=naming.key_alias(self._config.environment, purpose),
            description=f"{encrypts} of the Specification Wizard ({self._config.environment})",
            account_id=self._config.aws_account_id,
            deletion_window_days=self._config.security.key_deletion_window_days,
            protected=self._config.protected,
        )

    def _secret(self, name: str, description: str) -> Secret:
        return Secret(
            self,
            name,
            name=naming.secret(self._config.environment, name),
            description=f"{description}; its value is set outside Terraform",
            key=self.messages_key,
            region=self._config.aws_region,
            recovery_window_days=self._config.security.secret_recovery_window_days,
            protected=self._config.protected,
        )

    def _role(self, name: str, description: str, trust: str) -> Role:
        return Role(
            self,
            name,
            name=naming.role(self._config.environment, name),
            description=description,
            trust=trust,
            boundary_arn=boundary_arn(self._config.aws_account_id, self._config.environment),
        )

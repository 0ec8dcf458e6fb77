"""CI access: GitHub's workflows plan and deploy with short-lived credentials of roles, without any key."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from constructs_lib import policies
from constructs_lib.ci import policies as ci_policies
from constructs_lib.ci.permissions import Place
from constructs_lib.ci.smoke import smoke
from environments import Account, naming

SESSION_S = 3600
"""The shortest limit that IAM takes; a deployment is over by then."""


class CiRole(Construct):
    """A role for workflows with one managed policy per group: all of them exceed what a role takes inline.

    Attributes: `role_arn`.
    """

    def __init__(self, scope: Construct, id_: str, *, description: str, trust: str) -> None:
        super().__init__(scope, id_)
        self._name = id_
        self._role = IamRole(
            self,
            "role",
            name=naming.role(naming.ACCOUNT, id_),
            description=description,
            assume_role_policy=trust,
            max_session_duration=SESSION_S,
        )
        self.role_arn: str = self._role.arn

    def attach(self, group: str, *statements: policies.Statement) -> None:
        """Give these permissions as one managed policy."""
        policy = IamPolicy(
            self,
            f"{group}-policy",
            name=naming.resource(naming.ACCOUNT, f"{self._name}-{group}"),
            description=f"{group} for the role {self._name} of GitHub's workflows",
            policy=policies.document(*statements),
        )
        IamRolePolicyAttachment(self, group, role=self._role.name, policy_arn=policy.arn)


class CiAccess(Construct):
    """One role that plans every stack and one for each environment that deploys it.

    The account's own stack is deployed by people: whoever may change it may change these roles.

    Attributes: `plan_role_arn`, `deploy_role_arns`: environment -> ARN.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account, repository: str) -> None:
        super().__init__(scope, id_)
        self._account = account
        # No thumbprint: GitHub's certificate is checked against authorities that AWS trusts.
        self._github = IamOpenidConnectProvider(
            self, "github", url=f"https://{ci_policies.GITHUB}", client_id_list=[ci_policies.AUDIENCE]
        )
        plan = self._plan_role(repository)
        deploy = {name: self._deploy_role(repository, name) for name in account.environments}

        self.plan_role_arn: str = plan.role_arn
        self.deploy_role_arns: dict[str, str] = {name: role.role_arn for name, role in deploy.items()}

    def _place(self, environment: str) -> Place:
        return Place(self._account.aws_account_id, self._account.aws_region, environment)

    def _role(self, id_: str, description: str, subjects: list[str]) -> CiRole:
        trust = ci_policies.trust_workflows(self._github.arn, subjects)
        return CiRole(self, id_, description=description, trust=trust)

    def _plan_role(self, repository: str) -> CiRole:
        role = self._role(
            "plan", "GitHub's workflows plan every stack", ci_policies.plan_subjects(repository)
        )
        place, stacks = self._place("*"), [naming.ACCOUNT, *self._account.environments]
        role.attach("state", *ci_policies.state(place, stacks, write=False), *ci_policies.no_data(place))
        for group, statements in ci_policies.plan_services(place).items():
            role.attach(group, *statements)
        return role

    def _deploy_role(self, repository: str, environment: str) -> CiRole:
        role = self._role(
            f"deploy-{environment}",
            f"GitHub's workflows deploy {environment}",
            ci_policies.deploy_subjects(repository, environment),
        )
        place = self._place(environment)
        role.attach("state", *ci_policies.state(place, [environment], write=True))
        for group, statements in ci_policies.deploy_services(place).items():
            role.attach(group, *statements)
        role.attach("smoke", *smoke(place))
        return role


class RoleBoundaries(Construct):
    """The permissions boundary of each environment's roles, with workflows or without.

    The environments name it by its ARN, so that one configuration fits both.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account) -> None:
        super().__init__(scope, id_)
        for name in account.environments:
            place = Place(account.aws_account_id, account.aws_region, name)
            IamPolicy(
                self,
                name,
                name=naming.resource(naming.ACCOUNT, f"boundary-{name}"),
                description=f"The most that a role of {name} can do",
                policy=policies.document(*ci_policies.boundary(place)),
            )

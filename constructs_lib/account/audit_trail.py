"""Audit trail: who did what in the account, by CloudTrail (trap 49: one per account, not per environment)."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudtrail import (
    Cloudtrail,
    CloudtrailAdvancedEventSelector,
    CloudtrailAdvancedEventSelectorFieldSelector,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from constructs_lib import policies
from constructs_lib.private_bucket import PrivateBucket
from constructs_lib.security import CustomerKey
from environments import Account, naming
from environments.chat import FUNCTIONS

NONCURRENT_DAYS = 90
"""How long a file of the trail that was deleted or overwritten can be brought back."""


class AuditTrail(Construct):
    """A trail of all regions with its bucket, its key and a log group in which its events can be searched.

    Recorded are all management events and, because CloudTrail leaves data events out unless told:

    - every read and write of an object of the exports buckets. Who fetched a specification is what an audit
      asks first, and there are few: an upload, and a download when CloudFront has no copy.
    - every write to the tables, and every read by anybody but the application and its functions. Their own
      reads, about 200 in a session (the worker looks each second whether to stop), would be three quarters of
      all events and of their cost (0.10 USD for 100,000 events, and 0.50 USD for each GB in the log group;
      10,000 sessions are 2 million such reads, about 4 USD a month), and would say no more than the writes
      beside them. Their roles are named one by one: another role is recorded, whatever its name begins with.

    The bucket's default encryption is S3's own, for the digest files that prove that no file was changed:
    CloudTrail has had them encrypted so, whatever the trail's key. The log files are encrypted with the
    audit key, which the trail names. Nobody but CloudTrail can put an object there.

    Attributes: `bucket_name`, `log_group_name`, `trail_arn`.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account) -> None:
        super().__init__(scope, id_)
        self._account = account
        self._prefix = f"{account.aws_region}:{account.aws_account_id}"
        # Constructed, not referred to: bucket and key name the trail, and the trail them (trap 49).
        self.trail_arn = f"arn:aws:cloudtrail:{self._prefix}:trail/{naming.trail()}"
        log_group_name = naming.log_group(naming.ACCOUNT, "audit-trail")

        key = self._create_key(log_group_name)
        bucket = self._create_bucket()
        log_group = CloudwatchLogGroup(
            self,
            "log-group",
            name=log_group_name,
            retention_in_days=account.settings.trail_log_retention_days,
            kms_key_id=key.key_arn,
            depends_on=[key.policy_resource],
        )
        role, permission = self._create_role(log_group_name)
        Cloudtrail(
            self,
            "trail",
            name=naming.trail(),
            s3_bucket_name=bucket.bucket_name,
            kms_key_id=key.key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            cloud_watch_logs_group_arn=f"{log_group.arn}:*",
            cloud_watch_logs_role_arn=role.arn,
            advanced_event_selector=self._events(),
            # CloudTrail tries the bucket, the key and the role before it accepts them.
            depends_on=[bucket.last_setting, key.policy_resource, permission],
        )

        self.bucket_name: str = bucket.bucket_name
        self.log_group_name: str = log_group.name

    def _create_key(self, log_group_name: str) -> CustomerKey:
        account = self._account
        key = CustomerKey(
            self,
            "key",
            alias=naming.key_alias(naming.ACCOUNT, "audit"),
            description="Audit trail of the AWS account",
            account_id=account.aws_account_id,
            deletion_window_days=30 if account.protected else 7,
            protected=account.protected,
        )
        for statement in policies.key_for_trail(self.trail_arn, account.aws_account_id):
            key.allow(statement)
        log_group_arn = f"arn:aws:logs:{self._prefix}:log-group:{log_group_name}"
        key.allow(policies.key_for_log_groups([log_group_arn], account.aws_region))
        return key

    def _create_bucket(self) -> PrivateBucket:
        account = self._account
        bucket = PrivateBucket(
            self,
            "files",
            name=naming.trail_bucket(account.aws_account_id),
            versioning=True,
            key=None,
            protected=account.protected,
        )
        bucket.allow(*policies.allow_trail(bucket.bucket_arn, self.trail_arn, account.aws_account_id))
        bucket.write_policy()
        bucket.set_lifecycle(
            expire_after_days=account.settings.trail_retention_days,
            noncurrent_retention_days=NONCURRENT_DAYS,
        )
        return bucket

    def _create_role(self, log_group_name: str) -> tuple[IamRole, IamRolePolicy]:
        """What CloudTrail writes the log group as.

        Its trust can have no aws:SourceArn or aws:SourceAccount: CloudTrail sends none here (user guide,
        "Role policy document for CloudTrail to use CloudWatch Logs").
        """
        role = IamRole(
            self,
            "role",
            name=naming.role(naming.ACCOUNT, "audit-trail-logs"),
            description="CloudTrail writes its log group",
            assume_role_policy=policies.trust_service("cloudtrail.amazonaws.com"),
        )
        streams = f"log-stream:{self._account.aws_account_id}_CloudTrail_{self._account.aws_region}*"
        permission = IamRolePolicy(
            self,
            "write-log",
            name="write-log",
            role=role.id,
            policy=policies.document(
                policies.allow(
                    "WriteLog",
                    ["logs:CreateLogStream", "logs:PutLogEvents"],
                    [f"arn:aws:logs:{self._prefix}:log-group:{log_group_name}:{streams}"],
                )
            ),
        )
        return role, permission

    def _events(self) -> list[CloudtrailAdvancedEventSelector]:
        """Buckets and tables by their names: the environments are stacks of their own, deployed later."""
        environments, account_id = self._account.environments, self._account.aws_account_id
        buckets = [f"arn:aws:s3:::{naming.exports_bucket(name, account_id)}/" for name in environments]
        # Without generation: a table that was restored (…-r2) begins with the same name.
        tables = [f"arn:aws:dynamodb:{self._prefix}:table/{naming.table(name)}" for name in environments]
        application = [
            f"arn:aws:sts::{account_id}:assumed-role/{role}/"
            for name in environments
            for role in (
                naming.role(name, "application"),
                *(naming.function_role(name, function) for function in FUNCTIONS),
            )
        ]
        of_tables = {"resources.type": ["AWS::DynamoDB::Table"]}
        return [
            _selector("Management events", "Management"),
            _selector(
                "Objects of the exports buckets",
                "Data",
                {"resources.type": ["AWS::S3::Object"]},
                starts={"resources.ARN": buckets},
            ),
            _selector(
                "Writes to the tables",
                "Data",
                of_tables | {"readOnly": ["false"]},
                starts={"resources.ARN": tables},
            ),
            _selector(
                "Reads of the tables by others than the application",
                "Data",
                of_tables | {"readOnly": ["true"]},
                starts={"resources.ARN": tables},
                not_starts={"userIdentity.arn": application},
            ),
        ]


def _selector(
    name: str,
    category: str,
    equals: dict[str, list[str]] | None = None,
    starts: dict[str, list[str]] | None = None,
    not_starts: dict[str, list[str]] | None = None,
) -> CloudtrailAdvancedEventSelector:
    """Events for which all fields are as given."""
    fields = [
        *(
            {"field": f, "equal_to": values}
            for f, values in {"eventCategory": [category], **(equals or {})}.items()
        ),
        *({"field": f, "starts_with": values} for f, values in (starts or {}).items()),
        *({"field": f, "not_starts_with": values} for f, values in (not_starts or {}).items()),
    ]
    return CloudtrailAdvancedEventSelector(
        name=name,
        field_selector=[CloudtrailAdvancedEventSelectorFieldSelector(**field) for field in fields],
    )

"""What a trail of CloudTrail needs before AWS makes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, Statement, allow, document, unique

SERVICE = "cloudtrail.amazonaws.com"


def by_cloudtrail(action: str, resource: str, **conditions: str) -> Statement:
    """A statement that lets CloudTrail do this where all the keys have these values."""
    equal = {key.replace("__", ":").replace("_", "-"): value for key, value in conditions.items()}
    return {**allow(action, resource, StringEquals=equal), "Principal": {"Service": SERVICE}}


@dataclass(frozen=True)
class Trail:
    """A trail that is not there yet, and what it is to write to."""

    cloud: Cloud
    name: str
    bucket: str
    key: str
    log_group: str
    role: str

    @property
    def arn(self) -> str:
        """The ARN that it will have."""
        return f"arn:aws:cloudtrail:{REGION}:{ACCOUNT_ID}:trail/{self.name}"

    @property
    def settings(self) -> dict[str, Any]:
        """What CreateTrail is given."""
        return {
            "Name": self.name,
            "S3BucketName": self.bucket,
            "KmsKeyId": self.key,
            "CloudWatchLogsLogGroupArn": f"{self.log_group}:*",
            "CloudWatchLogsRoleArn": self.role,
            "IsMultiRegionTrail": True,
            "TagsList": [{"Key": "Owner", "Value": "us"}],
        }

    def bucket_statements(self, source: str | None = None) -> list[Statement]:
        """As in the user guide; source: the trail's ARN where it is another one."""
        bucket, arn = f"arn:aws:s3:::{self.bucket}", source or self.arn
        return [
            by_cloudtrail("s3:GetBucketAcl", bucket, aws__SourceArn=arn),
            by_cloudtrail(
                "s3:PutObject",
                f"{bucket}/AWSLogs/{ACCOUNT_ID}/*",
                aws__SourceArn=arn,
                s3__x_amz_acl="bucket-owner-full-control",
            ),
        ]

    def key_statements(self, source: str | None = None) -> list[Statement]:
        """As in the user guide; source: the trail's ARN where it is another one."""
        arn = source or self.arn
        return [
            by_cloudtrail("kms:GenerateDataKey*", "*", aws__SourceArn=arn),
            by_cloudtrail("kms:DescribeKey", "*", aws__SourceArn=arn),
        ]

    def set_bucket_policy(self, *statements: Statement) -> None:
        """Replaces the bucket's policy."""
        self.cloud.client("s3").put_bucket_policy(Bucket=self.bucket, Policy=document(*statements))

    def set_key_policy(self, *statements: Statement) -> None:
        """Replaces the key's policy, the account's own statement aside."""
        root = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, **allow("kms:*", "*")}
        self.cloud.client("kms").put_key_policy(
            KeyId=self.key, PolicyName="default", Policy=document(root, *statements)
        )

    def set_role(self, trusted: str = SERVICE, actions: tuple[str, ...] | None = None) -> None:
        """Sets whom the role trusts and what it may do with the log group's streams."""
        iam, name = self.cloud.client("iam"), self.role.rpartition("/")[2]
        trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(trust))
        writes = list(actions or ("logs:CreateLogStream", "logs:PutLogEvents"))
        streams = f"{self.log_group}:log-stream:{ACCOUNT_ID}_CloudTrail_{REGION}*"
        policy = document(allow(writes, streams))
        iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=policy)


def trail(cloud: Cloud) -> Trail:
    """One for which everything is ready."""
    name, group = unique("trail"), unique("log-group")
    cloud.client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}"
    made = Trail(cloud, name, cloud.bucket(), cloud.key(), arn, cloud.role(allow("logs:*", "*")))
    made.set_bucket_policy(*made.bucket_statements())
    made.set_key_policy(*made.key_statements())
    made.set_role()
    return made

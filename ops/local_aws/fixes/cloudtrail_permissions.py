"""What CloudTrail tries before it makes or changes a trail: its bucket, its key and its log group.

Upstream, MiniStack 1.5.33: services/cloudtrail.py, _create_trail and _update_trail store the names of
bucket, key, log group and role without looking at them. On AWS a trail is refused unless CloudTrail can
write to all of them, so that a missing statement fails there at the first deployment. The fix asks for what
a request names, with the ARN that the trail has or will have:

- the bucket's policy for s3:GetBucketAcl and s3:PutObject (user guide, "Amazon S3 bucket policy for
  CloudTrail"), with aws:SourceArn, aws:SourceAccount and s3:x-amz-acl;
- the key's policy and state for kms:GenerateDataKey and kms:DescribeKey (user guide, "Configure AWS KMS key
  policies for CloudTrail"), with the encryption context;
- the role's trust in CloudTrail, without aws:SourceArn, and its permissions on the log stream.

Nothing is delivered to any of them, and organization trails are not covered.
"""

from __future__ import annotations

from typing import Any

from ops.local_aws.fixes.service_principals import allows

CLOUDTRAIL = "cloudtrail.amazonaws.com"
WRITES_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")

Request = dict[str, Any]


class Refused(Exception):
    """An error answer: its code, and the message."""


def install() -> None:
    """Puts the checks before the two actions."""
    from ministack.services import cloudtrail

    for action in ("CreateTrail", "UpdateTrail"):
        cloudtrail._DISPATCH[action] = _checked(action, cloudtrail._DISPATCH[action])


def _checked(action: str, inner: Any) -> Any:
    from ministack.services import cloudtrail

    def act(request: Request) -> Any:
        name = request.get("Name", "").strip()
        known = cloudtrail._find_mutable_trail(name)[2] or {}
        if not name or bool(known) != (action == "UpdateTrail"):
            return inner(request)
        arn, wanted = known.get("TrailARN") or cloudtrail._trail_arn(name), {**known, **request}
        try:
            if not known or request.keys() & {"S3BucketName", "S3KeyPrefix"}:
                _check_bucket(wanted, arn)
            key = _check_key(request.get("KmsKeyId"), arn)
            if request.keys() & {"CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"}:
                _check_log_group(wanted, arn)
        except Refused as refused:
            return cloudtrail._err(*refused.args)
        return inner({**request, "KmsKeyId": key} if key else request)

    return act


def _source(arn: str) -> dict[str, str]:
    return {"aws:sourcearn": arn, "aws:sourceaccount": arn.split(":")[4]}


def _check_bucket(trail: Request, arn: str) -> None:
    from ministack.services import s3

    bucket, prefix = trail.get("S3BucketName", ""), trail.get("S3KeyPrefix")
    owner = s3._bucket_owner_account(bucket)
    if owner is None:
        raise Refused("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    policy = s3._bucket_policies.get_scoped(owner, None, bucket)
    bucket_arn, source = f"arn:aws:s3:::{bucket}", _source(arn)
    files = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    file = f"{bucket_arn}/{files}/{source['aws:sourceaccount']}/CloudTrail/file.json.gz"
    with_acl = source | {"s3:x-amz-acl": "bucket-owner-full-control"}
    if not (
        allows(policy, CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn, source)
        and allows(policy, CLOUDTRAIL, "s3:PutObject", file, with_acl)
    ):
        message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        raise Refused("InsufficientS3BucketPolicyException", message)


def _check_key(reference: str | None, arn: str) -> str | None:
    """ARN of the key that the request names, if it names one."""
    from ministack.services import kms

    if not reference:
        return None
    key = kms._resolve_key(reference)
    if key is None:
        raise Refused("KmsKeyNotFoundException", f"KMS key {reference} not found")
    if kms._check_key_state(key) is not None:
        raise Refused("KmsKeyDisabledException", f"KMS key {reference} is disabled")
    policy, _ = kms.key_policy_for_arn(key["Arn"])
    encrypts = _source(arn) | {
        "kms:encryptioncontext:aws:cloudtrail:arn": arn,
        "kms:encryptioncontextkeys": ["aws:cloudtrail:arn"],
    }
    if not (
        allows(policy, CLOUDTRAIL, "kms:GenerateDataKey", key["Arn"], encrypts)
        and allows(policy, CLOUDTRAIL, "kms:DescribeKey", key["Arn"], _source(arn))
    ):
        message = f"Insufficient permissions to access KMS key {reference}"
        raise Refused("InsufficientEncryptionPolicyException", message)
    return str(key["Arn"])


def _check_log_group(trail: Request, arn: str) -> None:
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region
    from ministack.services import cloudwatch_logs, iam

    group, role = trail.get("CloudWatchLogsLogGroupArn"), trail.get("CloudWatchLogsRoleArn")
    if not group and not role:
        return
    name = str(group).removesuffix(":*").rpartition(":log-group:")[2]
    if not group or name not in cloudwatch_logs._log_groups:
        message = "Please specify a valid log group ARN"
        raise Refused("InvalidCloudWatchLogsLogGroupArnException", message)
    account, role_name = arn.split(":")[4], str(role).rpartition("/")[2]
    found = iam._roles.get_scoped(account, None, role_name) or {}
    if not allows(found.get("AssumeRolePolicyDocument"), CLOUDTRAIL, "sts:AssumeRole", str(role), {}):
        message = "Access denied. Check the trust relationships for your role."
        raise Refused("InvalidCloudWatchLogsRoleArnException", message)
    stream = f"{group.removesuffix(':*')}:log-stream:{account}_CloudTrail_{get_region()}"
    policies = iam_evaluator._gather_role_policies(role_name, account)
    for action in WRITES_LOG:
        caller = iam_evaluator.EvalContext(str(role), "AssumedRole", account, action, stream, get_region())
        if iam_evaluator.evaluate(caller, policies).decision != "Allow":
            message = "Access denied. Check the permissions for your role."
            raise Refused("InvalidCloudWatchLogsRoleArnException", message)

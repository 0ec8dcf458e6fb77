"""What every stack has, whatever it holds: the AWS provider and the remote state."""

from __future__ import annotations

from typing import Literal

from cdktf import S3Backend, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags

from environments import naming

US_EAST_1 = "us-east-1"


def provide(
    stack: TerraformStack, *, account_id: str, region: str, environment: str, with_us_east_1: bool = False
) -> AwsProvider | None:
    """The AWS provider, with the one source of tags.

    A profile of another account fails before anything is planned.

    Returns a second one, with the alias `us_east_1`, for what AWS has in us-east-1 alone; None where the
    region is us-east-1 or none is asked for: `provider=None` is the first one.
    """
    _provider(stack, "aws", account_id, region, environment)
    if region == US_EAST_1 or not with_us_east_1:
        return None
    return _provider(stack, "aws-us-east-1", account_id, US_EAST_1, environment, alias="us_east_1")


def _provider(
    stack: TerraformStack, id_: str, account_id: str, region: str, environment: str, alias: str | None = None
) -> AwsProvider:
    return AwsProvider(
        stack,
        id_,
        alias=alias,
        region=region,
        allowed_account_ids=[account_id],
        default_tags=[
            AwsProviderDefaultTags(
                tags={"Project": naming.PROJECT, "Environment": environment, "ManagedBy": "terraform"}
            )
        ],
    )


def keep_state(
    stack: TerraformStack,
    *,
    account_id: str,
    region: str,
    environment: str,
    lock: Literal["both", "dynamodb", "lockfile"] = "both",
) -> None:
    """Remote state in S3, locked by a DynamoDB item, by a lock file beside the state, or by both.

    Terraform before 1.10 knows only the item, after 1.11 the item is deprecated: with both, every
    version in use honours one lock. `ops bootstrap` makes the bucket, the table and the key.
    """
    S3Backend(
        stack,
        bucket=naming.state_bucket(account_id, region),
        key=naming.state_key(environment),
        region=region,
        encrypt=True,
        kms_key_id=naming.state_kms_key_arn(account_id, region),
        dynamodb_table=naming.LOCK_TABLE if lock in ("both", "dynamodb") else None,
        allowed_account_ids=[account_id],
    )
    if lock in ("both", "lockfile"):
        # cdktf 0.21.0 has no such argument: it was written before Terraform 1.10.
        stack.add_override("terraform.backend.s3.use_lockfile", True)

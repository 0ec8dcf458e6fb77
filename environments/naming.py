"""Physical names, computed in one place.

Every name that must be known on two sides (a construct and a command, two stacks, a policy and the
resource it names) comes from here, so that no stack has to look another one's names up.
"""

from __future__ import annotations

PROJECT = "spec-wizard"

LOCK_TABLE = f"{PROJECT}-tflock"
"""DynamoDB table of the Terraform state locks, one per account and region (hash key `LockID`)."""

STATE_KEY_ALIAS = f"alias/{PROJECT}-tfstate"
"""Alias of the customer key that encrypts the state bucket and the lock table."""


def state_bucket(account_id: str, region: str) -> str:
    """Bucket of the Terraform states, one per account and region; 12 + 17 + 2 + region characters."""
    return f"{PROJECT}-tfstate-{account_id}-{region}"


def state_log_bucket(account_id: str, region: str) -> str:
    """Bucket that receives the server access logs of the state bucket."""
    return f"{PROJECT}-tfstate-logs-{account_id}-{region}"


def state_key(environment: str) -> str:
    """Object key of an environment's state; its lock file is the same key with `.tflock` behind it."""
    return f"{environment}/terraform.tfstate"


def state_kms_key_arn(account_id: str, region: str) -> str:
    """ARN of `STATE_KEY_ALIAS`, the form in which Terraform's S3 backend takes a key by alias."""
    return f"arn:aws:kms:{region}:{account_id}:{STATE_KEY_ALIAS}"


def table(environment: str, generation: int = 1) -> str:
    """The single DynamoDB table. A restore makes a new one: the next generation (`…-r2`)."""
    return f"{PROJECT}-sessions-{environment}" + (f"-r{generation}" if generation > 1 else "")


def exports_bucket(environment: str, account_id: str) -> str:
    """Bucket of the PDFs and other exports. Bucket names are global, hence the account."""
    return f"{PROJECT}-exports-{environment}-{account_id}"


def logs_bucket(environment: str, account_id: str) -> str:
    """Bucket that receives access logs."""
    return f"{PROJECT}-logs-{environment}-{account_id}"


def key_alias(environment: str, purpose: str) -> str:
    """Alias of a customer key; `purpose` is table, objects, messages or backup."""
    return f"alias/{PROJECT}-{environment}-{purpose}"


def secret(environment: str, name: str) -> str:
    """Secrets Manager name, for example `spec-wizard/dev/openai-api-key`."""
    return f"{PROJECT}/{environment}/{name}"


def role(environment: str, name: str) -> str:
    """IAM role name. IAM is global in an account, hence the environment."""
    return resource(environment, name)


def function_role(environment: str, function: str) -> str:
    """Role of a Lambda function; `function` is its folder, such as `chat_worker`."""
    return role(environment, f"function-{function.replace('_', '-')}")


def log_group(environment: str, name: str) -> str:
    """CloudWatch log group name, for example `/spec-wizard/dev/application`."""
    return f"/{PROJECT}/{environment}/{name}"


ACCOUNT = "account"
"""Stands where an environment's name stands, in the names of what exists once per AWS account."""


def resource(environment: str, name: str) -> str:
    """Any other name that must be unique in the account, for example `spec-wizard-dev-downloads`."""
    return f"{PROJECT}-{environment}-{name}"


def configuration_set(environment: str) -> str:
    """SES configuration set."""
    return f"{PROJECT}-{environment}"


def email_template(environment: str, name: str) -> str:
    """SES template, for example `spec-wizard-dev-export`."""
    return resource(environment, name)


def trail() -> str:
    """CloudTrail's trail of the account."""
    return f"{PROJECT}-audit"


def trail_bucket(account_id: str) -> str:
    """Bucket of the trail's files."""
    return f"{PROJECT}-audit-{account_id}"


def parameter(environment: str, output: str) -> str:
    """SSM parameter of an output, for example `/spec-wizard/dev/s3_bucket_name`."""
    return f"/{PROJECT}/{environment}/{output}"


def restore_testing_plan(environment: str) -> str:
    """Of AWS Backup, which takes letters, digits and underscores only."""
    return f"{PROJECT}-{environment}".replace("-", "_")


RESTORE_TESTS = "awsbackup-restore-test-"
"""With which AWS Backup begins the names of the tables that its restore tests make and delete again.
Source: AWS Backup developer guide, "Restore testing inferred metadata"."""

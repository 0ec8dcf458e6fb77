"""Policies of the roles that GitHub's workflows take: who may take them, the remote state, and the limits."""

from __future__ import annotations

from typing import Any

from constructs_lib import policies
from constructs_lib.ci.permissions import Place, actions
from constructs_lib.ci.services import permissions
from environments import naming

GITHUB = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"

Statements = list[policies.Statement]


def trust_workflows(provider_arn: str, subjects: list[str]) -> str:
    """Workflows with one of these `sub` claims, exactly: somebody may make a name that a pattern meets.

    Source: GitHub's documentation, "Configuring OpenID Connect in Amazon Web Services".
    """
    return policies.document(
        {
            "Sid": "Workflows",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{GITHUB}:aud": AUDIENCE, f"{GITHUB}:sub": subjects}},
        }
    )


def plan_subjects(repository: str) -> list[str]:
    """Pull requests, and runs on main: those that look for drift."""
    return [f"repo:{repository}:pull_request", f"repo:{repository}:ref:refs/heads/main"]


def deploy_subjects(repository: str, environment: str) -> list[str]:
    """Jobs of the GitHub environment of the same name, whose reviewers and branches GitHub enforces."""
    return [f"repo:{repository}:environment:{environment}"]


def state(place: Place, stacks: list[str], *, write: bool) -> Statements:
    """The remote state of these stacks, and its locks: a plan takes and releases them like an apply.

    The lock table's items are told apart by their key: the state's, with `-md5` behind it for its checksum.
    """
    bucket = naming.state_bucket(place.account_id, place.region)
    objects = [f"arn:aws:s3:::{bucket}/{naming.state_key(stack)}" for stack in stacks]
    items = [f"{bucket}/{naming.state_key(stack)}" for stack in stacks]
    digests = [f"{item}-md5" for item in items]
    table = place.arns("dynamodb", f"table/{naming.LOCK_TABLE}")

    def of_items(leading_keys: list[str]) -> dict[str, Any]:
        return {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": leading_keys}}

    return [
        # Without it a state that is not there yet would look like a forbidden one.
        policies.allow("ListStates", ["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        policies.allow("ReadStates", ["s3:GetObject"], [*objects, *_account_state(bucket)]),
        *([policies.allow("WriteStates", ["s3:PutObject"], objects)] if write else []),
        policies.allow(
            "LockFiles",
            actions("s3", "GetObject PutObject DeleteObject"),
            [f"{name}.tflock" for name in objects],
        ),
        policies.allow("ReadLocks", ["dynamodb:GetItem"], table, of_items([*items, *digests])),
        policies.allow(
            "WriteLocks",
            actions("dynamodb", "PutItem DeleteItem"),
            table,
            of_items([*items, *(digests if write else [])]),
        ),
        policies.allow(
            "StateKey",
            actions("kms", "Decrypt GenerateDataKey DescribeKey"),
            place.arns("kms", "key/*"),
            {"ForAnyValue:StringEquals": {"kms:ResourceAliases": naming.STATE_KEY_ALIAS}},
        ),
    ]


def _account_state(bucket: str) -> list[str]:
    """Before an environment is deployed, its account's stack is asked for."""
    return [f"arn:aws:s3:::{bucket}/{naming.state_key(naming.ACCOUNT)}"]


def deploy_services(place: Place) -> dict[str, Statements]:
    """Everything that an environment's stack is made of, and nothing of another one's; by group."""
    return {name: [p.deploy() for p in group] for name, group in permissions(place).items()}


def plan_services(place: Place) -> dict[str, Statements]:
    """What a plan of any stack reads: settings, never data. `place` is of the environment "*"."""
    groups = {name: [s for p in group for s in p.plan()] for name, group in permissions(place).items()}
    return {**groups, "account": _account_stack(place)}


def _account_stack(place: Place) -> Statements:
    """Reads of what only the account's stack has."""
    account = place.account_id
    return [
        policies.allow(
            "Trail",
            actions("cloudtrail", "GetTrail GetTrailStatus GetEventSelectors GetInsightSelectors ListTags"),
            place.arns("cloudtrail", f"trail/{naming.trail()}"),
        ),
        policies.allow(
            "TrailBucket",
            next(p.reads for p in permissions(place)["data"] if p.sid == "Buckets"),
            [f"arn:aws:s3:::{naming.trail_bucket(account)}"],
        ),
        policies.allow(
            "GitHub",
            actions(
                "iam", "GetOpenIDConnectProvider GetPolicy GetPolicyVersion ListPolicyVersions ListPolicyTags"
            ),
            [
                f"arn:aws:iam::{account}:oidc-provider/{GITHUB}",
                f"arn:aws:iam::{account}:policy/{naming.resource(naming.ACCOUNT, '*')}",
            ],
        ),
        policies.allow(
            "MailIdentities",
            actions("ses", "GetEmailIdentity ListTagsForResource"),
            place.arns("ses", "identity/*"),
        ),
        policies.allow(
            "Analyzer",
            actions("access-analyzer", "GetAnalyzer ListTagsForResource"),
            place.arns("access-analyzer", f"analyzer/{naming.resource(naming.ACCOUNT, '*')}"),
        ),
        policies.allow("ApiGateway", ["apigateway:GET"], [f"arn:aws:apigateway:{place.region}::/account"]),
        policies.allow(
            "Budgets",
            actions("budgets", "ViewBudget ListTagsForResource"),
            [f"arn:aws:budgets::{account}:budget/{naming.resource(naming.ACCOUNT, '*')}"],
        ),
        policies.allow(
            "Anomalies",
            actions("ce", "ListTagsForResource"),
            [f"arn:aws:ce::{account}:anomalymonitor/*", f"arn:aws:ce::{account}:anomalysubscription/*"],
        ),
        # AWS checks no resource for these.
        policies.allow(
            "SettingsOfTheAccount",
            ["cloudtrail:DescribeTrails", "ses:GetAccount", "s3:GetAccountPublicAccessBlock"],
            ["*"],
        ),
        # Lists. What a plan would create is looked for in them: an apply that was cut off may have made it.
        policies.allow(
            "ListsOfTheAccount",
            [
                *actions("iam", "ListPolicies ListOpenIDConnectProviders"),
                *actions("ce", "GetAnomalyMonitors GetAnomalySubscriptions"),
            ],
            ["*"],
        ),
    ]


def no_data(place: Place) -> Statements:
    """Refuses what the people's data is in, whatever else may be attached to the role one day."""
    bucket = naming.state_bucket(place.account_id, place.region)

    def deny(sid: str, names: list[str], **rest: Any) -> policies.Statement:
        return {"Sid": sid, "Effect": "Deny", "Action": names, **rest}

    return [
        deny(
            "NoObjects",
            actions("s3", "GetObject GetObjectVersion"),
            NotResource=[f"arn:aws:s3:::{bucket}/*"],
        ),
        deny(
            "NoItems",
            actions("dynamodb", "GetItem BatchGetItem Query Scan PartiQLSelect GetRecords"),
            NotResource=place.arns("dynamodb", f"table/{naming.LOCK_TABLE}"),
        ),
        deny(
            "NoSecretsMessagesOrLogs",
            [
                *actions("secretsmanager", "GetSecretValue BatchGetSecretValue"),
                *actions("sqs", "ReceiveMessage"),
                *actions("logs", "GetLogEvents FilterLogEvents StartQuery"),
            ],
            Resource="*",
        ),
    ]


def boundary(place: Place) -> Statements:
    """The most that a role of an environment can do, whatever its own policies say: use what is its own.

    A new grant in a construct that is not among these is refused until it is added here; that is the price of
    roles that a pipeline may write.
    """
    environment, account = place.environment, place.account_id
    return [
        policies.allow(
            "Items",
            [
                *actions(
                    "dynamodb", "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem BatchWriteItem"
                ),
                *actions("dynamodb", "ConditionCheckItem"),
                *actions("dynamodb", "DescribeStream GetShardIterator GetRecords ListStreams"),
            ],
            place.arns("dynamodb", f"table/{naming.table(environment)}*"),
        ),
        policies.allow(
            "Objects",
            actions("s3", "ListBucket GetObject PutObject DeleteObject"),
            [f"arn:aws:s3:::{naming.exports_bucket(environment, account)}{end}" for end in ("", "/*")],
        ),
        policies.allow(
            "Keys",
            actions("kms", "Decrypt GenerateDataKey DescribeKey"),
            place.arns("kms", "key/*"),
            place.tagged,
        ),
        policies.allow(
            "Secrets",
            actions("secretsmanager", "GetSecretValue ListSecretVersionIds"),
            place.arns("secretsmanager", f"secret:{naming.secret(environment, '*')}"),
        ),
        policies.allow(
            "Parameters",
            actions("ssm", "GetParameter GetParameters GetParametersByPath"),
            place.arns("ssm", f"parameter{naming.parameter(environment, '*')}"),
        ),
        policies.allow(
            "Logs",
            actions("logs", "CreateLogStream PutLogEvents"),
            place.arns("logs", f"log-group:{naming.log_group(environment, '*')}"),
        ),
        policies.allow(
            "Mail",
            actions("ses", "SendEmail SendTemplatedEmail"),
            place.arns(
                "ses",
                "identity/*",
                f"configuration-set/{naming.configuration_set(environment)}",
                f"template/{naming.email_template(environment, '*')}",
            ),
        ),
        policies.allow(
            "Queues",
            actions(
                "sqs", "SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes"
            ),
            place.arns("sqs", place.prefix),
        ),
        policies.allow("Topics", ["sns:Publish"], place.arns("sns", place.prefix)),
        *_backups(place),
        # To clients of a stage of the environment's name; which API is its own, its id does not tell.
        policies.allow(
            "Connections",
            ["execute-api:ManageConnections"],
            place.arns("execute-api", f"*/{environment}/POST/@connections/*"),
        ),
    ]


def _backups(place: Place) -> Statements:
    """What AWS Backup does under a role of the environment; see `constructs_lib/backup.py`."""
    table = f"table/{naming.table(place.environment)}*"
    return [
        policies.allow(
            "BackUp",
            actions("dynamodb", "DescribeTable ListTagsOfResource StartAwsBackupJob"),
            place.arns("dynamodb", table),
        ),
        policies.allow(
            "RestoreTests",
            actions(
                "dynamodb",
                "RestoreTableFromAwsBackup DescribeTable GetItem Query Scan PutItem UpdateItem DeleteItem"
                " BatchWriteItem",
            ),
            place.arns("dynamodb", f"table/{naming.RESTORE_TESTS}*"),
        ),
        policies.allow(
            "Vault",
            actions("backup", "DescribeBackupVault CopyIntoBackupVault TagResource"),
            place.arns("backup", f"backup-vault:{place.prefix}", "recovery-point:*"),
        ),
        policies.allow(
            "KeysOfBackups",
            actions("kms", "Encrypt ReEncryptFrom ReEncryptTo CreateGrant"),
            place.arns("kms", "key/*"),
            place.tagged,
        ),
    ]

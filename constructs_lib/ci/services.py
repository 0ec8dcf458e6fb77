"""What Terraform asks of each AWS service for an environment's stack; the roles of pipelines are made of it.

The actions are those that provider 5.100.0 was seen to call, those of its updates (its source), what AWS
checks behind them, and the lists in which `ops/adoption` looks for what a plan would create. The names follow
AWS's service authorization reference. Keys and roles are in `ci/security.py`, CloudFront in `ci/edge.py`,
functions and the chat's API in `ci/compute.py`, AWS Backup in `ci/backup.py`; what `ops smoke` asks for after
an apply, in `ci/smoke.py`.
"""

from __future__ import annotations

from constructs_lib.ci.backup import backup
from constructs_lib.ci.compute import compute
from constructs_lib.ci.edge import edge
from constructs_lib.ci.monitoring import monitoring
from constructs_lib.ci.permissions import Permission, Place, actions
from constructs_lib.ci.security import keys, roles
from environments import naming


def permissions(place: Place) -> dict[str, list[Permission]]:
    """Everything that an environment's stack is made of, in groups that fit into one managed policy each."""
    return {
        "data": _data(place),
        "security": [*keys(place), *roles(place)],
        "messages": _messages(place),
        "edge": edge(place),
        "monitoring": monitoring(place),
        "compute": compute(place),
        "backup": backup(place),
    }


def _data(place: Place) -> list[Permission]:
    environment, account = place.environment, place.account_id
    return [
        Permission(
            "Table",
            place.arns("dynamodb", f"table/{naming.table(environment)}*"),
            actions(
                "dynamodb", "DescribeTable DescribeTimeToLive DescribeContinuousBackups ListTagsOfResource"
            ),
            actions(
                "dynamodb",
                "CreateTable UpdateTable DeleteTable UpdateTimeToLive UpdateContinuousBackups"
                " TagResource UntagResource",
            ),
        ),
        Permission(
            "TableScaling",
            ["*"],
            actions(
                "application-autoscaling",
                "DescribeScalableTargets DescribeScalingPolicies ListTagsForResource",
            ),
            actions(
                "application-autoscaling",
                "RegisterScalableTarget DeregisterScalableTarget PutScalingPolicy DeleteScalingPolicy"
                " TagResource UntagResource",
            ),
            reason="A scalable target is named by an id that AWS makes at its registration.",
        ),
        Permission(
            "ScalingAlarms",
            place.arns("cloudwatch", f"alarm:TargetTracking-table/{naming.table(environment)}*"),
            [],
            actions("cloudwatch", "PutMetricAlarm DescribeAlarms DeleteAlarms"),
        ),
        Permission(
            "Buckets",
            [
                f"arn:aws:s3:::{name(environment, account)}"
                for name in (naming.exports_bucket, naming.logs_bucket)
            ],
            actions(
                "s3",
                "ListBucket GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation"
                " GetBucketLogging GetBucketObjectLockConfiguration GetBucketOwnershipControls"
                " GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging"
                " GetBucketVersioning"
                " GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration"
                " GetMetricsConfiguration GetReplicationConfiguration",
            ),
            actions(
                "s3",
                "CreateBucket DeleteBucket DeleteBucketPolicy ListBucketVersions PutBucketCORS"
                " PutBucketLogging PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock"
                " PutBucketTagging"
                " PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration"
                " PutMetricsConfiguration",
            ),
        ),
        Permission(
            "FindBuckets",
            ["*"],
            actions("s3", "ListAllMyBuckets"),
            reason="A list is asked of the whole account.",
        ),
        # An environment that is not protected is destroyed with what its buckets hold.
        Permission(
            "EmptyBuckets",
            [
                f"arn:aws:s3:::{name(environment, account)}/*"
                for name in (naming.exports_bucket, naming.logs_bucket)
            ],
            [],
            actions("s3", "DeleteObject DeleteObjectVersion"),
        ),
    ]


def _messages(place: Place) -> list[Permission]:
    environment = place.environment
    return [
        Permission(
            "Secrets",
            place.arns("secretsmanager", f"secret:{naming.secret(environment, '*')}"),
            actions("secretsmanager", "DescribeSecret GetResourcePolicy"),
            actions(
                "secretsmanager",
                "CreateSecret UpdateSecret DeleteSecret RestoreSecret TagResource UntagResource",
            ),
        ),
        Permission(
            "Parameters",
            place.arns("ssm", f"parameter{naming.parameter(environment, '*')}"),
            actions("ssm", "GetParameter GetParameters ListTagsForResource"),
            actions("ssm", "PutParameter DeleteParameter AddTagsToResource RemoveTagsFromResource"),
        ),
        Permission(
            "LogGroups",
            place.everywhere(
                "logs",
                f"log-group:{naming.log_group(environment, '*')}",
                f"log-group:aws-waf-logs-{place.prefix}",
                # Of the chat's API: an id of AWS's making and the stage's name. With `:*` as well: CloudWatch
                # Logs has that for all but tags (user guide, "Overview of managing access permissions").
                f"log-group:/aws/apigateway/*/{environment}",
                f"log-group:/aws/apigateway/*/{environment}:*",
            ),
            actions("logs", "ListTagsForResource"),
            actions(
                "logs",
                "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey"
                " DisassociateKmsKey TagResource UntagResource",
            ),
        ),
        Permission(
            "Lists",
            ["*"],
            ["logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "ssm:DescribeParameters"],
            reason="A list is asked of the whole account and region.",
        ),
        Permission(
            "Topics",
            place.arns("sns", place.prefix),
            actions("sns", "GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource"),
            actions("sns", "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource"),
        ),
        Permission(
            "Subscriptions",
            ["*"],
            actions("sns", "GetSubscriptionAttributes"),
            actions("sns", "SetSubscriptionAttributes Unsubscribe"),
            reason="AWS checks no resource for a subscription.",
        ),
        Permission(
            "Queues",
            place.arns("sqs", place.prefix),
            actions("sqs", "GetQueueAttributes GetQueueUrl ListQueueTags"),
            actions("sqs", "CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue"),
        ),
        Permission(
            "ConfigurationSet",
            place.arns("ses", f"configuration-set/{naming.configuration_set(environment)}"),
            actions("ses", "GetConfigurationSet GetConfigurationSetEventDestinations ListTagsForResource"),
            actions(
                "ses",
                "CreateConfigurationSet DeleteConfigurationSet CreateConfigurationSetEventDestination"
                " UpdateConfigurationSetEventDestination DeleteConfigurationSetEventDestination"
                " PutConfigurationSetDeliveryOptions PutConfigurationSetReputationOptions"
                " PutConfigurationSetSendingOptions PutConfigurationSetSuppressionOptions"
                " PutConfigurationSetTrackingOptions TagResource UntagResource",
            ),
        ),
        Permission(
            "Templates",
            ["*"],
            actions("ses", "GetTemplate"),
            actions("ses", "CreateTemplate UpdateTemplate DeleteTemplate"),
            reason="Of version 1 of SES, which the provider uses here: AWS checks no resource for it.",
        ),
    ]

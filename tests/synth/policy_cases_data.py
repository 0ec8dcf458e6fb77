"""What breaks the rules about data, keys, policies and buckets."""

from __future__ import annotations

from tests.synth.policy_changes import (
    FULL,
    Case,
    Change,
    add,
    drop,
    no_wait_for,
    put,
    replaced,
    statement_of,
)

TABLE = ("aws_dynamodb_table", "database/table")
KEY = ("aws_kms_key", "security/table-key/key")
KEY_POLICY = ("aws_kms_key_policy", "security/messages-key/policy")
LIFECYCLE = ("aws_s3_bucket_lifecycle_configuration", "storage/exports/lifecycle")
ROLE_POLICY = ("aws_iam_role_policy", "security/application/table-read-write")
IDENTITY = ("aws_sesv2_email_identity", "mail/example-com/identity")
ANYBODY = {
    "Sid": "New",
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "kms:Decrypt",
}
EVENTS = {
    "Sid": "New",
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "kms:Decrypt",
    "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
}
ROLE = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/x"}, "Action": "kms:Decrypt"}


def allow(action: str, resource: str = "*") -> Change:
    return add({"Sid": "New", "Effect": "Allow", "Action": [action], "Resource": [resource]})


DATA = (
    Case("SW_TABLE_TTL", *TABLE, put("ttl", "enabled", value=False), "ttl is not enabled"),
    Case("SW_TABLE_TTL", *TABLE, put("ttl", "attribute_name", value="expires"), "is on expires"),
    Case(
        "SW_TABLE_TTL",
        *TABLE,
        lambda b: b["attribute"].append({"name": "expiresAt", "type": "N"}),
        "declared",
    ),
    Case("SW_TABLE_STREAM_READ", *TABLE, put("stream_enabled", value=False), "stream_enabled is off"),
    Case("SW_TABLE_STREAM_READ", *TABLE, put("stream_view_type", value="KEYS_ONLY"), "KEYS_ONLY"),
    Case(
        "SW_TABLE_SCALING",
        *TABLE,
        drop("lifecycle", "ignore_changes"),
        "set global_secondary_index, read_capacity, write_capacity back",
        configuration=FULL,
    ),
    Case(
        "SW_TABLE_SCALING", *TABLE, put("billing_mode", value="PROVISIONED"), "no target for dynamodb:index"
    ),
    Case("SW_TABLE_UNDELETABLE", *TABLE, put("deletion_protection_enabled", value=False), "is off"),
    Case("SW_HOLDER_PROTECTED", *TABLE, drop("lifecycle", "prevent_destroy"), "prevent_destroy is not set"),
    Case(
        "SW_HOLDER_PROTECTED",
        "aws_s3_bucket",
        "storage/exports/bucket",
        put("force_destroy", value=True),
        "force_destroy is set",
    ),
    Case("SW_HOLDER_PROTECTED", *IDENTITY, drop("lifecycle"), "prevent_destroy is not set", "account"),
    Case("SW_KEY_PROTECTED", *KEY, drop("lifecycle"), "prevent_destroy is not set"),
    Case("SW_KEY_PROTECTED", *KEY, put("deletion_window_in_days", value=7), "deletion_window_in_days is 7"),
    Case(
        "SW_SECRET_RECOVERABLE",
        "aws_secretsmanager_secret",
        "security/openai-api-key/secret",
        put("recovery_window_in_days", value=0),
        "is 0, not 30",
    ),
    Case("SW_KEY_POLICY_APART", *KEY, put("policy", value="{}"), "inline"),
    Case("SW_KEY_PRINCIPALS", *KEY_POLICY, add(ROLE), "role/x"),
    Case(
        "SW_KEY_LOGS_CONTEXT",
        *KEY_POLICY,
        replaced("logs.us-east-1.amazonaws.com", "logs.amazonaws.com"),
        "without a region",
    ),
    Case(
        "SW_KEY_LOGS_CONTEXT",
        *KEY_POLICY,
        statement_of("logs.us-east-1.amazonaws.com", Condition={}),
        "no condition",
    ),
    Case(
        "SW_LOG_GROUP_WAITS",
        "aws_cloudwatch_log_group",
        "log-groups/application",
        no_wait_for("aws_kms_key_policy"),
        "does not wait for the policy of security/messages-key/key",
    ),
    Case(
        "SW_TOPIC_KEY",
        "aws_sns_topic",
        "email/events/bounces",
        put("kms_master_key_id", value="alias/aws/sns"),
        "alias/aws/sns",
    ),
    Case("SW_KEY_EVENTS", *KEY_POLICY, add(EVENTS), "aws:SourceAccount"),
    Case("SW_NO_WHOLE_SERVICE", *ROLE_POLICY, allow("dynamodb:*"), "allows dynamodb:*"),
    Case(
        "SW_NO_WHOLE_SERVICE",
        *ROLE_POLICY,
        add({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
        "NotAction",
    ),
    Case(
        "SW_NO_WHOLE_SERVICE",
        "aws_s3_bucket_policy",
        "storage/exports/policy",
        add({"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "s3:*", "Resource": "*"}),
        "allows s3:*",
    ),
    Case("SW_SERVICE_FROM_US", *KEY_POLICY, add(ANYBODY), "lets s3.amazonaws.com in"),
    Case(
        "SW_ROLE_TRUST_FROM_US",
        "aws_iam_role",
        "security/application/role",
        add({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}, "assume_role_policy"),
        "trusts *",
    ),
    Case(
        "SW_ROLE_TRUST_FROM_US",
        "aws_iam_role",
        "ci/deploy-prod/role",
        replaced("token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:ref"),
        "every token",
        "account",
    ),
    Case("SW_NO_LOG_GROUP_BY_ROLE", *ROLE_POLICY, allow("logs:CreateLogGroup"), "allows logs:CreateLogGroup"),
    Case("SW_METRICS_BY_LOG", *ROLE_POLICY, allow("cloudwatch:PutMetricData"), "cloudwatch:PutMetricData"),
    Case(
        "SW_CONNECTIONS_BY_API",
        "aws_iam_role_policy",
        "chat/chat-worker/role/post-to-connections",
        replaced("/POST/@connections/*", "/*"),
        "is about",
    ),
    Case(
        "SW_CONNECTIONS_BY_API",
        "aws_iam_role_policy",
        "chat/chat-worker/role/post-to-connections",
        replaced("aws_apigatewayv2_api.chat_api_5C33A3BC", "aws_apigatewayv2_stage.chat_stage_54A02CC7"),
        "refers to the stage",
    ),
    Case("SW_BUCKET_AGES", *LIFECYCLE, drop("rule", 0, "filter"), "no filter"),
    Case("SW_BUCKET_AGES", *LIFECYCLE, drop("rule", 0, "noncurrent_version_expiration"), "earlier versions"),
    Case("SW_BUCKET_AGES", *LIFECYCLE, drop("rule", 1), "delete markers stay"),
    Case("SW_BUCKET_AGES", *LIFECYCLE, put("rule", 0, "transition", 0, "days", value=120), "after 120, 90"),
    Case(
        "SW_BUCKET_AGES",
        *LIFECYCLE,
        put("rule", 0, "expiration", 0, "expired_object_delete_marker", value=True),
        "beside days",
    ),
    Case(
        "SW_BUCKET_READABLE",
        *LIFECYCLE,
        put("rule", 0, "transition", 1, "storage_class", value="GLACIER"),
        "GLACIER",
    ),
    Case("SW_BUCKET_SMALL_OBJECTS", *LIFECYCLE, drop("transition_default_minimum_object_size"), "is not set"),
    Case(
        "SW_BUCKET_KEY",
        "aws_s3_bucket_server_side_encryption_configuration",
        "storage/exports/encryption",
        put("rule", 0, "bucket_key_enabled", value=False),
        "is off",
    ),
    Case(
        "SW_LOG_BUCKET_TAKES_LOGS",
        "aws_s3_bucket_logging",
        "storage/exports/access-log",
        lambda b: b.update(target_bucket=b["bucket"]),
        "into itself",
    ),
    Case(
        "SW_CORS",
        "aws_s3_bucket_cors_configuration",
        "storage/exports/cors",
        put("cors_rule", 0, "allowed_origins", value=["https://*.example.com"]),
        "https://*.example.com",
    ),
    Case(
        "SW_CORS",
        "aws_s3_bucket_cors_configuration",
        "storage/exports/cors",
        put("cors_rule", 0, "allowed_origins", value=["http://localhost:3000"]),
        "in prod",
    ),
)

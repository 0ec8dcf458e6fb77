"""What MiniStack does differently from AWS and our stacks or proofs depend on, put right in memory.

One module per fix. To add one: write a module with `install() -> None` whose docstring says what is
wrong upstream (file, function, version) and what the fix does, add its name to `ALL`, and give it two
tests in tests/local_aws: one that the fix works, one that stock MiniStack still needs it.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module

ALL = (
    "s3_policy_conditions",
    "kms_key_references",
    "kms_enforcement",
    "s3_configurations",
    "s3_expected_owner",
    "s3_version_tags",
    "s3_version_keys",
    "application_autoscaling",
    "log_group_keys",
    "dynamodb_recovery_period",
    "dynamodb_point_in_time",
    "cloudfront_headers_policy",
    "cloudfront_origin",
    "cloudfront_cache",
    "cloudfront_private_content",
    "cloudfront_viewers",
    "waf_web_acls",
    "route53_dnssec",
    "sns_customer_keys",
    "sqs_customer_keys",
    "ses_account",
    "ses_configuration_sets",
    "ses_identities",
    "ses_templates",
    "ses_sending",
    "ses_events",
    "ses_messages",
    "ses_authorization",
    "access_analyzer",
    "cost_explorer",
    "backup_restore_testing",
    "cloudtrail_trails",
    "cloudtrail_permissions",
    "s3_account_public_access_block",
    "s3_control_host",
    "openid_connect_providers",
    "web_identity",
    "ssm_parameter_resources",
    "secret_versions",
    "secret_puts",
    "iam_resources",
    "iam_compute",
    "lambda_environments",
    "websocket_resources",
    "websocket_route_settings",
    "websocket_connections",
    "websocket_frames",
    "websocket_management",
    "event_source_mappings",
    "event_invoke_configs",
    "lambda_queues",
    "lambda_streams",
    "sqs_key_permissions",
    "dynamodb_time_to_live",
    "dynamodb_stream_records",
    "cloudwatch_query_protocol",
    "cloudwatch_alarms",
    "cloudwatch_alarm_evaluation",
    "cloudwatch_alarm_actions",
    "cloudwatch_metric_data",
    "query_definitions",
    "embedded_metrics",
    "log_metric_filters",
    "log_filter_patterns",
    "sns_subscriptions",
    "lambda_invocations_by_services",
    "eventbridge_clock",
    "service_metrics",
    "sqs_metrics",
    "cloudfront_metrics",
    "log_group_metrics",
    "cloudtrail_delivery",
    "insights_queries",
    "cloudformation_data",
)
"""Names of the modules, in the order in which they are installed."""


def install(without: Collection[str] = ()) -> None:
    """Installs every fix but those named; `all` leaves all of them out."""
    unknown = set(without) - {*ALL, "all"}
    if unknown:
        raise ValueError(f"no such fix: {', '.join(sorted(unknown))}; known: {', '.join(ALL)}")
    for name in ALL:
        if name not in without and "all" not in without:
            import_module(f"{__name__}.{name}").install()

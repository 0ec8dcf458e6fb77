"""What breaks the rules about downloads, mail, chat, functions, alarms and whole stacks."""

from __future__ import annotations

from tests.synth.policy_changes import BARE, FULL, Case, called, dashboard, drop, no_wait_for, put, replaced

TABLE = ("aws_dynamodb_table", "database/table")
KEY = ("aws_kms_key", "security/table-key/key")
DISTRIBUTION = ("aws_cloudfront_distribution", "cdn/distribution")
STAGE = ("aws_apigatewayv2_stage", "chat/stage/stage")
SET = ("aws_sesv2_configuration_set", "email/configuration-set")
BOUNCES = ("aws_sesv2_configuration_set_event_destination", "email/events/bounces-destination")
WORKER = ("aws_lambda_function", "chat/chat-worker/function")
JOBS = ("aws_lambda_event_source_mapping", "chat/jobs-to-worker")
STREAM = ("aws_lambda_event_source_mapping", "consumers/stream/mapping")
READS = ("aws_cloudwatch_metric_alarm", "monitoring/alarms/table-read-throttles")
S3_4XX = ("aws_cloudwatch_metric_alarm", "monitoring/alarms/s3-4xx")
IDENTITY = ("aws_sesv2_email_identity", "mail/example-com/identity")
TRAIL = ("aws_cloudtrail", "audit-trail/trail")
WHOLE = ("", "(stack)")


SERVICES = (
    Case("SW_ORIGIN_ACCESS", *DISTRIBUTION, drop("origin", 0, "origin_access_control_id"), "origin exports"),
    Case(
        "SW_ORIGIN_ACCESS",
        *DISTRIBUTION,
        replaced(".bucket_regional_domain_name", ".bucket_domain_name"),
        "by its region",
    ),
    Case(
        "SW_SIGNED_URLS",
        *DISTRIBUTION,
        drop("default_cache_behavior", "trusted_key_groups"),
        "has the address",
    ),
    Case(
        "SW_CERTIFICATE",
        *DISTRIBUTION,
        put("viewer_certificate", value={"cloudfront_default_certificate": True}),
        "prod has CloudFront's default",
    ),
    Case(
        "SW_CERTIFICATE",
        *DISTRIBUTION,
        put("viewer_certificate", "minimum_protocol_version", value="TLSv1.2_2021"),
        "which CloudFront ignores",
        "dev",
        BARE,
    ),
    Case(
        "SW_CERTIFICATE",
        *DISTRIBUTION,
        put("viewer_certificate", "minimum_protocol_version", value="TLSv1"),
        "is TLSv1",
    ),
    Case(
        "SW_IN_US_EAST_1",
        "aws_acm_certificate",
        "cdn/certificate/certificate",
        drop("provider"),
        "it is in eu-central-1",
        configuration=FULL,
    ),
    Case(
        "SW_IN_US_EAST_1",
        *S3_4XX,
        put("provider", value="aws.us_east_1"),
        "its metric is not in us-east-1",
        configuration=FULL,
    ),
    Case(
        "SW_ACCESS_LOGS_ARRIVE",
        "aws_cloudwatch_log_delivery",
        "cdn/access-logs/delivery",
        no_wait_for("aws_s3_bucket_policy"),
        "waits for no bucket policy",
    ),
    Case("SW_MAIL_SET", *SET, put("delivery_options", "tls_policy", value="OPTIONAL"), "OPTIONAL"),
    Case("SW_MAIL_SET", *SET, drop("reputation_options"), "reputation_metrics_enabled is off"),
    Case(
        "SW_MAIL_SET", *SET, put("suppression_options", "suppressed_reasons", value=["BOUNCE"]), "COMPLAINT"
    ),
    Case(
        "SW_MAIL_EVENTS_WAIT", *BOUNCES, no_wait_for("aws_sns_topic_policy"), "policy of email/events/bounces"
    ),
    Case(
        "SW_MAIL_EVENTS_WAIT",
        *BOUNCES,
        no_wait_for("aws_kms_key_policy"),
        "policy of security/messages-key/key",
    ),
    Case("SW_MAIL_IDENTITY", *IDENTITY, drop("configuration_set_name"), "leaves no event", "account"),
    Case("SW_MAIL_IDENTITY", *IDENTITY, drop("dkim_signing_attributes"), "is None", "account"),
    Case("SW_STAGE_LIMITS", *STAGE, put("default_route_settings", "throttling_rate_limit", value=0), "is 0"),
    Case(
        "SW_STAGE_LIMITS",
        *STAGE,
        drop("route_settings", 2, "throttling_burst_limit"),
        "of sendMessage is None",
    ),
    Case("SW_STAGE_LIMITS", *STAGE, drop("route_settings", 0), "no route_settings for $connect"),
    Case("SW_STAGE_LOGS", *STAGE, put("route_settings", 0, "data_trace_enabled", value=True), "not off"),
    Case("SW_STAGE_LOGS", *STAGE, put("name", value="other"), "there is no log group"),
    Case(
        "SW_DEPLOYMENT_FOLLOWS",
        "aws_apigatewayv2_deployment",
        "chat/api/deployment",
        drop("triggers"),
        "no triggers",
    ),
    Case(
        "SW_DEPLOYMENT_FOLLOWS",
        "aws_apigatewayv2_deployment",
        "chat/api/deployment",
        no_wait_for("aws_apigatewayv2_route_response"),
        "does not follow chat/api/",
    ),
    Case(
        "SW_TWO_WAY_ROUTE",
        "aws_apigatewayv2_route",
        "chat/api/connect-route",
        put("route_response_selection_expression", value="$default"),
        "no route response",
    ),
    Case("SW_FUNCTION_LOGS", *WORKER, put("logging_config", "log_format", value="Text"), "not JSON"),
    Case("SW_FUNCTION_LOGS", *WORKER, drop("logging_config", "log_group"), "not of the stack"),
    Case(
        "SW_FUNCTION_VARIABLES",
        *WORKER,
        put("environment", "variables", "OPENAI_API_KEY", value="plain"),
        "OPENAI_API_KEY looks like one",
    ),
    Case(
        "SW_FUNCTION_VARIABLES",
        *WORKER,
        put("environment", "variables", "MODEL", value="sk-abcdefgh12345678"),
        "MODEL looks like one",
    ),
    Case("SW_SOURCE_FAILURE_KEPT", *STREAM, drop("destination_config"), "no on_failure destination"),
    Case("SW_SOURCE_FAILURE_KEPT", *STREAM, drop("maximum_retry_attempts"), "stop the stream"),
    Case("SW_SOURCE_FAILURE_KEPT", *JOBS, drop("function_response_types"), "ReportBatchItemFailures"),
    Case("SW_ALARM_HEARD", *READS, put("ok_actions", value=[]), "no ok_actions"),
    Case("SW_ALARM_HEARD", *READS, put("alarm_description", value="Too many"), "what to do"),
    Case(
        "SW_ALARM_HEARD",
        "aws_cloudwatch_composite_alarm",
        "monitoring/unhealthy",
        drop("alarm_actions"),
        "no alarm_actions",
    ),
    Case("SW_ALARM_MISSING_DATA", *READS, drop("treat_missing_data"), "is not set"),
    Case("SW_ALARM_ENDS", *READS, replaced("FILL(", "("), "no FILL"),
    Case(
        "SW_ALARM_ENDS", *READS, replaced("GlobalSecondaryIndexName", "Operation"), "does not count the index"
    ),
    Case("SW_ALARM_HAS_DATA", *S3_4XX, put("dimensions", "FilterId", value="None"), "is called None"),
    Case(
        "SW_ALARM_HAS_DATA",
        "aws_cloudwatch_metric_alarm",
        "monitoring/alarms/cloudfront-5xx",
        drop("dimensions", "Region"),
        "not Global",
    ),
    Case(
        "SW_ALARM_HAS_DATA",
        "aws_cloudwatch_metric_alarm",
        "monitoring/alarms/api-errors",
        replaced("IntegrationError", "5XXError"),
        "not of a WebSocket API",
    ),
    Case(
        "SW_DASHBOARD_REGION",
        "aws_cloudwatch_dashboard",
        "monitoring/dashboard",
        dashboard,
        "has no region",
    ),
    Case("SW_TRAIL", *TRAIL, put("is_multi_region_trail", value=False), "is_multi_region_trail", "account"),
    Case(
        "SW_TRAIL", *TRAIL, replaced("AWS::DynamoDB::Table", "AWS::Lambda::Function"), "DynamoDB", "account"
    ),
    # From here on the change is one of the whole stack.
    Case("SW_NO_LOOKUPS", *WHOLE, put("data", value={"aws_caller_identity": {}}), "aws_caller_identity"),
    Case(
        "SW_NO_SINGLETONS",
        *WHOLE,
        put("resource", "aws_cloudtrail", value={"x": {"name": "x"}}),
        "aws_cloudtrail",
    ),
    Case(
        "SW_NO_SECRET_IN_STATE",
        *WHOLE,
        put("resource", "aws_secretsmanager_secret_version", value={"x": {"secret_id": "y"}}),
        "would put one there",
    ),
    Case("SW_NO_SECRET_IN_STATE", *WHOLE, put("variable", value={"key": {"default": "v"}}), "variable key"),
    Case("SW_STATE", *WHOLE, put("terraform", "backend", "s3", "encrypt", value=False), "not encrypted"),
    Case(
        "SW_STATE",
        *WHOLE,
        put("terraform", "backend", "s3", "key", value="dev/terraform.tfstate"),
        "its key is",
    ),
    Case("SW_PROVIDER", *WHOLE, drop("provider", "aws", 0, "allowed_account_ids"), "deploy elsewhere"),
    Case("SW_PROVIDER", *WHOLE, drop("provider", "aws", 0, "default_tags"), "does not set"),
)


GONE = (
    ("SW_TABLE_STREAM_READ", "aws_lambda_event_source_mapping", called(STREAM[1]), TABLE[1], "reads it"),
    (
        "SW_KEY_POLICY_APART",
        "aws_kms_key_policy",
        called("security/table-key/policy"),
        KEY[1],
        "0 aws_kms_key_policy",
    ),
    (
        "SW_BUCKET_TLS",
        "aws_s3_bucket_policy",
        called("storage/exports/policy"),
        "storage/exports/bucket",
        "nothing is",
    ),
    (
        "SW_DISTRIBUTION_READS",
        "aws_kms_key_policy",
        called("security/objects-key/policy"),
        DISTRIBUTION[1],
        "no key",
    ),
    ("SW_MAIL_EVENTS", BOUNCES[0], lambda body: True, SET[1], "RENDERING_FAILURE"),
    (
        "SW_MAIL_TOPIC_HEARD",
        "aws_sns_topic_subscription",
        lambda body: True,
        BOUNCES[1],
        "nobody is subscribed",
    ),
    (
        "SW_CONNECT_SIGNED_IN",
        "aws_apigatewayv2_route",
        called("chat/api/connect-route"),
        "chat/api/api",
        "everybody",
    ),
    (
        "SW_CONNECT_SIGNED_IN",
        "aws_lambda_permission",
        called("chat/authorizer/authorizer"),
        "chat/api/api",
        "may not invoke chat/api/authorizer",
    ),
    (
        "SW_FAILURE_KEPT",
        "aws_lambda_function_event_invoke_config",
        lambda body: True,
        "consumers/mail/mail-events/bounces",
        "sns.amazonaws.com invokes it",
    ),
)
"""Where another resource is missing: the rule, what is taken out, who misses it, what is said."""

"""Every type of resource that our stacks may have: what AWS meters of it, or why it costs nothing.

A type that is in neither table is unpriced, and named. Source of the second: each service's price page lists
no charge for it; what has a charge under conditions that we do not meet says so. `settings.py` names a
resource that meets them all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.cost.metering import Meter
from ops.cost.services import chat, compute, database, delivery, messaging, monitoring, security, storage

METERS: Mapping[str, Meter] = {
    "aws_apigatewayv2_api": chat.api,
    "aws_apigatewayv2_stage": chat.stage,
    "aws_appautoscaling_policy": database.scaling_policy,
    "aws_appautoscaling_target": database.scaling_target,
    "aws_backup_plan": database.backup_plan,
    "aws_backup_restore_testing_plan": database.restore_test,
    "aws_cloudfront_distribution": delivery.distribution,
    "aws_cloudtrail": monitoring.trail,
    "aws_cloudwatch_composite_alarm": monitoring.composite_alarm,
    "aws_cloudwatch_dashboard": monitoring.dashboard,
    "aws_cloudwatch_log_delivery": delivery.log_delivery,
    "aws_cloudwatch_log_group": monitoring.log_group,
    "aws_cloudwatch_log_metric_filter": monitoring.metric_filter,
    "aws_cloudwatch_metric_alarm": monitoring.metric_alarm,
    "aws_dynamodb_table": database.table,
    "aws_kms_key": security.key,
    "aws_lambda_event_source_mapping": compute.event_source,
    "aws_lambda_function": compute.function,
    "aws_s3_bucket": storage.bucket,
    "aws_s3_bucket_metric": storage.request_metrics,
    "aws_secretsmanager_secret": security.secret,
    "aws_sesv2_configuration_set": messaging.configuration_set,
    "aws_sns_topic": messaging.topic,
    "aws_sns_topic_subscription": messaging.subscription,
    "aws_sqs_queue": messaging.queue,
    "aws_ssm_parameter": monitoring.parameter,
    "aws_wafv2_web_acl": delivery.web_acl,
}
"""Type -> what AWS meters of one such resource."""

_PART_OF_BUCKET = "a setting of its bucket"
_PART_OF_API = "a part of its API, which is charged by messages and minutes"
_PART_OF_CLOUDFRONT = "a setting of its distribution, which is charged by requests and bytes"
_IAM = "IAM costs nothing"
_ORGANISES = "only says where logs go; what is delivered or stored is charged"

FREE: Mapping[str, str] = {
    "aws_accessanalyzer_analyzer": "an analyzer of external access; only those of unused access are charged",
    "aws_acm_certificate": "a public certificate for CloudFront",
    "aws_acm_certificate_validation": "waits for the certificate; nothing in AWS",
    "aws_api_gateway_account": "a setting of the account",
    "aws_apigatewayv2_api_mapping": _PART_OF_API,
    "aws_apigatewayv2_authorizer": _PART_OF_API,
    "aws_apigatewayv2_deployment": _PART_OF_API,
    "aws_apigatewayv2_domain_name": _PART_OF_API,
    "aws_apigatewayv2_integration": _PART_OF_API,
    "aws_apigatewayv2_route": _PART_OF_API,
    "aws_apigatewayv2_route_response": _PART_OF_API,
    "aws_backup_restore_testing_selection": "a part of its plan",
    "aws_backup_selection": "a part of its plan",
    "aws_backup_vault": "the backups in it are charged, with the plan",
    "aws_budgets_budget": "a budget without actions",
    "aws_ce_anomaly_monitor": "anomaly detection of costs",
    "aws_ce_anomaly_subscription": "anomaly detection of costs",
    "aws_cloudfront_cache_policy": _PART_OF_CLOUDFRONT,
    "aws_cloudfront_key_group": _PART_OF_CLOUDFRONT,
    "aws_cloudfront_origin_access_control": _PART_OF_CLOUDFRONT,
    "aws_cloudfront_origin_request_policy": _PART_OF_CLOUDFRONT,
    "aws_cloudfront_public_key": _PART_OF_CLOUDFRONT,
    "aws_cloudfront_response_headers_policy": _PART_OF_CLOUDFRONT,
    "aws_cloudwatch_event_rule": "rules on schedules and on AWS's own events; only others are charged",
    "aws_cloudwatch_event_target": "a part of its rule",
    "aws_cloudwatch_log_delivery_destination": _ORGANISES,
    "aws_cloudwatch_log_delivery_source": _ORGANISES,
    "aws_cloudwatch_log_resource_policy": _ORGANISES,
    "aws_cloudwatch_log_subscription_filter": "to a function in the same account; the function is charged",
    "aws_cloudwatch_query_definition": "a saved query; running it is charged by what it reads",
    "aws_iam_openid_connect_provider": _IAM,
    "aws_iam_policy": _IAM,
    "aws_iam_role": _IAM,
    "aws_iam_role_policy": _IAM,
    "aws_iam_role_policy_attachment": _IAM,
    "aws_kms_alias": "a name of its key",
    "aws_kms_key_policy": "a part of its key",
    "aws_lambda_function_event_invoke_config": "a setting of its function",
    "aws_lambda_permission": "a part of its function's policy",
    "aws_route53_record": "a record; the zone is not ours, and alias queries to AWS cost nothing",
    "aws_s3_account_public_access_block": "a setting of the account",
    "aws_s3_bucket_cors_configuration": _PART_OF_BUCKET,
    "aws_s3_bucket_lifecycle_configuration": "moves are charged, with the bucket",
    "aws_s3_bucket_logging": "the files are charged, with the bucket that takes them",
    "aws_s3_bucket_ownership_controls": _PART_OF_BUCKET,
    "aws_s3_bucket_policy": _PART_OF_BUCKET,
    "aws_s3_bucket_public_access_block": _PART_OF_BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": "the key is charged",
    "aws_s3_bucket_versioning": "later versions would be charged; an export is written once",
    "aws_ses_template": "a template",
    "aws_sesv2_account_suppression_attributes": "a setting of the account",
    "aws_sesv2_configuration_set_event_destination": "the topic is charged; metrics of SES are not",
    "aws_sesv2_email_identity": "an identity",
    "aws_sesv2_email_identity_feedback_attributes": "a setting of its identity",
    "aws_sesv2_email_identity_mail_from_attributes": "a setting of its identity",
    "aws_sns_topic_policy": "a part of its topic",
    "aws_wafv2_web_acl_logging_configuration": "its log group is charged",
    "terraform_data": "nothing in AWS",
}
"""Type -> why it costs nothing by itself."""

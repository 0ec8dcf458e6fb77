"""What holds data, and what keeps it: tables of the data-loss gate."""

from __future__ import annotations

from collections.abc import Mapping

HOLDS: Mapping[str, str] = {
    "aws_dynamodb_table": "every item, and its point-in-time recovery",
    "aws_dynamodb_table_replica": "the copy of the table in that region",
    "aws_dynamodb_global_table": "the copies of the table in other regions",
    "aws_dynamodb_table_item": "the item",
    "aws_s3_bucket": "every object and every earlier version",
    "aws_s3_directory_bucket": "every object",
    "aws_kms_key": "whatever is encrypted under it: nobody can ever read that again",
    "aws_kms_external_key": "whatever is encrypted under it: nobody can ever read that again",
    "aws_kms_replica_key": "whatever is encrypted under it in that region",
    "aws_secretsmanager_secret": "its values, which are set outside Terraform",
    "aws_secretsmanager_secret_version": "that value of the secret",
    "aws_ses_domain_identity": "the verification: no mail goes out until DNS is set and verified anew",
    "aws_ses_domain_dkim": "the DKIM tokens that DNS has",
    "aws_ses_email_identity": "the verification: no mail goes out until somebody clicks a link anew",
    "aws_sesv2_email_identity": "the verification and the DKIM tokens in DNS: no mail until both are new",
    "aws_sesv2_configuration_set": "its sending statistics, and all events until there is another",
    "aws_sesv2_configuration_set_event_destination": "bounces, complaints and other events in the meantime",
    "aws_ses_event_destination": "bounces, complaints and other events in the meantime",
    "aws_sesv2_contact_list": "the contacts and what they asked for",
    "aws_cloudwatch_log_group": "every log event, which may be the only record of an error or of an access",
    "aws_cloudwatch_log_stream": "its log events",
    "aws_cloudtrail": "the record of what is done in the account from then on",
    "aws_cloudtrail_event_data_store": "the recorded events",
    "aws_backup_vault": "its recovery points",
    "aws_sqs_queue": "its messages; those of a dead-letter queue are nowhere else",
    "aws_kinesis_stream": "its records",
    "aws_cognito_user_pool": "its users",
    "aws_ecr_repository": "its images",
    "aws_efs_file_system": "its files",
    "aws_ebs_volume": "its blocks",
    "aws_db_instance": "its databases",
    "aws_rds_cluster": "its databases",
    "aws_elasticache_replication_group": "what it has in memory",
    "aws_opensearch_domain": "its indexes",
    "aws_route53_zone": "its records that Terraform does not have, and its name servers",
}
"""Type -> what goes with it when it is destroyed, replaced, or forgotten by Terraform."""

HOLDS_NOTHING: Mapping[str, str] = {
    "aws_s3_object": "Terraform wrote it and can write it again; versions stay in the bucket",
    "aws_ssm_parameter": "the outputs of the stack, written again by the next deploy",
    "aws_cloudfront_key_group, aws_cloudfront_public_key": "links that are out stop working; no file is lost",
    "aws_lambda_function": "its code is in the repository",
    "aws_sns_topic": "keeps no message; subscriptions by mail have to be confirmed anew",
    "aws_kms_alias": "a name of a key",
    "aws_cloudfront_distribution, aws_apigatewayv2_api": "another address, no data",
    "aws_cloudwatch_dashboard, aws_cloudwatch_metric_alarm": "made from the code; metrics stay in CloudWatch",
}
"""Type -> why the gate is silent about it."""

KEEPS: Mapping[str, tuple[str, str, str]] = {
    "aws_s3_bucket_versioning": ("bucket", "aws_s3_bucket", "what is overwritten or deleted is gone at once"),
    "aws_s3_bucket_object_lock_configuration": ("bucket", "aws_s3_bucket", "new objects can be deleted"),
    "aws_s3_bucket_replication_configuration": ("bucket", "aws_s3_bucket", "no more copies are made"),
    "aws_backup_vault_lock_configuration": (
        "backup_vault_name",
        "aws_backup_vault",
        "recovery points can be deleted",
    ),
    "aws_backup_plan": ("", "", "no more backups are made"),
    "aws_backup_selection": ("", "", "what it selects is not backed up any more"),
}
"""Type -> attribute and type of what it keeps ("" for everything), and what comes of its end."""

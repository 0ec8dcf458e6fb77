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
    "application_autoscaling",
    "log_group_keys",
    "dynamodb_recovery_period",
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
    "cloudtrail_trails",
    "cloudtrail_permissions",
    "s3_account_public_access_block",
    "s3_control_host",
    "openid_connect_providers",
    "web_identity",
    "ssm_parameter_resources",
    "iam_resources",
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

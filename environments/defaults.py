"""The shape of `dev.py`, `staging.py` and `prod.py`; types only, so that importing them costs nothing."""

from __future__ import annotations

from typing import Literal, TypedDict


class DatabaseSettings(TypedDict, total=False):
    """See `sections.DatabaseConfig`."""

    billing_mode: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    read_capacity_min: int
    read_capacity_max: int
    write_capacity_min: int
    write_capacity_max: int
    target_utilization: int
    point_in_time_recovery: bool
    pitr_recovery_days: int
    generation: int


class StorageSettings(TypedDict, total=False):
    """See `sections.StorageConfig`."""

    versioning: bool
    intelligent_tiering_after_days: int
    lifecycle_days: int
    expire_after_days: int
    noncurrent_retention_days: int
    cors_origins: tuple[str, ...]
    cors_origins_without_domain: tuple[str, ...]
    """Used where neither the origins nor a domain are set. Not a field of the model."""
    access_logs: bool


class BackupSettings(TypedDict, total=False):
    """See `backup.BackupConfig`."""

    enabled: bool
    retention_days: int
    restore_testing: bool


class CdnSettings(TypedDict, total=False):
    """See `delivery.CdnConfig`."""

    signed_urls: bool
    public_key_file: str
    cache_days: int
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"]
    access_logs: bool
    waf: bool
    waf_rate_limit: int
    hosted_zone_id: str


class EmailSettings(TypedDict, total=False):
    """See `mail.EmailConfig`."""

    identity: Literal["domain", "address"]
    hosted_zone_id: str
    mail_from_subdomain: str
    dmarc_policy: Literal["none", "quarantine", "reject"]
    tracking_domain: str


class SecuritySettings(TypedDict, total=False):
    """See `sections.SecurityConfig`."""

    key_deletion_window_days: int
    secret_recovery_window_days: int


class ChatSettings(TypedDict, total=False):
    """See `chat.ChatConfig`."""

    provider: Literal["anthropic", "openai", "built-in"]
    model: str
    provider_url: str
    throttle_burst: int
    throttle_rate: int
    worker_timeout_s: int
    worker_concurrency: int
    domain_name: str
    certificate_arn: str
    hosted_zone_id: str


class FunctionSettings(TypedDict, total=False):
    """See `chat.FunctionsConfig`."""

    code: tuple[str, ...]


class AlertSettings(TypedDict, total=False):
    """See `alerts.AlertsConfig`."""

    url: str
    secret_max_age_days: int


class LogSettings(TypedDict, total=False):
    """See `sections.LogConfig`."""

    application_retention_days: int
    error_retention_days: int


class StateSettings(TypedDict, total=False):
    """See `sections.StateConfig`."""

    lock: Literal["both", "dynamodb", "lockfile"]


class AccountSettings(TypedDict, total=False):
    """See `account.AccountConfig`."""

    github_repository: str
    monthly_budget_usd: int
    cost_anomaly_usd: int
    trail_retention_days: int
    trail_log_retention_days: int


class Settings(TypedDict, total=False):
    """See `schema.EnvironmentConfig`. What is left out comes from a variable or from the schema."""

    aws_account_id: str
    aws_region: str
    ses_from_email: str
    alert_email: str
    domain_name: str
    certificate_arn: str
    enable_cloudfront: bool
    protected: bool
    database: DatabaseSettings
    storage: StorageSettings
    backup: BackupSettings
    cdn: CdnSettings
    email: EmailSettings
    security: SecuritySettings
    chat: ChatSettings
    functions: FunctionSettings
    alerts: AlertSettings
    logs: LogSettings
    state: StateSettings
    account: AccountSettings

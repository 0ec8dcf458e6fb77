"""Differences between environments that a key of their configuration explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

PUBLIC_KEYS = "cdn.public_keys"
"""Not a key of its own: the fingerprints of what is in the file that cdn.public_key_file names."""

PRESENCE = "(there)"
"""Stands for whether a resource is there at all, in place of an attribute."""


@dataclass(frozen=True)
class Allowance:
    """A difference that is wanted where a key of the configuration has different values.

    path: pattern of construct paths without the environment. attribute: pattern of what differs, or PRESENCE.
    """

    path: str
    attribute: str
    key: str

    def explains(self, path: str, attribute: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether it covers this difference between environments with these configurations."""
        return (
            fnmatchcase(path, self.path)
            and fnmatchcase(attribute, self.attribute)
            and one.get(self.key) != other.get(self.key)
        )


def _table(rows: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Iterator[Allowance]:
    for key, attributes in rows.items():
        for attribute, paths in attributes.items():
            yield from (Allowance(path, attribute, key) for path in paths)


_KEYS_OF_DATA = ("security/*/key", "backup/key/key")
_ALARM_LISTS = {
    "alarm_rule": ("monitoring/unhealthy",),
    "input.ids": ("monitoring/unhealthy-parts",),
}
"""Where all alarms that count are listed in one value: one alarm more or less changes it."""

ALLOWANCES: tuple[Allowance, ...] = tuple(
    _table(
        {
            "protected": {
                "lifecycle.prevent_destroy": (
                    *_KEYS_OF_DATA,
                    "backup/vault",
                    "cdn/keys/group",
                    "database/table",
                    "security/*/secret",
                    "storage/*/bucket",
                ),
                "deletion_protection_enabled": ("database/table",),
                "force_destroy": ("storage/*/bucket", "backup/vault"),
            },
            "database.billing_mode": {
                PRESENCE: ("database/table-*-*", "database/index-*-*"),
                "billing_mode": ("database/table",),
                "*read_capacity": ("database/table",),
                "*write_capacity": ("database/table",),
                "lifecycle.ignore_changes": ("database/table",),
            },
            "database.read_capacity_min": {
                "min_capacity": ("database/*-read-target",),
                "*read_capacity": ("database/table",),
            },
            "database.read_capacity_max": {"max_capacity": ("database/*-read-target",)},
            "database.write_capacity_min": {
                "min_capacity": ("database/*-write-target",),
                "*write_capacity": ("database/table",),
            },
            "database.write_capacity_max": {"max_capacity": ("database/*-write-target",)},
            "database.target_utilization": {
                "target_tracking_scaling_policy_configuration.target_value": ("database/*-policy",)
            },
            "database.point_in_time_recovery": {"point_in_time_recovery.*": ("database/table",)},
            "database.pitr_recovery_days": {
                "point_in_time_recovery.recovery_period_in_days": ("database/table",)
            },
            "storage.versioning": {
                "versioning_configuration.status": ("storage/exports/versioning",),
            },
            "storage.intelligent_tiering_after_days": {
                "rule.age.transition*": ("storage/exports/lifecycle",)
            },
            "storage.lifecycle_days": {"rule.age.transition*": ("storage/exports/lifecycle",)},
            "storage.expire_after_days": {"rule.age.expiration*": ("storage/*/lifecycle",)},
            "storage.noncurrent_retention_days": {
                "rule.age.noncurrent_version_expiration*": ("storage/*/lifecycle",)
            },
            "storage.cors_origins": {
                "cors_rule*.allowed_origins": ("storage/exports/cors",),
                "cors_config.access_control_allow_origins.items": ("cdn/headers/policy",),
                "security_headers_config.content_security_policy*": ("cdn/headers/policy",),
                "environment.variables.ALLOWED_ORIGINS": ("chat/authorizer/function",),
            },
            "storage.access_logs": {
                PRESENCE: ("storage/logs/*", "storage/exports/access-log"),
                "depends_on": ("storage/exports/policy",),
            },
            "backup.enabled": {PRESENCE: ("backup/*",)},
            "backup.retention_days": {"rule*.lifecycle.delete_after": ("backup/plan",)},
            "backup.restore_testing": {
                PRESENCE: ("backup/restore-test*", "backup/role/restore-tests"),
                "depends_on": ("backup/table",),
            },
            "enable_cloudfront": {
                PRESENCE: (
                    "cdn/*",
                    "monitoring/*/cloudfront-5xx",
                    "parameters/cloudfront-*",
                    "security/application/read-cloudfront-signing-key",
                ),
                "policy.Statement.CloudFront": ("security/objects-key/policy",),
                "policy.Statement.CloudFront*": ("storage/exports/policy",),
                "dashboard_body.widgets*": ("monitoring/dashboard",),
                **_ALARM_LISTS,
            },
            "domain_name": {
                "aliases": ("cdn/distribution",),
                "viewer_certificate.*": ("cdn/distribution",),
                "insecure_value": ("parameters/cloudfront-url",),
            },
            "certificate_arn": {
                PRESENCE: ("cdn/certificate/*",),
                "viewer_certificate.acm_certificate_arn": ("cdn/distribution",),
            },
            "cdn.hosted_zone_id": {PRESENCE: ("cdn/address/*",)},
            "cdn.signed_urls": {
                PRESENCE: ("cdn/keys/*",),
                "enabled": ("cdn/distribution",),
                "default_cache_behavior.trusted_key_groups": ("cdn/distribution",),
            },
            PUBLIC_KEYS: {
                PRESENCE: ("cdn/keys/key-*", "parameters/cloudfront-key-pair-id"),
                "enabled": ("cdn/distribution",),
                "count": ("cdn/keys/group",),
                "items": ("cdn/keys/group",),
            },
            "cdn.cache_days": {"default_ttl": ("cdn/caching/cache",)},
            "cdn.price_class": {"price_class": ("cdn/distribution",)},
            "cdn.access_logs": {
                PRESENCE: ("cdn/access-logs/*",),
                "policy.Statement.CloudFrontAccessLogs": ("storage/logs/policy",),
            },
            "cdn.waf": {PRESENCE: ("cdn/firewall/*",), "web_acl_id": ("cdn/distribution",)},
            "cdn.waf_rate_limit": {"rule.rate-limit.*.limit": ("cdn/firewall/acl",)},
            "security.key_deletion_window_days": {"deletion_window_in_days": _KEYS_OF_DATA},
            "security.secret_recovery_window_days": {"recovery_window_in_days": ("security/*/secret",)},
            "email.identity": {
                "policy.Statement.SendAsTheSender.Resource": ("security/application/send-email",)
            },
            "email.tracking_domain": {"tracking_options": ("email/configuration-set",)},
            "chat.provider": {
                PRESENCE: ("chat/chat-worker/role/read-*-api-key",),
                "environment.variables.API_KEY_SECRET_ARN": ("chat/chat-worker/function",),
                "environment.variables.CHAT_PROVIDER": ("chat/chat-worker/function",),
                "depends_on": ("chat/jobs-to-worker", "chat/stage/stage"),
            },
            "chat.model": {"environment.variables.CHAT_MODEL": ("chat/chat-worker/function",)},
            "chat.provider_url": {"environment.variables.CHAT_PROVIDER_URL": ("chat/chat-worker/function",)},
            "chat.throttle_burst": {"*.throttling_burst_limit": ("chat/stage/stage",)},
            "chat.throttle_rate": {"*.throttling_rate_limit": ("chat/stage/stage",)},
            "chat.worker_timeout_s": {
                "timeout": ("chat/chat-worker/function",),
                "visibility_timeout_seconds": ("chat/jobs/queue",),
            },
            "chat.worker_concurrency": {"scaling_config.maximum_concurrency": ("chat/jobs-to-worker",)},
            "chat.domain_name": {
                PRESENCE: ("chat/domain/mapping", "chat/domain/name"),
                "insecure_value": ("parameters/websocket-url",),
            },
            "chat.hosted_zone_id": {PRESENCE: ("chat/domain/record",)},
            "functions.code": {
                "filename": ("*/function",),
                "source_code_hash": ("*/function",),
                "s3_*": ("*/function",),
            },
            "alerts.url": {PRESENCE: ("monitoring/*topic/url",)},
            "alerts.secret_max_age_days": {
                PRESENCE: ("monitoring/alarms/secret-soon-*",),
                "alarm_description": ("monitoring/alarms/secret-*",),
                "threshold": ("monitoring/alarms/secret-*",),
                "dashboard_body.widgets*.properties.alarms": ("monitoring/dashboard",),
                "dashboard_body.widgets*.properties.annotations*": ("monitoring/dashboard",),
            },
            "logs.application_retention_days": {
                "retention_in_days": (
                    "chat/stage/*-log",
                    "cdn/firewall/log",
                    "log-groups/application",
                    "log-groups/error-log",
                )
            },
            "logs.error_retention_days": {"retention_in_days": ("log-groups/errors",)},
            "aws_region": {
                PRESENCE: (
                    "monitoring/*/cloudfront-5xx",
                    "monitoring/us-east-1-*",
                    "parameters/cloudfront-alarm-topic-arn",
                ),
                "dashboard_body.widgets*.properties.region": ("monitoring/dashboard",),
                "dashboard_body.widgets*.properties.alarms": ("monitoring/dashboard",),
                **_ALARM_LISTS,
            },
        }
    )
)
"""Every place of the stacks that the configuration may make different. tests/synth/test_parity.py
changes each key in turn, and fails where a row explains nothing."""

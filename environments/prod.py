"""prod: nothing is lost by one mistake."""

from __future__ import annotations

from environments.defaults import Settings

CONFIG: Settings = {
    "protected": True,
    "database": {
        "billing_mode": "PAY_PER_REQUEST",
        # Bounds for the day when the billing mode is changed to PROVISIONED.
        "read_capacity_min": 5,
        "read_capacity_max": 100,
        "write_capacity_min": 5,
        "write_capacity_max": 100,
        "point_in_time_recovery": True,
        "pitr_recovery_days": 35,
    },
    "storage": {
        "access_logs": True,
        "versioning": True,
        "noncurrent_retention_days": 90,
    },
    "backup": {
        "enabled": True,
    },
    "cdn": {
        "access_logs": True,
    },
    "security": {
        "key_deletion_window_days": 30,
        "secret_recovery_window_days": 30,
    },
    "logs": {
        "application_retention_days": 30,
        "error_retention_days": 90,
    },
}

"""staging: the shape of prod, with data that may be lost."""

from __future__ import annotations

from environments.defaults import Settings

CONFIG: Settings = {
    "protected": False,
    "database": {
        "billing_mode": "PAY_PER_REQUEST",
        "point_in_time_recovery": False,
    },
    "storage": {
        "access_logs": True,
        "noncurrent_retention_days": 30,
    },
    "security": {
        "key_deletion_window_days": 7,
        # As in dev: a deleted secret's name would stay taken, and staging could not be made again.
        "secret_recovery_window_days": 0,
    },
}

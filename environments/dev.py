"""dev: cheap, and quick to make and unmake."""

from __future__ import annotations

from environments.defaults import Settings

CONFIG: Settings = {
    "protected": False,
    "database": {
        "billing_mode": "PAY_PER_REQUEST",
        "point_in_time_recovery": False,
    },
    "storage": {
        "access_logs": False,
        "noncurrent_retention_days": 7,
        "cors_origins_without_domain": ("http://localhost:3000",),
    },
    "security": {
        "key_deletion_window_days": 7,
        # A secret deleted with a window keeps its name taken: dev could not be made again.
        "secret_recovery_window_days": 0,
    },
}

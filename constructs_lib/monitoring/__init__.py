"""Monitoring: alarms, dashboard, log queries (seed, "Monitoring Stack")."""

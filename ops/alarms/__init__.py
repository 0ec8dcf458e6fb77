"""Who listens to the alarms."""

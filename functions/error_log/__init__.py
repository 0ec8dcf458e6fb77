"""Copies errors from the application's log into the log group that keeps them longer."""

"""Counts sessions and submissions by the changes of the table."""

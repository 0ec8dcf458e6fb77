"""Counts and logs what became of sent mail."""

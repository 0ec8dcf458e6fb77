"""Measures how old the API keys are."""

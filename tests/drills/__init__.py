"""Drills: what is lost, broken or cut off on purpose, and how it comes back. Run apart from the other tests."""

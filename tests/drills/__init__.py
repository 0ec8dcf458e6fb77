"""Drills: what is lost, broken or cut off on purpose, and how it comes back. Not among the other tests."""

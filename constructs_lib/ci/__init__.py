"""Roles of pipelines: who may take them (`access.py`), and exactly what they may do."""

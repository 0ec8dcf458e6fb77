"""The Lambda functions: one folder each, with `handler.py`, and `shared/` for what they share.

They import the standard library, boto3 (which Lambda has), the pure-Python packages of the Pipfile's
`functions` section, and each other's `shared`. Nothing of the rest of the project.
"""

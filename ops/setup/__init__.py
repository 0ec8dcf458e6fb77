"""Set-up of a checkout: Terraform, virtualenv, Node, launchers. Runs on the standard library alone.

`make setup` starts `__main__.py`, which finds a Python that is new enough and hands over to `run.py`.
"""

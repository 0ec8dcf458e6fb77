"""The real scanners, which `make test` and `make policy` install into policy/.venv."""

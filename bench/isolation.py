"""A function as Lambda has it: its zip unpacked, boto3 beside it, and nothing else of this machine."""

from __future__ import annotations

import zipfile
from dataclasses import fields
from importlib import import_module
from pathlib import Path

from bench.processes import Program
from constructs_lib.compute import packaging
from functions.shared.settings import variable, variables

LAMBDA_HAS = ("boto3", "botocore", "s3transfer", "dateutil", "urllib3", "jmespath", "six.py")
"""Packages of Lambda's Python runtimes that boto3 brings along."""


class Isolated:
    """The function's folder of `functions/`, unpacked into `directory`."""

    def __init__(self, folder: str, directory: Path) -> None:
        self.folder = folder
        self.code, self.runtime = directory / "task", directory / "runtime"
        with zipfile.ZipFile(packaging.ours(folder).path) as archive:
            archive.extractall(self.code)
        self.runtime.mkdir()
        installed = Path(import_module("boto3").__file__ or "").parents[1]
        for name in LAMBDA_HAS:
            (self.runtime / name).symlink_to(installed / name)

    def program(self, python: str | Path, statements: str, **environ: str) -> Program:
        """These statements in an interpreter that finds the zip's modules, boto3 and the library.

        It leaves no bytecode behind: in Lambda the code's folder is read-only, and each start compiles.
        """
        start = f"import sys; sys.path[:0] = {[str(self.code), str(self.runtime)]!r}\n"
        return Program([python, "-I", "-S", "-B", "-c", start + statements], environ, self.code)

    def environ(self) -> dict[str, str]:
        """What Lambda sets, and the function's own settings."""
        return {
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_LAMBDA_FUNCTION_NAME": self.folder,
            **self.settings(),
        }

    def settings(self) -> dict[str, str]:
        """A value for each variable that the function needs: of the right form, and of no other use."""
        model = import_module(f"functions.{self.folder}.settings").Settings
        forms = {"int": "1", "float": "1", "tuple[str, ...]": ""}
        types = {variable(field): str(field.type) for field in fields(model)}
        return {
            name: forms.get(types[name], "https://example.com" if name.endswith("_URL") else "a-value")
            for name, required in variables(model).items()
            if required
        }

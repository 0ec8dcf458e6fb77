"""Promises of the outputs as SSM parameters."""

from __future__ import annotations

from environments import ENVIRONMENTS, naming
from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment
from ops.smoke.refusals import refused


def the_application_reads_its_outputs(deployment: Deployment) -> str:
    """Under one path, the same values as Terraform's outputs; no other environment's."""
    pages = deployment.application("ssm").get_paginator("get_parameters_by_path")
    path = naming.parameter(deployment.environment, "")
    found = {
        parameter["Name"].removeprefix(path): parameter["Value"]
        for page in pages.paginate(Path=path)
        for parameter in page["Parameters"]
    }
    if found != deployment.outputs:
        differing = sorted(found.items() ^ deployment.outputs.items())
        raise Broken(f"the parameters differ from the outputs: {', '.join(dict(differing))}")
    (other, *_) = [name for name in ENVIRONMENTS if name != deployment.environment]
    ssm = deployment.application("ssm")
    refused(
        "Reading another environment's", lambda: ssm.get_parameters_by_path(Path=naming.parameter(other, ""))
    )
    return f"{len(found)} values under {path}, none of {other}'s"


PROMISES = (
    Promise(
        "security", "The application reads its settings, and no others", the_application_reads_its_outputs
    ),
)

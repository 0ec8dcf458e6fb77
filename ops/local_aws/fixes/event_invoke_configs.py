"""A function's asynchronous invocations have a maximum age in their settings only where one was set.

Upstream, MiniStack 1.5.33: services/lambda_svc.py, _put_event_invoke_config stores the default of six hours
as if it had been given. AWS leaves it out of its answers, and Terraform, to which an absent age is none,
would take it away with every plan (hashicorp/aws 5.100.0, service/lambda/function_event_invoke_config.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AGE = "MaximumEventAgeInSeconds"


def install() -> None:
    """Wraps the writing of the settings."""
    from ministack.core.responses import json_response
    from ministack.services import lambda_svc

    inner = lambda_svc._put_event_invoke_config

    def put(name: str, qualifier: str | None, settings: Mapping[str, Any]) -> Any:
        answer = inner(name, qualifier, settings)
        if answer[0] != 200 or AGE in settings:
            return answer
        stored = lambda_svc._functions[name]["event_invoke_configs"][qualifier or ""]
        stored.pop(AGE, None)  # who invokes takes six hours where there is none
        return json_response(stored)

    lambda_svc._put_event_invoke_config = put

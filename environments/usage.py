"""How much each environment is assumed to be used in a month, from `usage.toml`.

That file says what each value means; here are their names, and what is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from environments import ENVIRONMENTS
from environments.chat import FUNCTIONS
from environments.problems import ConfigurationError, Problem
from environments.ranges import ALLOWED, Quantity

FILE = Path(__file__).with_name("usage.toml")
EVERY = "every"
ACCOUNT = "account"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Usage(_Model):
    """One environment's month. Units are in the names; those without one are counts."""

    sessions: Quantity
    connections_per_session: Quantity
    minutes_per_connection: Quantity
    messages_per_session: Quantity
    frames_per_answer: Quantity
    frame_kb: Quantity
    frame_units: Quantity
    pdfs_per_session: Quantity
    pdf_mb: Quantity
    downloads_per_pdf: Quantity
    late_downloads_per_pdf: Quantity
    mails_per_session: Quantity
    item_kb: Quantity
    items_per_session: Quantity
    kept_days: Quantity
    writes_per_message: Quantity
    writes_per_session: Quantity
    indexed_writes_per_session: Quantity
    reads_per_message: Quantity
    function_ms: Mapping[str, Quantity]
    mail_events_per_mail: Quantity
    bounces_per_mail: Quantity
    log_kb_per_message: Quantity
    log_kb_per_connection: Quantity
    log_compression: Quantity
    errors: Quantity
    alarm_notices: Quantity
    key_requests_per_session: Quantity
    secret_reads_per_session: Quantity
    own_metrics: Quantity
    metric_share: Quantity
    s3_request_metrics: Quantity
    detailed_metrics_per_route: Quantity
    scaling_load: Quantity


class AccountUsage(_Model):
    """The month of what an AWS account has once."""

    management_events: Quantity
    event_kb: Quantity
    trail_files: Quantity
    trail_compression: Quantity
    key_requests_per_trail_file: Quantity
    security_metric_share: Quantity
    alarm_notices: Quantity


def load(file: Path = FILE) -> tuple[dict[str, Usage], AccountUsage]:
    """Of each environment, and of the account. Raises ConfigurationError with all that is wrong."""
    where = f"environments/{file.name}"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise ConfigurationError([_problem(file.name, None, where, f"cannot be read: {error}")]) from None
    problems = [
        _problem(name, None, where, f"is none of {', '.join((EVERY, *ENVIRONMENTS, ACCOUNT))}")
        for name in document.keys() - {EVERY, *ENVIRONMENTS, ACCOUNT}
    ]
    usages: dict[str, Usage] = {}
    for name in ENVIRONMENTS:
        values = _over(document.get(EVERY, {}), document.get(name, {}))
        made = _made(Usage, values, name, where, problems)
        if isinstance(made, Usage):
            usages[name] = made
            unknown = made.function_ms.keys() - set(FUNCTIONS)
            problems += [
                _problem(f"function_ms.{function}", None, where, "is no function of ours", name)
                for function in sorted(unknown)
            ]
    account = _made(AccountUsage, document.get(ACCOUNT, {}), ACCOUNT, where, problems)
    if problems or not isinstance(account, AccountUsage):
        raise ConfigurationError(problems)
    return usages, account


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, one level deep: an environment may replace a single function's milliseconds."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
        merged[key] = {**below[key], **value} if both else value
    return merged


def _made(
    model: type[_Model], values: Mapping[str, Any], section: str, where: str, problems: list[Problem]
) -> _Model | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for wrong in error.errors():
            key = ".".join(map(str, wrong["loc"]))
            value = None if wrong["type"] == "missing" else wrong["input"]
            message = {"missing": "is not set", "extra_forbidden": "is no assumption that is known"}.get(
                wrong["type"], str(wrong["msg"]).removeprefix("Value error, ")
            )
            problems.append(_problem(key, value, where, message, section))
        return None


def _problem(key: str, value: object, where: str, message: str, section: str | None = None) -> Problem:
    place = f"{where}, [{section}]" if section else where
    return Problem(
        key=key,
        value=value,
        allowed=ALLOWED,
        where=place,
        environment=section if section in ENVIRONMENTS else None,
        message=message,
        set_in=(place,),
    )

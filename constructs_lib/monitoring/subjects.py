"""What an environment's alarms and dashboard are about: names only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAMESPACE = "SpecWizard"
"""Of the metrics that our functions emit. All have the dimension `Environment`."""


@dataclass(frozen=True)
class Subjects:
    """Physical names; some are known to Terraform only at apply, and stand here as references.

    functions: folder of `functions/` with hyphens -> function name. failure_queues: purpose -> name of a
    queue that holds what could not be processed ("chat-dead-letters", "stream-failures",
    "mail-event-failures"). secrets: name -> name in Secrets Manager, of the API keys whose age is measured.
    distribution_id: None without CloudFront.
    """

    environment: str
    region: str
    account_id: str
    table: str
    index: str
    bucket: str
    bucket_metrics: str
    api_id: str
    stage: str
    functions: Mapping[str, str]
    jobs_queue: str
    failure_queues: Mapping[str, str]
    configuration_set: str
    secrets: Mapping[str, str]
    application_log_group: str
    error_log_group: str
    distribution_id: str | None

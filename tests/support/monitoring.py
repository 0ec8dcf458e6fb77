"""An environment to be monitored, with every name known."""

from __future__ import annotations

from dataclasses import replace

from constructs_lib.monitoring.subjects import Subjects
from environments import naming
from environments.chat import FUNCTIONS

MAX_AGE_DAYS = 90

SUBJECTS = Subjects(
    environment="dev",
    region="us-east-1",
    account_id="123456789012",
    table=naming.table("dev"),
    index="GSI1",
    bucket=naming.exports_bucket("dev", "123456789012"),
    bucket_metrics="EntireBucket",
    api_id="a1b2c3d4e5",
    stage="dev",
    functions={
        folder.replace("_", "-"): naming.resource("dev", folder.replace("_", "-")) for folder in FUNCTIONS
    },
    jobs_queue=naming.resource("dev", "chat-jobs"),
    failure_queues={
        purpose: naming.resource("dev", purpose)
        for purpose in ("chat-dead-letters", "stream-failures", "mail-event-failures")
    },
    configuration_set=naming.configuration_set("dev"),
    secrets={name: naming.secret("dev", name) for name in ("openai-api-key", "anthropic-api-key")},
    application_log_group=naming.log_group("dev", "application"),
    error_log_group=naming.log_group("dev", "errors"),
    distribution_id="E1EXAMPLE23456",
)

WITHOUT_CLOUDFRONT = replace(SUBJECTS, distribution_id=None)
ELSEWHERE = replace(SUBJECTS, region="eu-west-1")

"""The table's change stream -> the function that counts sessions and submissions (trap 9)."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingDestinationConfig,
    LambdaEventSourceMappingDestinationConfigOnFailure,
    LambdaEventSourceMappingFilterCriteria,
    LambdaEventSourceMappingFilterCriteriaFilter,
)
from constructs import Construct

from constructs_lib.compute.function import Function
from constructs_lib.consumers.failures import FailureQueue
from constructs_lib.database import Database
from constructs_lib.log_groups import LogGroups
from constructs_lib.security import Security
from environments import EnvironmentConfig

BATCH_SIZE = 100
RETRIES = 3
MAXIMUM_AGE_S = 6 * 3600
"""A record that is this old goes to the failure queue: the message names its place in the stream, which keeps
it for 24 hours, so that there is time left to read it."""

PATTERN = {
    "eventName": ["INSERT", "MODIFY"],
    "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "SESSION#"}]}, "SK": {"S": ["META", "SUBMISSION"]}}},
}
"""Changes that can mean something to the function. Messages, connections and removals never start it.

Constructs import nothing of the functions; tests/synth/test_consumers.py compares this with their keys.
"""


class StreamConsumer(Construct):
    """The function, its place in the stream, and the queue of what it could not count.

    Attributes: `function`: `Function`; `failures`: `FailureQueue`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        database: Database,
        security: Security,
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, id_)
        self.failures = FailureQueue(self, "stream-failures", config=config, key=security.messages_key)
        self.function = Function(
            self, "stream-consumer", config=config, log_group=log_groups.application, environment={}
        )
        database.grant_stream_read(self.function)
        self.failures.grant_send(self.function)
        self._read(database.stream_arn)

    def _read(self, stream_arn: str) -> None:
        """The function answers with the first record that failed; a batch whose first one fails is halved
        until that one is alone. So it blocks the shard for its own retries only."""
        LambdaEventSourceMapping(
            self,
            "mapping",
            event_source_arn=stream_arn,
            function_name=self.function.function_arn,
            starting_position="TRIM_HORIZON",
            batch_size=BATCH_SIZE,
            # One batch of a shard at a time, in order.
            parallelization_factor=1,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=RETRIES,
            maximum_record_age_in_seconds=MAXIMUM_AGE_S,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria=LambdaEventSourceMappingFilterCriteria(
                filter=[LambdaEventSourceMappingFilterCriteriaFilter(pattern=json.dumps(PATTERN))]
            ),
            destination_config=LambdaEventSourceMappingDestinationConfig(
                on_failure=LambdaEventSourceMappingDestinationConfigOnFailure(
                    destination_arn=self.failures.queue_arn
                )
            ),
            # Lambda tries the role's permissions on stream and queue when the mapping is created.
            depends_on=list(self.function.permissions),
        )

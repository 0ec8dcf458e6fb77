"""The alarms on the functions, and on the queues of what they could not do."""

from __future__ import annotations

from constructs_lib.monitoring.alarm import Alarm
from constructs_lib.monitoring.metrics import Metric
from constructs_lib.monitoring.subjects import Subjects

CONSEQUENCES = {
    "authorizer": "nobody is let into the chat",
    "connect": "nobody can connect to the chat",
    "disconnect": "connections that are gone are still listed, until they expire",
    "send-message": "messages are not taken",
    "chat-worker": "answers are tried again, and come late or never",
    "stream-consumer": "sessions and submissions are counted late or not at all",
    "mail-events": "bounces and complaints are noticed late or not at all",
    "secret-age": "nobody is told that an API key is due",
    "error-log": "errors are not copied into the log group of errors",
}
"""Function -> what it means that it fails."""

IN_THE_WAY = ("authorizer", "connect", "send-message", "chat-worker")
"""Functions without which there is no chat."""

FAILURE_QUEUES = {
    "chat-dead-letters": (
        "Questions were tried as often as allowed and have no answer.",
        "Run the saved query for errors by function; then redrive the queue to the job queue, or purge it.",
        True,
    ),
    "stream-failures": (
        "Changes of the table could not be counted, so the KPIs are too low.",
        "The message names shard and sequence numbers: correct the consumer, read the records within 24"
        " hours, then delete the message.",
        False,
    ),
    "mail-event-failures": (
        "What became of some mails could not be read.",
        "Read the message and the function's log, correct the function, then redrive the queue.",
        False,
    ),
}
"""Purpose -> meaning, action, whether people notice."""


def functions(subjects: Subjects) -> list[Alarm]:
    def of(name: str, metric: str, stat: str = "Sum") -> Metric:
        return Metric("AWS/Lambda", metric, {"FunctionName": subjects.functions[name]}, stat)

    consumers = [name for name in subjects.functions if name == "stream-consumer"]
    return [
        *(
            Alarm(
                f"errors-{name}",
                f"The function {name} ends with an exception or a time-out: {CONSEQUENCES[name]}.",
                "Run the saved query for errors by function; if it began with a deployment, deploy the"
                " version before it.",
                (of(name, "Errors"),),
                # No handler lets out an exception that its caller caused.
                threshold=0,
                affects_users=name in IN_THE_WAY,
            )
            for name in subjects.functions
        ),
        Alarm(
            "function-throttles",
            "Lambda refuses to start functions: the account's concurrent executions are used up.",
            "See in the dashboard which function runs so often; lower CHAT_WORKER_CONCURRENCY, or have AWS"
            " raise the account's quota.",
            tuple(of(name, "Throttles") for name in subjects.functions),
            threshold=0,
            affects_users=True,
        ),
        *(
            Alarm(
                "stream-iterator-age",
                "The table's changes are counted a quarter of an hour late; after 24 hours they are lost.",
                f"See the log of {name}: a record may fail again and again, or there is too much to read.",
                (of(name, "IteratorAge", "Maximum"),),
                threshold=900_000,
            )
            for name in consumers
        ),
    ]


def queues(subjects: Subjects) -> list[Alarm]:
    return [
        Alarm(
            purpose,
            FAILURE_QUEUES[purpose][0],
            FAILURE_QUEUES[purpose][1],
            (Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue}, stat="Maximum"),),
            threshold=0,
            affects_users=FAILURE_QUEUES[purpose][2],
        )
        for purpose, queue in subjects.failure_queues.items()
    ]

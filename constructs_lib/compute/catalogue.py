"""What each function of `functions/` needs to run."""

from __future__ import annotations

from dataclasses import dataclass

POWERTOOLS = ("aws-lambda-powertools", "jmespath", "typing-extensions")
HTTP = ("httpx", "httpx-sse", "httpcore", "h11", "anyio", "certifi", "idna")


@dataclass(frozen=True)
class Spec:
    """packages: names in Pipfile.lock's section `functions`. Memory in MiB; Lambda gives CPU by it."""

    description: str
    packages: tuple[str, ...]
    memory_mb: int = 256
    timeout_s: int = 10


SPECS = {
    "authorizer": Spec("Lets in who brings a magic link's token, from an allowed origin", POWERTOOLS),
    "connect": Spec("Notes a new connection of the chat", POWERTOOLS),
    "disconnect": Spec("Forgets a connection of the chat", POWERTOOLS),
    "send_message": Spec(
        "Takes a message, puts its job into the queue, answers at once", (*POWERTOOLS, "python-ulid")
    ),
    "chat_worker": Spec(
        "Streams the model's answer to the connection", (*POWERTOOLS, *HTTP, "python-ulid"), memory_mb=512
    ),
    "stream_consumer": Spec("Counts sessions and submissions", POWERTOOLS, timeout_s=30),
    "mail_events": Spec("Counts and logs what became of sent mail", POWERTOOLS),
    "secret_age": Spec("Measures how old the API keys are", POWERTOOLS, timeout_s=30),
    "error_log": Spec("Copies errors into the log group of errors", POWERTOOLS, timeout_s=30),
}
"""Folder of `functions/` -> what it needs."""

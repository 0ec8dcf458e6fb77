"""`ops chat`: talk to the deployed chat in the terminal, or from a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from ops.chat.answer import Answer
    from ops.chat.conversation import Conversation


def chat(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
    token: Annotated[
        str | None,
        typer.Option(
            envvar="CHAT_TOKEN",
            help="A magic link's token; - reads it from standard input. Without: a new session is made.",
        ),
    ] = None,
    message: Annotated[
        list[str] | None,
        typer.Option("--message", "-m", help="Ask this and leave; may be given several times."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object for each answer.")] = False,
) -> None:
    """Ask, and watch the answer stream in. Ctrl-C stops an answer; an empty line, Ctrl-D or Ctrl-C leaves.

    What is piped in is asked line by line. A lost connection is opened again.
    """
    import sys

    from rich.console import Console

    from ops import aws
    from ops.chat import sessions
    from ops.chat.conversation import Conversation
    from ops.chat.line import Line
    from ops.commands.outputs import deployed
    from ops.smoke.deployment import Deployment

    outputs = deployed(environment)
    if token == "-":
        token = sys.stdin.readline().strip()
    if not token:
        with aws.aws_errors(f"making a session in {environment}"):
            token = sessions.create(Deployment(environment, outputs)).token
    secret = token
    console = Console(highlight=False, soft_wrap=True, emoji=False, quiet=json_)
    conversation = Conversation(lambda: Line(outputs["websocket_url"], secret))
    try:
        for text in message or _questions(console):
            _exchange(conversation, text, console, json_=json_)
    finally:
        conversation.close()


def talk(environment: str, outputs: dict[str, str], question: str, console: Console) -> None:
    """One question and its answer, shown as it comes."""
    from ops.chat import sessions
    from ops.chat.conversation import Conversation
    from ops.chat.line import Line
    from ops.smoke.deployment import Deployment

    token = sessions.create(Deployment(environment, outputs)).token
    conversation = Conversation(lambda: Line(outputs["websocket_url"], token))
    try:
        console.print(f"  [bold]you[/] {question}")
        _exchange(conversation, question, console, json_=False)
    finally:
        conversation.close()


def _questions(console: Console) -> Iterator[str]:
    import sys

    if not sys.stdin.isatty():
        yield from (line.strip() for line in sys.stdin if line.strip())
        return
    while True:
        try:
            text = console.input("[bold]you[/] ").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if not text:
            return
        yield text


def _exchange(conversation: Conversation, text: str, console: Console, *, json_: bool) -> None:
    """Ask and show. Raises OpsError (PROOF) where the answer is an error."""
    import json

    from ulid import ULID

    from ops.chat.answer import Answer
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    answer = Answer(str(ULID()))
    console.print("  [bold]wizard[/] ", end="")
    _listen(conversation, text, answer, console)
    console.print()
    if json_:
        typer.echo(
            json.dumps({"text": answer.text, **(answer.done or answer.failed or {})}, ensure_ascii=False)
        )
    if answer.failed:
        raise OpsError(f"{answer.failed['code']}: {answer.failed['message']}", code=ExitCode.PROOF)
    done = answer.done or {}
    who = f"{done.get('provider')} {done.get('model')}" + (", stopped" if done.get("cancelled") else "")
    console.print(f"  {who}, {len(answer.text)} characters", style="dim", markup=False)


def _listen(conversation: Conversation, text: str, answer: Answer, console: Console) -> None:
    """Show the pieces; the first Ctrl-C stops the answer, a second one the command."""
    stopped = False
    events = conversation.ask(text, answer)
    while True:
        try:
            event = next(events, None)
        except KeyboardInterrupt:
            if stopped:
                raise
            stopped = True
            conversation.cancel()
            events = conversation.follow(answer)
            continue
        if event is None:
            return
        if event.note:
            console.print(f"\n  {event.note}", style="yellow", markup=False)
        console.print(event.text, end="", markup=False)
        console.file.flush()

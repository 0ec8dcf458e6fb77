"""What the model gets: its instructions, and the conversation as turns."""

from __future__ import annotations

from collections.abc import Sequence

from functions.chat_worker.providers.interface import Turn
from functions.shared.table import Answer, Message

INSTRUCTIONS = (
    "You are the Specification Wizard. Through conversation you help people who may not be engineers to write"
    " down what they want to have built. Ask for what is missing, one question at a time; point out what"
    " contradicts itself; sum up what is settled when asked. Answer in the language of the user, in plain"
    " words, as briefly as the matter allows."
)

HISTORY_CHARACTERS = 120_000
"""Of a longer conversation the beginning is left out: some 30,000 tokens of English."""


def turns(said: Sequence[Message | Answer]) -> list[Turn]:
    """The conversation up to the message to be answered, which is its last item, in turns that alternate.

    Providers want the user to begin, both sides to alternate and nothing to be empty: messages without an
    answer (failed, cancelled before the first word, still being answered) are put together with the next.
    """
    kept: list[Message | Answer] = []
    room = HISTORY_CHARACTERS
    for item in reversed(said):
        room -= len(item.text)
        if kept and room < 0:
            break
        kept.insert(0, item)
    made: list[Turn] = []
    for item in kept:
        if not item.text.strip() or (not made and item.role == "assistant"):
            continue
        if made and made[-1].role == item.role:
            made[-1] = Turn(item.role, f"{made[-1].text}\n\n{item.text}")
        else:
            made.append(Turn(item.role, item.text))
    return made

"""Progress of the set-up: one plain line per step, on a terminal as in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Console:
    """Prints `title ... outcome (seconds)`, with a dot for every few seconds of waiting."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.began = 0.0
        self.open = False

    def write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()

    def begin(self, title: str) -> None:
        """Start the line of a step."""
        self.began = time.monotonic()
        self.open = True
        self.write(f"{title} ...")

    def tick(self) -> None:
        """Show that the step is still at work."""
        if self.open:
            self.write(".")

    def end(self, outcome: str) -> None:
        """Finish the line of a step."""
        if self.open:
            self.open = False
            self.write(f" {outcome} ({time.monotonic() - self.began:.1f} s)\n")

    def note(self, text: str) -> None:
        """Print a line of its own, also in the middle of a step."""
        if self.open:
            self.write(f"\n  {text} ...")
        else:
            self.write(f"{text}\n")

    def abandon(self) -> None:
        """Leave an unfinished line, before an error is printed."""
        if self.open:
            self.open = False
            self.write("\n")

"""One comment per pull request: the newest run's, however many runs write at once.

The servers offer create, edit, delete and list, but no edit that fails where somebody was faster. So each run
looks again after everything it did, until there is nothing to do, and reads a comment once more before it
edits or deletes it. What an older run may still do is to overwrite a comment between these two requests;
hence the newest run watches while an older one is under way, and where that is not known for as long as two
requests may take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ops.comment.marker import PLAN, Marker, read
from ops.comment.patience import Gone, Passing, Patience, TooLong
from ops.errors import OpsError

REQUEST_S = 10.0
"""A request that takes longer is given up."""

WATCH_S = 2 * REQUEST_S
"""An older run that read the comment before this one wrote has also written, or given up, after this long."""

OLDER_S = 300.0
"""The longest watch where an older run is known to be under way."""

LOOK_AGAIN_S = 5.0

SMALLEST = 1_000
"""Characters of the shortest text that is tried."""

ROUNDS = 200
"""More looks than any number of runs at once needs; then something is wrong."""


@dataclass(frozen=True)
class Comment:
    """A comment of ours, with our marker. id: counts up. url: for people."""

    id: int
    body: str
    url: str
    marker: Marker


class Platform(Protocol):
    """A pull request on a server. Every call may raise Passing, or OpsError where no retry helps."""

    def head(self) -> str:
        """SHA of the pull request's newest commit."""

    def comments(self) -> list[Comment]:
        """All of ours on it: by our author, with our marker."""

    def create(self, body: str) -> None:
        """Raises TooLong."""

    def again(self, comment: Comment) -> Comment:
        """The same comment as it is now. Raises Gone, also where it is none of ours any more."""

    def edit(self, comment: Comment, body: str) -> None:
        """Raises Gone, TooLong."""

    def delete(self, comment: Comment) -> None:
        """Raises Gone."""

    def older_runs(self, marker: Marker) -> bool | None:
        """Whether an older run is under way that may comment; None where that cannot be known."""


@dataclass(frozen=True)
class Outcome:
    """what: created, updated, unchanged; newer: a newer run has commented; outdated: the pull request has a
    newer commit. url: of the comment that is there, or "". shown: its marker, if any. characters: of it.
    """

    what: str
    url: str = ""
    shown: Marker | None = None
    characters: int = 0

    @property
    def posted(self) -> bool:
        """Whether the comment is this run's."""
        return self.what in ("created", "updated", "unchanged")


def ours(comments: Sequence[tuple[int, str, str, str]], author: str, kind: str) -> list[Comment]:
    """Of (id, author, body, url) those that the author wrote and that bear the marker; oldest first."""
    return sorted(
        (
            Comment(number, body, url, marker)
            for number, login, body, url in comments
            if login.lower() == author.lower() and (marker := read(body, kind=kind))
        ),
        key=lambda comment: comment.id,
    )


def same(comment: Comment, body: str, kind: str) -> Comment:
    """The comment with the text that it has now. Raises Gone where that bears no marker of ours any more."""
    marker = read(body, kind=kind)
    if marker is None:
        raise Gone
    return replace(comment, body=body, marker=marker)


class Posting:
    """A run that posts. render: the text for a number of characters at most, the marker not included."""

    def __init__(
        self,
        platform: Platform,
        marker: Marker,
        render: Callable[[int], str],
        *,
        limit: int,
        patience: Patience,
    ) -> None:
        self._platform = platform
        self._marker = marker
        self._render = render
        self._limit = limit
        self._patience = patience
        self._body = self._rendered()
        self._did = "unchanged"
        self._watched_s = 0.0
        self._older: bool | None = None
        self._settled = False

    def run(self) -> Outcome:
        """Post until there is nothing to do. Raises OpsError."""
        for _ in range(ROUNDS):
            try:
                outcome = self._look()
            except Gone:
                continue
            except Passing as failure:
                self._patience.wait(failure)
                continue
            except TooLong:
                self._shorten()
                continue
            if outcome:
                return outcome
        raise OpsError(
            f"After {ROUNDS} looks the comment is still not this run's.",
            hint="Something else writes comments with this project's marker; see the pull request.",
        )

    def _look(self) -> Outcome | None:
        """One look and what follows of it; None where another look must follow."""
        mine = self._marker
        comments = self._platform.comments()
        # What is deployed is merged: its commit is on the branch it was merged into. Asked for after the
        # comments: whoever commented for a newer commit did so after that was pushed.
        head = self._platform.head() if mine.stage == PLAN and mine.sha else ""
        own = [comment for comment in comments if comment.marker == mine]
        newer = [comment for comment in comments if _newer(comment.marker, mine, head)]
        newest = max(newer or comments, key=lambda comment: comment.marker.position, default=None)
        if newer and newest:
            self._remove(own)
            return Outcome("newer", newest.url, newest.marker)
        if head != mine.sha and head and not own:
            return Outcome("outdated", newest.url if newest else "", newest.marker if newest else None)
        keep = own[0] if own else comments[0] if comments else None
        if self._wrote(keep) | self._removed(comments, keep):
            return None
        assert keep
        if not self._settled:
            self._settle()
            return None
        return Outcome(self._did, keep.url, keep.marker, len(keep.body))

    def _settle(self) -> None:
        """Wait while an older run may still write. The look that counts is the one after that."""
        known = self._platform.older_runs(self._marker)
        self._older = self._older if known is None else known
        longest_s = OLDER_S if self._older else WATCH_S
        if self._older is False or self._watched_s >= longest_s:
            self._settled = True
            return
        if not self._watched_s:
            told = "is under way" if self._older else "may still write"
            self._patience.tell(f"An older run {told}: watching the comment for {longest_s:.0f} s at most")
        self._patience.sleep(LOOK_AGAIN_S)
        self._watched_s += LOOK_AGAIN_S

    def _wrote(self, keep: Comment | None) -> bool:
        """Whether the comment that is kept had to be written."""
        if keep is None:
            self._did = "created"  # it may be there although no answer came
            self._platform.create(self._body)
            return True
        written = self._did != "unchanged" and keep.marker == self._marker
        if written or _same(keep.body, self._body):
            return False
        if self._platform.again(keep).marker != keep.marker:
            return True  # another run was faster
        self._platform.edit(keep, self._body)
        if self._did == "unchanged":
            self._did = "updated"
        return True

    def _removed(self, comments: Sequence[Comment], keep: Comment | None) -> bool:
        """Whether there was another one: of an older run, or of an earlier tool."""
        others = [comment for comment in comments if keep and comment.id != keep.id]
        self._remove(others)
        return bool(others)

    def _remove(self, comments: Sequence[Comment]) -> None:
        for comment in comments:
            try:
                if self._platform.again(comment).marker == comment.marker:
                    self._platform.delete(comment)
            except Gone:
                continue

    def _shorten(self) -> None:
        self._limit = self._limit * 3 // 4
        if self._limit < SMALLEST:
            raise OpsError(
                f"The server takes no comment of {len(self._body)} characters; a shorter one says nothing.",
                hint="The step summary and the bundle hold all of it.",
            )
        self._body = self._rendered()

    def _rendered(self) -> str:
        return self._marker.line + self._render(self._limit - len(self._marker.line))


def _newer(other: Marker, mine: Marker, head: str) -> bool:
    """Whether the other run is the newer one. head: the pull request's newest commit, "" if unknown.

    A plan of the newest commit is newer than one of another commit, whatever their numbers: those start anew
    where a workflow's file is renamed.
    """
    if head and other.stage == mine.stage and other.sha != mine.sha and head in (other.sha, mine.sha):
        return other.sha == head
    return other.position > mine.position


def _same(one: str, other: str) -> bool:
    """Servers change line ends, and drop empty space at the end."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()

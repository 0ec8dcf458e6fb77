"""`ops restore objects`: every key below a prefix as it was at a time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from environments import naming
from ops import confirmation
from ops.aws import aws_errors
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.recovery import copying, times, versions
from ops.recovery.side_by_side import side_by_side
from ops.recovery.times import shown
from ops.recovery.versions import Action, History

if TYPE_CHECKING:
    from rich.console import Console

    from environments import EnvironmentConfig

SAMPLES = 20
"""Keys of each kind that are printed; --json prints all."""
MOST_FAILURES = 100
"""After so many the cause is not the single object."""

WORDS = {
    Action.COPY: "to be brought back",
    Action.LATER: "made later",
    Action.GONE: "not recoverable: the version of that time has expired",
    Action.UNSURE: "perhaps not recoverable: if it was there then, that version has expired",
}


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    prefix: str
    at: datetime
    delete_later: bool


@dataclass
class Survey:
    """What was found: keys by action, the first of them by name, bytes to copy."""

    counts: Counter[Action] = field(default_factory=Counter)
    names: dict[Action, list[str]] = field(default_factory=dict)
    deleted: int = 0
    size_bytes: int = 0

    def add(self, action: Action, history: History) -> None:
        """Take a key in."""
        self.counts[action] += 1
        if action is Action.SAME:
            return
        names = self.names.setdefault(action, [])
        if len(names) < SAMPLES:
            names.append(history.latest.key)
        if action is Action.COPY and history.then:
            self.size_bytes += history.then.size
            self.deleted += history.latest.marker

    def to_do(self, wish: Wish) -> int:
        """How many keys are to be changed."""
        return self.counts[Action.COPY] + (self.counts[Action.LATER] if wish.delete_later else 0)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            **{str(action): self.counts[action] for action in Action},
            "deleted_since": self.deleted,
            "bytes": self.size_bytes,
        }


class ObjectRestore:
    """A restore in the exports bucket of one environment."""

    def __init__(self, environment: str, wish: Wish, console: Console) -> None:
        import environments
        from ops import aws

        self.config: EnvironmentConfig = environments.load(environment)
        aws.verify_caller(self.config.aws_account_id, self.config.aws_region)
        self.environment, self.wish, self.console = environment, wish, console
        self.s3: Any = aws.client("s3", self.config.aws_region, attempts=8)
        self.bucket = naming.exports_bucket(environment, self.config.aws_account_id)
        self.noncurrent_days = self._noncurrent_days()

    def run(self, *, dry_run: bool, yes: bool, json_: bool) -> None:
        """Look, show, ask, do. Raises OpsError: INCOMPLETE where single objects could not be brought back."""
        survey = Survey()
        for action, history in self.judged():
            survey.add(action, history)
            if json_ and action is not Action.SAME:
                self._print_json({"key": history.latest.key, "action": action, **_version(action, history)})
        if json_:
            self._print_json({"summary": survey.as_json(), "bucket": self.bucket, "to": shown(self.wish.at)})
        else:
            self._show(survey)
        total = survey.to_do(self.wish)
        if dry_run or not total:
            self._say(json_, "Nothing was changed." if total else "Nothing to do.")
            return
        confirmation.ask(
            self.environment,
            f"Shall {total} objects in {self.bucket} be as they were at {shown(self.wish.at)}?",
            yes=yes,
        )
        failures = self._do(total, quiet=json_)
        if failures:
            names = "; ".join(failures[:SAMPLES])
            raise OpsError(
                f"{len(failures)} of {total} objects are not as they were: {names}.",
                hint="The others are. Mend the cause and run the command again: it does only what is left.",
                code=ExitCode.INCOMPLETE,
            )
        self._say(json_, f"{total} objects are as they were at {shown(self.wish.at)}.")
        if self.config.enable_cloudfront and not json_:
            self._say(
                json_,
                f"CloudFront may keep what it has for up to {self.config.cdn.cache_days} days: invalidate "
                f"/{self.wish.prefix}* where that matters.",
            )

    def judged(self) -> Iterator[tuple[Action, History]]:
        """Every key below the prefix, with what is to be done; what an earlier run did counts as done."""
        now = datetime.now(UTC)
        entries = versions.listed(self.s3, self.bucket, self.wish.prefix)

        def judge(history: History) -> tuple[Action, History]:
            action = versions.judge(history, now, self.noncurrent_days)
            if action is Action.COPY and history.then and self._is_done(history):
                action = Action.SAME
            return action, history

        yield from side_by_side(judge, versions.histories(entries, self.wish.at))

    def _is_done(self, history: History) -> bool:
        from botocore.exceptions import ClientError

        assert history.then
        try:
            return copying.is_copy_of(self.s3, self.bucket, history.latest, history.then)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
                return False  # gone since it was listed
            with aws_errors(f"reading the tags of {history.latest.key}"):
                raise

    def _do(self, total: int, *, quiet: bool) -> list[str]:
        """Bring back and mark; the failures, each with its key."""
        failures: list[str] = []
        wanted = (
            pair
            for pair in self.judged()
            if pair[0] is Action.COPY or (pair[0] is Action.LATER and self.wish.delete_later)
        )
        with _Progress(self.console, total, quiet=quiet) as advance:
            for failure in side_by_side(self._do_one, wanted):
                advance()
                if failure:
                    failures.append(failure)
                if len(failures) >= MOST_FAILURES:
                    break
        return failures

    def _do_one(self, pair: tuple[Action, History]) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError

        action, history = pair
        try:
            if action is Action.LATER:
                copying.mark_deleted(self.s3, self.bucket, history.latest.key)
            elif history.then:
                copying.bring_back(self.s3, self.bucket, history.then)
        except (ClientError, BotoCoreError, ValueError) as error:
            return f"{history.latest.key}: {error}"
        return None

    def _noncurrent_days(self) -> int:
        """As the bucket has it. Raises OpsError (STATE) for a bucket that never kept versions."""
        from ops.recovery import bucket_settings

        found = bucket_settings.read(self.s3, self.bucket)
        if found.versioning is None:
            raise OpsError(
                f"{self.bucket} keeps no versions, so there is nothing to bring back.",
                hint="S3_VERSIONING switches them on, from the next deployment onwards.",
                code=ExitCode.STATE,
            )
        return found.noncurrent_days or self.config.storage.noncurrent_retention_days

    def _show(self, survey: Survey) -> None:
        self.console.print(
            f"{self.bucket}, keys that begin with {self.wish.prefix!r}, as at {shown(self.wish.at)}:",
            markup=False,
        )
        self.console.print(f"  {survey.counts[Action.SAME]} are as they were", markup=False)
        for action, words in WORDS.items():
            if not (count := survey.counts[action]):
                continue
            more = ""
            if action is Action.COPY:
                more = f" ({survey.deleted} of them deleted since; {survey.size_bytes / 1e6:.1f} MB)"
            elif action is Action.LATER:
                more = ", to be marked deleted" if self.wish.delete_later else ", left as they are"
            self.console.print(f"  {count} {words}{more}", markup=False)
            for name in survey.names[action]:
                self.console.print(f"    {name}", style="dim", markup=False)
            if count > SAMPLES:
                self.console.print(f"    … and {count - SAMPLES} more; --json names all", style="dim")

    def _say(self, quiet: bool, text: str) -> None:
        if not quiet:
            self.console.print(text, markup=False)

    def _print_json(self, document: dict[str, Any]) -> None:
        self.console.print(json.dumps(document), markup=False)


def _version(action: Action, history: History) -> dict[str, str]:
    return {"version_id": history.then.version_id} if action is Action.COPY and history.then else {}


def wish(prefix: str, text: str, *, delete_later: bool) -> Wish:
    """From the command line. Raises OpsError (USAGE)."""
    return Wish(prefix, times.parse(text, datetime.now(UTC)), delete_later)


class _Progress:
    """A bar on a terminal; else a line for every thousandth object."""

    def __init__(self, console: Console, total: int, *, quiet: bool) -> None:
        from rich.progress import Progress

        self._console, self._total, self._quiet = console, total, quiet
        self._bar = Progress(console=console, transient=True, disable=quiet or not console.is_terminal)
        self._done = 0

    def __enter__(self) -> Callable[[], None]:
        self._bar.start()
        self._task = self._bar.add_task("Objects", total=self._total)
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _advance(self) -> None:
        self._done += 1
        self._bar.advance(self._task)
        if self._done % 1000 == 0 and not self._quiet and not self._console.is_terminal:
            self._console.print(f"  {self._done}/{self._total}", markup=False)

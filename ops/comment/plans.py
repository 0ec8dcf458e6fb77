"""The bundles that are commented on: read, in order, with a word on those that are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from environments import ENVIRONMENTS
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.bundles.file import Bundle
    from ops.bundles.manifest import Run


def read(
    paths: Sequence[Path], expected: Sequence[str], run: Run | None, *, deploy: bool = False
) -> list[Bundle]:
    """The bundles, those of expected environments without one made up as failures; in the order of use.

    run: that which is running, for what is made up. deploy: it is one, and no plan for a review. Raises
    OpsError (USAGE): a file is no bundle, or two are about the same environment; (STALE): they are of
    different runs.
    """
    from ops.bundles import file

    found: dict[str, Bundle] = {}
    for path in paths:
        bundle = file.read(path)
        name = bundle.manifest.environment
        if name in found:
            raise OpsError(
                f"{path} is a second bundle of {name}.",
                hint="Name one bundle for each environment.",
                code=ExitCode.USAGE,
            )
        found[name] = bundle
    for name in expected:
        found.setdefault(name, _missing(name, run, deploy=deploy))
    if not found:
        raise OpsError(
            "No bundle is named.",
            hint="Name those that `ops plan ENV --out FILE` wrote, or expect one:  --expect dev",
            code=ExitCode.USAGE,
        )
    ordered = sorted(found.values(), key=lambda bundle: _place(bundle.manifest.environment))
    run_of(ordered, run)
    return ordered


def run_of(bundles: Sequence[Bundle], run: Run | None) -> Run | None:
    """The run that made them, at its last attempt: another attempt may have made only some of them anew.

    run: that which is running. Raises OpsError (STALE): they are of different runs.
    """
    runs = {bundle.manifest.environment: bundle.manifest.run for bundle in bundles if bundle.manifest.run}
    if len({one.id for one in runs.values()}) > 1:
        told = ", ".join(f"{name} of run {one.number}" for name, one in runs.items())
        raise OpsError(
            f"The bundles are of different runs: {told}.",
            hint="One comment is about one run: plan the environments again, in one run.",
            code=ExitCode.STALE,
        )
    attempts = [
        *runs.values(),
        *([run] if run and (not runs or run.id in {r.id for r in runs.values()}) else []),
    ]
    return max(attempts, key=lambda one: one.attempt, default=None)


def write_summary(text: str, environ: Mapping[str, str]) -> None:
    """Append to the run's summary. Raises OpsError (CONFIGURATION, OUTPUT)."""
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        raise OpsError(
            "GITHUB_STEP_SUMMARY is not set: there is no step summary outside GitHub Actions.",
            hint="Leave --summary out; --markdown FILE writes a file.",
            code=ExitCode.CONFIGURATION,
        )
    try:
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(text if text.endswith("\n") else f"{text}\n")
    except OSError as error:
        raise OpsError(f"The step summary could not be written: {error}.", code=ExitCode.OUTPUT) from error


def bounded(text: str, limit: int) -> str:
    """The text, which must keep to its limit: a longer one would be refused."""
    if len(text) > limit:
        raise OpsError(f"The comment has {len(text)} characters, {limit} were allowed.")
    return text


def _place(name: str) -> tuple[int, str]:
    return (ENVIRONMENTS.index(name), "") if name in ENVIRONMENTS else (len(ENVIRONMENTS), name)


def _missing(environment: str, run: Run | None, *, deploy: bool) -> Bundle:
    from ops.bundles.file import Bundle
    from ops.bundles.manifest import Failure, Manifest

    failure = Failure(
        step="deploy" if deploy else "plan",
        code=ExitCode.FAILED,
        message=f"The deploy of {environment} ended before it could say why."
        if deploy
        else f"The run ended before it had made a plan of {environment}.",
        hint="The log of its job says why.",
        next_command=f"ops {'deploy' if deploy else 'plan'} {environment}",
    )
    return Bundle(Manifest(environment=environment, made=datetime.now(UTC), run=run, failure=failure))

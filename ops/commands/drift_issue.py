"""`ops drift-issue`: one issue per environment for as long as it has drifted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ops.errors import OpsError
from ops.exit_codes import ExitCode

STDIN = Path("-")

FINDING = {"construct", "address", "id", "what", "attributes"}
ATTRIBUTE = {"attribute", "before", "after", "sensitive", "deploy_reverts"}


def drift_issue(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    found: Annotated[Path, typer.Argument(help="What `ops drift ENV --json` printed, - for standard input.")],
    repository: Annotated[str, typer.Option(help="owner/name; a workflow knows it.")] = "",
    author: Annotated[str, typer.Option(help="The login that the token writes under, if not found.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the issue's text; write nothing.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Open, update, close or reopen the GitHub issue about an environment's drift.

    A comment is written only where other attributes have drifted than before. The token comes from
    GITHUB_TOKEN and needs `issues: write`.
    """
    import json
    import os

    from rich.console import Console

    from ops.comment import drift_issue as text
    from ops.comment.patience import Patience
    from ops.comment.place import REPOSITORY
    from ops.github import client
    from ops.github.issues import DriftIssues

    console = Console(stderr=json_, highlight=False, soft_wrap=True, emoji=False)
    drift = _read(environment, found)
    if dry_run:
        typer.echo(text.body(environment, drift) if drift else f"No drift of {environment}.")
        return
    name = repository or os.environ.get("GITHUB_REPOSITORY", "")
    if not REPOSITORY.fullmatch(name):
        raise OpsError(
            f"The repository is {name!r}; it must be owner/name.",
            hint="Give it:  --repository owner/name; in a workflow GITHUB_REPOSITORY has it.",
            code=ExitCode.CONFIGURATION,
        )
    patience = Patience(lambda told: console.print(told, markup=False))
    connected = client.connect(os.environ)
    login = author or patience.until_done(lambda: client.author(connected))
    issues = DriftIssues(connected, name, environment, author=login)
    done, url = patience.until_done(lambda: issues.settle(drift))
    if json_:
        typer.echo(json.dumps({"environment": environment, "done": done, "url": url}, indent=2))
    else:
        said = ", ".join(done) if done else "it says so already" if drift else "no drift and no issue"
        console.print(f"Issue of {environment}: {said}. {url}".rstrip(), markup=False)


def _read(environment: str, path: Path) -> list[dict[str, Any]]:
    """The findings. Raises OpsError (USAGE): it is not what `ops drift` prints, or of another environment.

    Nothing is closed because of a file that is empty: that is what a failed `ops drift` leaves.
    """
    import json
    import sys

    try:
        text = sys.stdin.read() if path == STDIN else path.read_text(encoding="utf-8")
        document = json.loads(text)
        drift = document["drift"]
        shaped = all(
            one.keys() >= FINDING and all(attribute.keys() >= ATTRIBUTE for attribute in one["attributes"])
            for one in drift
        )
        named = document["environment"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(path, "is not what `ops drift --json` prints", environment) from error
    if not shaped:
        raise _refused(path, "is not what `ops drift --json` prints", environment)
    if named != environment:
        raise _refused(path, f"is about {named!r}, not {environment}", environment)
    return list(drift)


def _refused(path: Path, why: str, environment: str) -> OpsError:
    name = "Standard input" if path == STDIN else str(path)
    return OpsError(
        f"{name} {why}.", hint=f"Make it:  ops drift {environment} --json > {path}", code=ExitCode.USAGE
    )

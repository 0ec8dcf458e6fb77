"""`ops may-deploy`: what a workflow asks before it plans a deploy."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.errors import OpsError
from ops.exit_codes import ExitCode

DOCS = "docs/pull-requests.md"


def may_deploy(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
    repository: Annotated[str, typer.Option(help="owner/name; a workflow knows it.")] = "",
    sha: Annotated[str, typer.Option(help="The commit that is to be deployed; a workflow knows it.")] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Also where that takes back what was deployed last.")
    ] = False,
) -> None:
    """Refuse a deploy by a workflow that nobody guards, or that would take back what is deployed.

    Exit code 3: the GitHub environment has no deployment branches, or that of prod no required reviewers; 4:
    the token of GITHUB_TOKEN may not ask, it needs `actions: read` and `deployments: read`; 23: what was
    deployed last is not part of this commit.
    """
    import os

    from environments import ENVIRONMENTS
    from ops.comment import place
    from ops.comment.patience import Patience
    from ops.github import client, deployments, guards

    if environment not in ENVIRONMENTS:
        raise typer.BadParameter(f"{environment!r} is none of {', '.join(ENVIRONMENTS)}.")
    given = place.Given(repository=repository, sha=sha)
    repository, sha = place.of_deploy(place.GITHUB, given, os.environ)
    connected, patience = client.connect(os.environ), Patience(typer.echo)
    lacking = patience.until_done(lambda: guards.lacking(connected, repository, environment))
    if lacking:
        raise OpsError(
            f"The GitHub environment {environment} has no {' and no '.join(lacking)}.",
            hint=f'Settings → Environments → {environment} of {repository}. {DOCS}, "What has to be set up, '
            'once", 3.',
            code=ExitCode.CONFIGURATION,
        )
    deployed = patience.until_done(lambda: deployments.newest(connected, repository, environment))
    follows = not deployed or patience.until_done(
        lambda: deployments.follows(connected, repository, sha, deployed)
    )
    if not follows and not take_back:
        raise OpsError(
            f"Commit {deployed[:12]} was deployed to {environment} last and is not part of {sha[:12]}, which "
            "would take it back.",
            hint="Start the workflow `deploy` anew on main. To take a change back, merge its revert. "
            f'{DOCS}, "The deploy".',
            code=ExitCode.STALE,
        )
    said = "nothing newer was deployed" if follows else f"{deployed[:12]} is taken back, as you say"
    typer.echo(f"{environment} may have {sha[:12]}: it is guarded, and {said}.")

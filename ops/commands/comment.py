"""`ops comment`: the plans of all environments, in one comment of the pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.comment.patience import Patience
    from ops.comment.place import MergedOf, Place
    from ops.comment.sticky import Outcome
    from ops.review.markdown import Links
    from ops.review.model import Review

STDOUT = Path("-")


def comment(
    bundles: Annotated[
        list[Path] | None, typer.Argument(help="What `ops plan --out` wrote.", show_default=False)
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="An environment that must be told, as failed where it has no bundle; repeatable."),
    ] = None,
    pull_request: Annotated[int, typer.Option(help="Its number; a pipeline knows it.", min=0)] = 0,
    repository: Annotated[str, typer.Option(help="owner/name; a pipeline knows it.")] = "",
    sha: Annotated[str, typer.Option(help="The commit that was planned; a pipeline knows it.")] = "",
    merged: Annotated[
        bool,
        typer.Option("--merged", help="A deploy speaks, on the pull request of the merged commit (GitHub)."),
    ] = False,
    run: Annotated[int, typer.Option(help="The run's number, outside a pipeline.", min=0)] = 0,
    author: Annotated[str, typer.Option(help="The login that the token writes under, if not found.")] = "",
    markdown: Annotated[Path | None, typer.Option(help="Also write the text, - to standard output.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Also append to $GITHUB_STEP_SUMMARY.")] = False,
    github: Annotated[bool, typer.Option("--github", help="Post on GitHub; the default.")] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help="Post on GitLab; there the default.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Post nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Keep one comment on the pull request that shows what its plans would do.

    The token comes from GITHUB_TOKEN or GITLAB_TOKEN. A newer run's comment is never overwritten; a commit
    that is not the pull request's newest any more is not commented on: both end with 0 and say so. So does
    --merged for a commit without a merged pull request; what it posts no plan overwrites. Exit code 4: the
    token may not comment; 10: the server did not answer or limited the rate for too long.
    """
    import json
    import os

    from rich.console import Console

    from ops.bundles import origin
    from ops.comment import place, plans
    from ops.comment.patience import Patience
    from ops.deployment import reviewing

    if github and gitlab:
        raise typer.BadParameter("--github and --gitlab exclude each other.")
    if json_ and markdown == STDOUT:
        raise typer.BadParameter("--json and --markdown - exclude each other.")
    console = Console(stderr=json_ or markdown == STDOUT, highlight=False, soft_wrap=True, emoji=False)
    running = origin.run()
    read = plans.read(bundles or [], expect or [], running, deploy=merged)
    reviews = reviewing.told(read)
    result: dict[str, Any] = {"environments": [one.environment for one in reviews], "outcome": "none"}
    links = _links(reviews, os.environ)
    _write(reviews, markdown, html, console, links=links, summary=summary, deploy=merged)
    platform = place.GITHUB if github else place.GITLAB if gitlab else ""
    given = place.Given(platform, repository, pull_request, sha, run)
    patience = Patience(lambda told: _say(console, told))
    merged_of = _merged_of(patience) if merged else None
    found = place.find(given, plans.run_of(read, running), os.environ, merged_of)
    if found and dry_run:
        result["outcome"] = "dry-run"
        _say(console, f"Dry run: nothing is posted on pull request {found.number} of {found.repository}.")
    elif found:
        result |= _posted(reviews, found, author, console, patience, links)
    elif not (markdown or html or summary or dry_run or merged):
        raise OpsError(
            "No pull request is named, and this is no pipeline of one.",
            hint="Give --pull-request NUMBER, or only write it:  --markdown -",
            code=ExitCode.CONFIGURATION,
        )
    else:
        _say(console, "No pull request: nothing is posted.")
    if json_:
        typer.echo(json.dumps(result, indent=2))


def _write(
    reviews: list[Review],
    markdown: Path | None,
    html: Path | None,
    console: Console,
    *,
    links: Links,
    summary: bool,
    deploy: bool,
) -> None:
    """Everything but the comment: that may be refused, and this is there then all the same."""
    import os

    from ops.comment import github, plans
    from ops.files import write_private
    from ops.review import markdown as text
    from ops.review import page

    if summary:
        plans.write_summary(text.summary(reviews, links=links, deploy=deploy), os.environ)
    if markdown:
        told = text.comment(reviews, limit=github.LIMIT, links=links, deploy=deploy)
        if markdown == STDOUT:
            typer.echo(told)
        else:
            write_private(markdown, told)
            _say(console, f"Text: {markdown}")
    if html:
        write_private(html, page.render(reviews))
        _say(console, f"Page: {html}")


def _links(reviews: list[Review], environ: Mapping[str, str]) -> Links:
    """To the run that made the plans, and to its artifacts; on GitLab to those of the job that comments.

    Source: docs.gitlab.com, "Predefined CI/CD variables reference" and "Job artifacts".
    """
    from ops.review.markdown import Links

    url = next((one.manifest.run.url for one in reviews if one.manifest.run), "")
    if "/actions/runs/" in url:
        return Links(f"{url}#artifacts", url, summary=True)
    job = environ.get("CI_JOB_URL", "") if environ.get("GITLAB_CI") == "true" else ""
    return Links(f"{job}/artifacts/browse" if job else "", url)


def _merged_of(patience: Patience) -> MergedOf:
    """Asks GitHub which pull request a commit merged."""
    import os

    from ops.comment import merged
    from ops.github import client

    def ask(repository: str, sha: str) -> int:
        connected = client.connect(os.environ)
        found = patience.until_done(lambda: merged.candidates(connected, repository, sha))
        return merged.choose(found, sha, patience.tell)

    return ask


def _posted(
    reviews: list[Review], place: Place, author: str, console: Console, patience: Patience, links: Links
) -> dict[str, Any]:
    """Post, and say what came of it."""
    from ops.comment import plans
    from ops.comment.marker import DEPLOY
    from ops.review import markdown

    deploy = place.marker.stage == DEPLOY

    def render(limit: int) -> str:
        told = markdown.comment(reviews, limit=limit, links=links, deploy=deploy)
        return plans.bounded(told, limit)

    outcome = post(place, author, render, patience)
    _say(console, _told(outcome, place))
    return {
        "outcome": outcome.what,
        "url": outcome.url,
        "characters": outcome.characters,
        "run": place.marker.run,
        "attempt": place.marker.attempt,
        "shown_run": outcome.shown.run if outcome.shown else None,
    }


def post(place: Place, author: str, render: Callable[[int], str], patience: Patience) -> Outcome:
    """Bring the comment to where it belongs. Raises OpsError."""
    import os

    from ops.comment import github, gitlab
    from ops.comment.place import GITLAB
    from ops.comment.sticky import Platform, Posting
    from ops.github import client

    platform: Platform
    if place.platform == GITLAB:
        there = gitlab.connect(os.environ)
        name = author or patience.until_done(lambda: gitlab.author(there))
        platform = gitlab.GitLabMergeRequest(there, place.repository, place.number, author=name)
        return Posting(platform, place.marker, render, limit=gitlab.LIMIT, patience=patience).run()
    connected = client.connect(os.environ)
    name = author or patience.until_done(lambda: client.author(connected))
    platform = github.GitHubPullRequest(
        connected, place.repository, place.number, author=name, run_id=place.run_id
    )
    try:
        return Posting(platform, place.marker, render, limit=github.LIMIT, patience=patience).run()
    except OpsError as error:
        if place.fork and error.code is ExitCode.AUTHENTICATION:
            error.hint = "The pull request comes from a fork, whose token only reads: see the step summary."
        raise


def _told(outcome: Outcome, place: Place) -> str:
    shown = f"{outcome.shown.name}, attempt {outcome.shown.attempt}" if outcome.shown else "no run"
    match outcome.what:
        case "newer":
            return f"Left as it is: the comment is of {shown}, this is {place.marker.name}. {outcome.url}"
        case "outdated":
            return f"Not posted: the pull request has a newer commit than {place.marker.sha[:12]}."
        case "unchanged":
            return f"The comment says so already. {outcome.url}"
        case what:
            return f"Comment {what}, {outcome.characters:,} characters: {outcome.url}"


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False)

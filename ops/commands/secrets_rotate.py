"""`ops secrets rotate`: a new API key in the place of an old one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson

if TYPE_CHECKING:
    from environments import EnvironmentConfig
    from ops.api_keys.kinds import Key, Kind
    from ops.api_keys.store import KeySecret

ADMIN_KEY = "OPENAI_ADMIN_KEY"


def rotate(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
    name: Annotated[str, typer.Argument(help="openai-api-key or anthropic-api-key.", show_default=False)],
    project: Annotated[
        str | None,
        typer.Option(envvar="OPENAI_PROJECT_ID", help="OpenAI: the project that the key is for, proj_…"),
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="OpenAI: delete the previous key, once the new one was read.")
    ] = False,
    unread: Annotated[
        bool, typer.Option("--unread", help="With --finish: even if nobody has read the new one yet.")
    ] = False,
    guided: Annotated[
        bool, typer.Option("--guided", help="OpenAI, too: you make the key, as for Anthropic.")
    ] = False,
    admin_url: Annotated[
        str | None,
        typer.Option(
            "--admin-url", help="Where OpenAI's Admin API is, if not at OpenAI.", show_default=False
        ),
    ] = None,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="ENV", help="prod: its name, where nobody can be asked to type it."
        ),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Make a new key, try it, put it in use. The old one stays valid until you end it. Safe to interrupt.

    OpenAI: by its Admin API. The Admin key is typed unseen, piped in, or in OPENAI_ADMIN_KEY; it is used for
    this call and kept nowhere. Anthropic's keys are made by people only: you are told how, and asked for it.
    """
    import json
    import os

    from ops.api_keys import asking
    from ops.api_keys.kinds import OPENAI

    given = os.environ.pop(ADMIN_KEY, None)  # no program that is started from here has it
    kind = asking.kind(name)
    by_api = kind is OPENAI and not guided
    _check_options(kind, project, by_api=by_api, finish=finish, unread=unread)
    config, secret = asking.opened(environment, kind)
    asking.confirm(environment, f"{'end the previous' if finish else 'rotate the'} {kind.name}", confirm)
    done: list[str] = []

    def say(sentence: str) -> None:
        done.append(sentence)
        typer.echo(sentence, err=json_)

    if by_api:
        _by_api(config, secret, kind, str(project), admin_url, given, say, finish=finish, unread=unread)
    else:
        _guided(config, secret, kind, say)
    if json_:
        typer.echo(json.dumps({"environment": environment, "name": kind.name, "done": done}, indent=2))


def _check_options(kind: Kind, project: str | None, *, by_api: bool, finish: bool, unread: bool) -> None:
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    if unread and not finish:
        problem, hint = "--unread is for --finish.", "Leave it out, or add --finish."
    elif finish and not by_api:
        problem = f"--finish deletes keys by OpenAI's Admin API; this {kind.owner} key was made by people."
        hint = f"Disable the old one at {kind.console}"
    elif by_api and not project:
        problem = "Of which of OpenAI's projects is the key?"
        hint = "--project proj_… or OPENAI_PROJECT_ID; without the Admin API: --guided"
    else:
        return
    raise OpsError(problem, hint=hint, code=ExitCode.USAGE)


def _by_api(
    config: EnvironmentConfig,
    secret: KeySecret,
    kind: Kind,
    project: str,
    admin_url: str | None,
    given: str | None,
    say: Callable[[str], None],
    *,
    finish: bool,
    unread: bool,
) -> None:
    from ops.api_keys import entering, form, rotation
    from ops.api_keys.admin import AdminApi

    admin_key = form.checked_admin(entering.value("Admin key of OpenAI") if given is None else given)
    again = rotation.Rotation(
        secret,
        AdminApi(_admin_base(admin_url, kind), project, admin_key),
        rotation.account_name(config.environment, config.aws_account_id, config.aws_region),
        _tried(config, kind),
        say,
    )
    if finish:
        again.finish(unread=unread)
        return
    again.begin()
    say(f"End the old key, once the chat has been used:  ops secrets rotate {_names(config, kind)} --finish")


def _guided(config: EnvironmentConfig, secret: KeySecret, kind: Kind, say: Callable[[str], None]) -> None:
    from ops.api_keys import check, entering, form

    seen = secret.labels()
    say(f"1. Make a new key at {kind.console}, named {secret.name}, with the old one's permissions.")
    say("2. Copy it and enter it here; it is tried before it is put in use.")
    gateway = check.gateway(config, kind) is not None
    key = form.checked(entering.value(f"new API key of {kind.owner}"), kind, gateway=gateway)
    _tried(config, kind)(key)
    say(f"{kind.owner} takes the key.")
    if not secret.set(key, seen):
        say(f"{secret.name} has this value already, so it is no new key; nothing was written.")
        return
    say("The new key is in use: workers read it when they start, or when the old one is refused.")
    say(
        f"3. When `ops secrets list {config.environment}` says that it was read, disable the old key at"
        f" {kind.console}, and delete it a day later."
    )


def _tried(config: EnvironmentConfig, kind: Kind) -> Callable[[Key], None]:
    from ops.api_keys import check

    base = check.base_url(config, kind)
    return lambda key: check.accepted(key, kind, base, patience_s=check.NEW_KEY_S)


def _admin_base(url: str | None, kind: Kind) -> str:
    from environments import rules
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    if url is None:
        return kind.url
    try:
        return rules.url_is_https_or_local(url)
    except ValueError as error:
        raise OpsError(
            f"--admin-url {error}; the Admin key would be sent there.",
            hint=f"Leave it out for {kind.url}.",
            code=ExitCode.USAGE,
        ) from None


def _names(config: EnvironmentConfig, kind: Kind) -> str:
    return f"{config.environment} {kind.name}"

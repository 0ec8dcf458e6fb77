"""Command lines of `ops secrets` have no values in them; what looks like one is refused and not repeated."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class Group(TyperGroup):
    """Refuses a key anywhere among the arguments, before an error message repeats it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        from ops.api_keys import asking, form

        if any(form.looks_like_a_key(argument) for argument in args):
            raise asking.in_the_history("What looks like an API key is among the arguments; if it is one")
        return super().parse_args(ctx, args)


class Command(TyperCommand):
    """Refuses what stands behind the last argument: a value, most likely, though it looks like no key."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        from ops.api_keys import asking

        ctx.allow_extra_args = True
        left = super().parse_args(ctx, args)
        if ctx.args:
            raise asking.in_the_history("There is one argument too many; if it is the key")
        return left

"""What lets people into the APIs who are not signed in, beside their routes."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.guards import lost
from ops.gates.iam.statements import shown
from ops.gates.references import References
from ops.gates.values import inside, is_known
from ops.plans.document import ResourceChange


def api(change: ResourceChange, _: References) -> Iterator[str]:
    """The address that AWS gives every API, beside its own domain."""
    off = "disable_execute_api_endpoint"
    if (
        inside(change.before, off) is True
        and change.after is not None
        and is_known(change, off)
        and change.after.get(off) is not True
    ):
        yield f"the address that AWS gave it would answer, past whatever guards its domain ({off})"


def authorizer(change: ResourceChange, references: References) -> Iterator[str]:
    """Authorizers that go, ask for less, or are asked elsewhere."""
    if how := lost(change, references, "api_id", "aws_apigatewayv2_api"):
        yield f"the authorizer would be {how}"
    if change.before is None or change.after is None:
        return
    old, new = ({*(values.get("identity_sources") or ())} for values in (change.before, change.after))
    if is_known(change, "identity_sources") and (less := sorted(old - new)):
        yield f"the authorizer would not ask for {', '.join(less)} any more"
    was, will = change.before.get("authorizer_uri"), references.after(change, "authorizer_uri")
    if was and will and was != will:
        yield f"another function would decide who may come in: from {was} to {shown(str(will))}"
    if is_known(change, "jwt_configuration"):
        yield from _tokens(change)


def _tokens(change: ResourceChange) -> Iterator[str]:
    was, will = (inside(values, "jwt_configuration", "issuer") for values in (change.before, change.after))
    if was and was != will:
        yield f"tokens of another issuer would be taken: from {was} to {will or 'nobody'}"
    old, new = (
        {*(inside(values, "jwt_configuration", "audience") or ())} for values in (change.before, change.after)
    )
    if more := sorted(new - old) if old else []:
        yield f"tokens for a further audience would be taken: {', '.join(more)}"


def function_url(change: ResourceChange, _: References) -> Iterator[str]:
    """URLs of functions."""
    was, will = (inside(values, "authorization_type") for values in (change.before, change.after))
    if will == "NONE" != was:
        yield "the function's URL would ask nobody who they are (authorization_type NONE)"

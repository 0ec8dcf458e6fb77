"""What lets strangers see more of what CloudFront and the APIs serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.gates.exposures_of_behaviors import behaviors
from ops.gates.guards import lost
from ops.gates.iam.statements import shown
from ops.gates.references import References
from ops.gates.values import inside, lists
from ops.plans import masking
from ops.plans.document import ResourceChange

TLS = (
    "SSLv3",
    "TLSv1",
    "TLSv1_2016",
    "TLSv1.1_2016",
    "TLSv1.2_2018",
    "TLSv1.2_2019",
    "TLSv1.2_2021",
    "TLSv1.2_2025",
    "TLSv1.3_2025",
)
"""CloudFront's security policies, the weakest first. Source: its developer guide, "Supported protocols"."""

API_TLS = ("TLS_1_0", "TLS_1_2")


def distribution(change: ResourceChange, references: References) -> Iterator[str]:
    """Behaviors, viewers' TLS, the web ACL and the origins of a distribution."""
    if change.after is None:
        return
    yield from behaviors(change)
    yield from _weaker(change, ("viewer_certificate", "minimum_protocol_version"), TLS)
    if inside(change.before, "web_acl_id") and not _told(change, "web_acl_id"):
        yield "its web ACL would be gone"
    old, new = (_by(values, "origin", "origin_id") for values in (change.before, change.after))
    for name, origin in new.items():
        index = lists(change.after, "origin").index(origin)
        unknown = _mark(change, "origin", index, "origin_access_control_id")
        had = inside(old.get(name), "origin_access_control_id")
        if had and not unknown and not origin.get("origin_access_control_id"):
            yield f"origin {name} would be asked without its origin access control"


def key_group(change: ResourceChange, references: References) -> Iterator[str]:
    """Whose signatures a key group stands for, besides the stack's own keys, which rotation brings."""
    if change.before is None or change.after is None:
        return
    old, new = ({*(items or ())} for items in (change.before.get("items"), references.after(change, "items")))
    own = "aws_cloudfront_public_key."
    foreign = [str(one) for one in new - old if own not in references.named(one, own.rstrip("."))]
    if more := sorted(map(shown, foreign)):
        yield f"URLs that a further key signs would be taken: {', '.join(more)}"


def signing(change: ResourceChange, references: References) -> Iterator[str]:
    """How CloudFront signs what it asks of an origin."""
    old, new = (inside(values, "signing_behavior") for values in (change.before, change.after))
    if new not in (None, "always", old):
        yield f"CloudFront would not always sign what it asks of its origin (signing_behavior {new})"


def web_acl_association(change: ResourceChange, references: References) -> Iterator[str]:
    """What a web ACL guards."""
    if how := lost(change, references, "resource_arn"):
        guarded = (change.before or {}).get("resource_arn")
        yield f"nothing would guard {guarded} any more{'' if how == 'gone' else f' (its web ACL is {how})'}"


def web_acl(change: ResourceChange, references: References) -> Iterator[str]:
    """What a web ACL does with requests; that it is gone tells whoever names it."""
    if change.before is None or change.after is None:
        return
    if lists(change.before, "default_action", "block") and lists(change.after, "default_action", "allow"):
        yield "requests that no rule knows would be let through"
    old, new = (_by(values, "rule", "name") for values in (change.before, change.after))
    for name, rule in old.items():
        if name not in new:
            yield f"rule {name} would be gone"
        elif not _only_counts(rule) and _only_counts(new[name]):
            yield f"rule {name} would only count"


def domain(change: ResourceChange, references: References) -> Iterator[str]:
    """The oldest TLS that a domain of an API takes."""
    block = ("domain_name_configuration", "security_policy")
    yield from _weaker(change, block if change.type.startswith("aws_apigatewayv2") else block[1:], API_TLS)


def _weaker(change: ResourceChange, path: tuple[str, ...], order: tuple[str, ...]) -> Iterator[str]:
    old, new = (inside(values, *path) for values in (change.before, change.after))
    if old not in order or masking.any_marked(inside(change.after_unknown, *path)):
        return
    if change.after is not None and (new not in order or order.index(new) < order.index(old)):
        yield f"TLS as old as {new or 'whatever AWS takes'} would be accepted, until now {old}"


def _only_counts(rule: Mapping[str, Any]) -> bool:
    return bool(lists(rule, "action", "count") or lists(rule, "override_action", "count"))


def _by(values: Any, block: str, name: str) -> dict[str, Mapping[str, Any]]:
    return {str(one.get(name)): one for one in lists(values, block)}


def _told(change: ResourceChange, attribute: str) -> Any:
    """The value, or that there will be one."""
    return inside(change.after, attribute) or masking.any_marked(
        masking.inner(change.after_unknown, attribute)
    )


def _mark(change: ResourceChange, block: str, index: int, attribute: str) -> bool:
    marks = masking.inner(masking.inner(change.after_unknown, block), index)
    return marks is True or masking.any_marked(masking.inner(marks, attribute))

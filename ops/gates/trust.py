"""What grants access without a policy's text: boundaries that go, identity providers that trust more."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.finding import Finding, Gate
from ops.gates.iam.statements import shown
from ops.gates.references import References
from ops.plans.document import PlanDocument, ResourceChange
from ops.plans.synthesized import Synthesized

TRUSTED = {
    "client_id_list": "tokens for a further audience",
    "thumbprint_list": "a further certificate",
    "url": "another provider",
}
"""What an identity provider of IAM newly trusts, by its attribute."""


def trusted_otherwise(plan: PlanDocument, code: Synthesized, references: References) -> Iterator[Finding]:
    """Boundaries that are taken away or exchanged, and what an identity provider newly trusts."""
    for change in plan.to_do:
        if change.before is None or change.after is None:
            continue
        for what, details in (*_boundary(change, references), *_provider(change, references)):
            path = code.construct_path(change.address)
            told = f"{path or change.address} {what}"
            yield Finding(Gate.BROADENING, change.address, path, told, details)


def _boundary(change: ResourceChange, references: References) -> Iterator[tuple[str, tuple[str, ...]]]:
    old = (change.before or {}).get("permissions_boundary") or ""
    new = references.after(change, "permissions_boundary") or ""
    if old and not new:
        yield "would lose its permissions boundary", (f"it was {old}",)
    elif old and old != new:
        yield "would get another permissions boundary", (f"from {old} to {shown(str(new))}",)


def _provider(change: ResourceChange, references: References) -> Iterator[tuple[str, tuple[str, ...]]]:
    if change.type != "aws_iam_openid_connect_provider":
        return
    for attribute, trusted in TRUSTED.items():
        old, new = (
            {*(value if isinstance(value, list) else [value])}
            for value in ((change.before or {}).get(attribute), references.after(change, attribute))
        )
        if more := sorted(shown(str(one)) for one in new - old if one):
            yield f"would trust {trusted}", tuple(f"{attribute}: {one}" for one in more)

"""What kind of access an action is, by its name: for the words of a finding, not for whether it is one.

The kinds are those of AWS's service authorization reference. That list is long and changes weekly; these few
rules put an action into the more dangerous kind where its name does not say.
"""

from __future__ import annotations

import re

PERMISSIONS, TAGGING, LIST, READ, WRITE = "permissions", "tagging", "list", "read", "write"
EVERY_KIND = frozenset({PERMISSIONS, TAGGING, LIST, READ, WRITE})

_READING = re.compile(
    r"get|batchget|describe|query|scan|select|decrypt|receive|head|view|search|check|lookup|download|simulate"
)
_RULES = (
    (LIST, re.compile(r"list")),
    (READ, _READING),
    (TAGGING, re.compile(r"(un)?tag|(add|remove|create|delete)tags|put\w*tagging|delete\w*tagging")),
    (
        PERMISSIONS,
        re.compile(
            r"\w*(policy|policies|permission|permissions|acl|grant|grants|publicaccessblock|boundary)(version)?$"
            r"|passrole|assumerole\w*|attach\w*|detach\w*|set(topic|queue)attributes|\w*ownershipcontrols"
        ),
    ),
)


def kinds(action: str) -> frozenset[str]:
    """The kinds that an action may be of, several where its name ends in a wildcard."""
    service, _, name = action.lower().partition(":")
    stem = re.split(r"[*?]", name)[0]
    if not stem:
        return EVERY_KIND
    reading = next((kind for kind, rule in _RULES[:3] if rule.match(name)), None)
    if reading:
        return frozenset({reading})
    if service == "iam" or any(rule.match(name) for kind, rule in _RULES if kind == PERMISSIONS):
        return frozenset({PERMISSIONS})
    if stem != name:
        return frozenset({PERMISSIONS, TAGGING, WRITE})
    return frozenset({WRITE})

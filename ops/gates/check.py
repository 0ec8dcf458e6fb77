"""All gates together, over a plan and the code that it was made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

from ops.gates import broadening, data_loss, exposure
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.finding import Finding
from ops.gates.policy_sources import Sources
from ops.gates.references import References
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized


def findings(
    plan: PlanDocument,
    code: Synthesized,
    environment: str,
    acknowledged: Acknowledgements,
    today: date,
    *,
    account_id: str = "",
) -> tuple[Finding, ...]:
    """Everything in a plan that somebody must say yes to, by gate and address; acknowledged ones included.

    environment: the stack's name. account_id: the AWS account that it is in; "" takes the one of most ARNs.
    """
    references = References(plan, code)
    sources = Sources(plan, references)
    found = [
        *data_loss.findings(plan, code, references),
        *broadening.findings(plan, code, sources, references, account_id or _account_of(plan)),
        *exposure.findings(plan, code, sources, references),
    ]
    return acknowledged.applied(environment, dict.fromkeys(found), today)


def closed(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that nobody acknowledged: they stop the plan."""
    return tuple(finding for finding in found if finding.acknowledged is None)


def _account_of(plan: PlanDocument) -> str:
    """The account of what is deployed; before a first deploy, the one that most ARNs of the plan are in."""
    found = _accounts(str(resource.values.get("arn")) for resource in plan.prior.values())
    found = found or _accounts(str(change.after) for change in plan.changes)
    return found.most_common(1)[0][0] if found else ""


def _accounts(texts: Iterable[str]) -> Counter[str]:
    return Counter(account for text in texts for account in _ACCOUNT.findall(text))


_ACCOUNT = re.compile(r"\barn:[\w-]*:[\w-]*:[\w-]*:(\d{12}):")

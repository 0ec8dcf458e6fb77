"""All promises, in the order in which they are proven."""

from __future__ import annotations

from ops.smoke import Promise, cdn, chat, database, email, monitoring, parameters, storage, uploads


def promises_of(outputs: dict[str, str]) -> tuple[Promise, ...]:
    """Those of a deployment with these outputs: without CloudFront there is nothing to promise of it."""
    return (
        *database.PROMISES,
        *parameters.PROMISES,
        *storage.PROMISES,
        *uploads.PROMISES,
        *(cdn.PROMISES if "cloudfront_domain" in outputs else ()),
        *email.PROMISES,
        *chat.PROMISES,
        *monitoring.PROMISES,
    )

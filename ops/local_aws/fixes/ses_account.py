"""The SES account: suppression, sending switched off, and the quota of the sandbox.

Upstream, MiniStack 1.5.33: services/ses_v2.py, handle_request answers PutAccountSuppressionAttributes
without keeping anything, so that aws_sesv2_account_suppression_attributes changes at every plan; it does
not know PutAccountSendingAttributes; and GetAccount names the quota of a production account in the
sandbox too. The fix keeps both settings and names the sandbox's 200 messages a day and one a second.

An account begins with production access, unlike one of AWS, so that mail to any address works at once.
PutAccountDetails with ProductionAccessEnabled set to false puts it into the sandbox, as upstream.
"""

from __future__ import annotations

import json
from typing import Any

SANDBOX_QUOTA = {"Max24HourSend": 200.0, "MaxSendRate": 1.0}
"""Amazon SES Developer Guide, "Request production access"."""

SUPPRESSION_AT_FIRST = ["BOUNCE", "COMPLAINT"]
"""Accounts that began to use SES after 2019-11-25 suppress both."""


def install() -> None:
    """Puts the three operations before v2's handler."""
    from ministack.core.responses import json_response
    from ministack.services import ses_v2

    inner = ses_v2.handle_request
    store = ses_v2._account_details

    def keep(**settings: Any) -> Any:
        store["account"] = {**(store.get("account") or {}), **settings}
        return json_response({})

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        call = (method, path.rstrip("/"))
        if call == ("PUT", "/v2/email/account/suppression"):
            return keep(SuppressedReasons=json.loads(body or b"{}").get("SuppressedReasons") or [])
        if call == ("PUT", "/v2/email/account/sending"):
            return keep(SendingEnabled=bool(json.loads(body or b"{}").get("SendingEnabled")))
        answer = await inner(method, path, headers, body, query_params)
        if call != ("GET", "/v2/email/account") or answer[0] != 200:
            return answer
        account, settings = json.loads(answer[2]), store.get("account") or {}
        account["SuppressionAttributes"] = {
            "SuppressedReasons": settings.get("SuppressedReasons", SUPPRESSION_AT_FIRST)
        }
        account["SendingEnabled"] = settings.get("SendingEnabled", True)
        if not account["ProductionAccessEnabled"]:
            account["SendQuota"].update(SANDBOX_QUOTA)
        return json_response(account)

    ses_v2.handle_request = handle_request


def sending_enabled() -> bool:
    """Whether the account sends at all."""
    from ministack.services import ses_v2

    return bool((ses_v2._account_details.get("account") or {}).get("SendingEnabled", True))

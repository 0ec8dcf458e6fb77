"""Identities of SES: their attributes, their verification, and one store for both versions of the API.

Upstream, MiniStack 1.5.33: services/ses.py and services/ses_v2.py keep identities each for itself;
services/ses_v2.py, handle_request drops the configuration set, the DKIM key length and the feedback
setting of a new identity, replaces one that exists, and does not know the operations that set MAIL FROM,
feedback, DKIM and configuration set. The fix makes v2's store serve both, keeps these attributes and
answers AlreadyExistsException.

Verification: AWS waits for the owner's click or for DNS. Here an address is verified at once. A domain is
verified at once too where no hosted zone of this account holds it; where one does, DKIM and with it the
identity wait for its three CNAME records, and MAIL FROM waits for its MX record, as on AWS.
"""

from __future__ import annotations

import json
import re
from typing import Any

ATTRIBUTE_PATH = re.compile(r"/v2/email/identities/([^/]+)/(mail-from|feedback|configuration-set|dkim)/?$")
IDENTITY_PATH = re.compile(r"/v2/email/identities/[^/]+/?$")
LIST_PATH = re.compile(r"/v2/email/(identities|list-identities)/?$")

V1_STATUS = {"SUCCESS": "Success", "PENDING": "Pending", "NOT_STARTED": "NotStarted"}

ANSWERED_AT_CREATION = ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")
MEMBERS = (
    *ANSWERED_AT_CREATION,
    "FeedbackForwardingStatus",
    "MailFromAttributes",
    "Tags",
    "ConfigurationSetName",
)
"""What v2 shows of a record."""


def install() -> None:
    """Merges the stores and puts the missing operations before v2's handler."""
    from ministack.core.responses import json_response
    from ministack.services import ses, ses_v2

    ses._identities = ses_v2._v1_identities = ses_v2._identities
    inner, inner_v1, make_identity = ses_v2.handle_request, ses.handle_request, ses._make_identity

    def make_identity_of_both(name: str, kind: str) -> dict[str, Any]:
        """v1 makes a record anew whenever it verifies; one that exists is kept."""
        domain = kind == "Domain"
        return ses_v2._identities.get(name) or {
            **make_identity(name, kind),
            "IdentityType": "DOMAIN" if domain else "EMAIL_ADDRESS",
            "DkimAttributes": ses_v2._easy_dkim_attributes(name, "DOMAIN" if domain else "", {}),
            "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
            "FeedbackForwardingStatus": True,
            "Tags": [],
        }

    async def create(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        request = json.loads(body or b"{}")
        name = request.get("EmailIdentity", "")
        if name in ses_v2._identities:
            return ses_v2._json_err("AlreadyExistsException", f"Email identity {name} already exist.")
        answer = await inner(method, path, headers, body, query_params)
        if answer[0] != 200:
            return answer
        v1 = make_identity(name, "EmailAddress" if "@" in name else "Domain")
        made = {**v1, "FeedbackForwardingStatus": True, **ses_v2._identities[name]}
        _complete(made, request)
        ses_v2._identities[name] = made
        refresh()
        return json_response({member: made[member] for member in ANSWERED_AT_CREATION})

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        refresh()
        if method == "PUT" and (attribute := ATTRIBUTE_PATH.match(path)):
            name, which = attribute.groups()
            if name not in ses_v2._identities:
                return ses_v2._json_err("NotFoundException", f"Email identity {name} does not exist.", 404)
            _set(ses_v2._identities[name], which, json.loads(body or b"{}"))
            return json_response({})
        if (method, path.rstrip("/")) == ("POST", "/v2/email/identities"):
            return await create(method, path, headers, body, query_params)
        answer = await inner(method, path, headers, body, query_params)
        if answer[0] == 200 and LIST_PATH.match(path):
            return json_response(_listed(json.loads(answer[2])))
        if answer[0] == 200 and method == "GET" and IDENTITY_PATH.match(path):
            return json_response(_shown(json.loads(answer[2])))
        return answer

    async def handle_v1_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        refresh()
        return await inner_v1(method, path, headers, body, query_params)

    ses._make_identity = make_identity_of_both
    ses.handle_request = handle_v1_request
    ses_v2.handle_request = handle_request


def _complete(identity: dict[str, Any], request: dict[str, Any]) -> None:
    """Adds what the creation asked for."""
    dkim, wanted = identity["DkimAttributes"], request.get("DkimSigningAttributes") or {}
    if dkim["Tokens"]:
        length = wanted.get("NextSigningKeyLength", "RSA_2048_BIT")
        dkim.update(SigningEnabled=True, NextSigningKeyLength=length, CurrentSigningKeyLength=length)
    if request.get("ConfigurationSetName"):
        identity["ConfigurationSetName"] = request["ConfigurationSetName"]


def _set(identity: dict[str, Any], which: str, request: dict[str, Any]) -> None:
    if which == "mail-from":
        behavior = request.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
        identity["MailFromAttributes"] = {"BehaviorOnMxFailure": behavior}
        if request.get("MailFromDomain"):
            identity["MailFromAttributes"]["MailFromDomain"] = request["MailFromDomain"]
    elif which == "feedback":
        enabled = bool(request.get("EmailForwardingEnabled"))
        identity["FeedbackForwardingStatus"] = identity["FeedbackForwardingEnabled"] = enabled
    elif which == "dkim":
        identity["DkimAttributes"]["SigningEnabled"] = bool(request.get("SigningEnabled"))
    elif request.get("ConfigurationSetName"):
        identity["ConfigurationSetName"] = request["ConfigurationSetName"]
    else:
        identity.pop("ConfigurationSetName", None)


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    shown = {member: record[member] for member in MEMBERS if member in record}
    return {**shown, "VerificationStatus": "SUCCESS" if record["VerifiedForSendingStatus"] else "PENDING"}


def _listed(answer: dict[str, Any]) -> dict[str, Any]:
    from ministack.services import ses_v2

    for entry in answer["EmailIdentities"]:
        verified = ses_v2._identities[entry["IdentityName"]]["VerifiedForSendingStatus"]
        entry.update(SendingEnabled=verified, VerificationStatus="SUCCESS" if verified else "PENDING")
    return answer


def refresh() -> None:
    """Brings what DNS decides up to date in every identity, under the names of either version."""
    from ministack.services import ses_v2

    for name, identity in ses_v2._identities.items():
        if "DkimAttributes" not in identity:
            continue
        tokens = identity["DkimAttributes"]["Tokens"]
        verified = all(_published(f"{token}._domainkey.{name}", "CNAME") for token in tokens)
        if tokens:
            identity["DkimAttributes"]["Status"] = "SUCCESS" if verified else "PENDING"
        identity.update(
            VerifiedForSendingStatus=verified,
            VerificationStatus="Success" if verified else "Pending",
            DkimEnabled=bool(tokens) and identity["DkimAttributes"]["SigningEnabled"],
            DkimTokens=tokens,
            DkimVerificationStatus=V1_STATUS[identity["DkimAttributes"]["Status"]],
        )
        mail_from = identity["MailFromAttributes"]
        if "MailFromDomain" in mail_from:
            there = _published(mail_from["MailFromDomain"], "MX")
            mail_from["MailFromDomainStatus"] = "SUCCESS" if there else "PENDING"


def _published(name: str, kind: str) -> bool:
    """Whether DNS has a record of SES under that name; true where no zone of ours would hold it."""
    from ministack.services import route53

    name = f"{name.rstrip('.')}.".lower()
    zones = [
        zone_id
        for zone_id, zone in route53._zones.items()
        if not zone.get("private") and f".{name}".endswith(f".{zone['name'].lower()}")
    ]
    return not zones or any(
        record["Name"].lower() == name
        and record["Type"] == kind
        and any(text.rstrip(".").endswith(".amazonses.com") for text in record.get("ResourceRecords", []))
        for zone_id in zones
        for record in route53._records.get(zone_id) or []
    )

"""Permission to send: on each resource that a sending uses, with SES's condition keys.

Upstream, MiniStack 1.5.33: core/iam_actions.py, extract_resource_arn names no resource for sending, so
that only a policy for "*" allows it, and nothing supplies ses:FromAddress. AWS asks for the identity, for
the configuration set that is used (also as the identity's default) and for the template (Service
Authorization Reference, SES and SES v2). The fix does, with ses:FromAddress, ses:FromDisplayName,
ses:Recipients, ses:FeedbackAddress and ses:ApiVersion.

Behind v2's SendEmail AWS also asks for the action of v1 that does the work: ses:SendRawEmail for a raw
message and ses:SendTemplatedEmail for a template. Who has both permissions here has them there.
Permission for the identities of the recipients, asked for in the sandbox, and sending on behalf of other
accounts are not covered.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parseaddr
from typing import Any

from ops.local_aws.fixes import ses_requests as requests

API_VERSIONS = {"ses": "2010-12-01", "sesv2": "2"}


def install() -> None:
    """Adds resource and condition keys, and the checks of what else is used."""
    import ministack.app as app
    from ministack.core import iam_actions
    from ministack.core.responses import new_uuid
    from ministack.services import ses

    inner_resource, inner_context = iam_actions.extract_resource_arn, iam_actions.request_tag_context
    inner_v2, inner_v1 = app._enforce_ses_v2, ses.handle_request

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, *scope: str
    ) -> Any:
        if service == "ses" and (request := requests.sending(method, path, body, query_params)):
            return _identity_arn(request)
        return inner_resource(service, method, path, headers, body, query_params, *scope)

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(inner_context(service, iam_action, body, params))
        if service == "ses" and (request := requests.sending("POST", "/", body, params)):
            context.update(_conditions(request, service))
        return context

    def refusal(
        service: str, request: Any, action: str, resources: Iterable[str], headers: Any, query_params: Any
    ) -> Any:
        for resource in resources:
            answer = app._enforce_data_plane(
                service,
                action,
                headers,
                query_params,
                new_uuid(),
                resource_arn=resource,
                service_context=_conditions(request, service),
                named_resource=resource,
            )
            if answer:
                return answer
        return None

    def enforce_ses_v2(
        method: str, path: str, headers: Any, body: bytes, query_params: Any, request_id: str
    ) -> Any:
        request = requests.sending(method, path, body, query_params)
        if request is None:
            return inner_v2(method, path, headers, body, query_params, request_id)
        resources = [_identity_arn(request), *_further_arns(request)]
        for action in _v2_actions(request):
            if answer := refusal("sesv2", request, action, resources, headers, query_params):
                return answer
        return None

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        request = requests.sending(method, path, body, query_params)
        if request is not None:
            # The router has asked for the identity.
            action = iam_actions.extract_iam_action("ses", method, path, headers, body, query_params)
            if answer := refusal("ses", request, action, _further_arns(request), headers, query_params):
                return answer
        return await inner_v1(method, path, headers, body, query_params)

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
    app._enforce_ses_v2 = enforce_ses_v2
    ses.handle_request = handle_request


def _v2_actions(request: requests.Request) -> list[str]:
    content = request.get("Content") or {}
    if content.get("Raw"):
        return ["ses:SendEmail", "ses:SendRawEmail"]
    return ["ses:SendEmail", "ses:SendTemplatedEmail"] if content.get("Template") else ["ses:SendEmail"]


def _identity_arn(request: requests.Request) -> str:
    """Of an identity that does not exist, the sender's address."""
    sender = requests.sender(request)
    return requests.arn("identity", requests.identity_of(sender) or parseaddr(sender)[1])


def _further_arns(request: requests.Request) -> list[str]:
    used = {
        "configuration-set": requests.configuration_set(request),
        "template": requests.template_name(request),
    }
    return [requests.arn(kind, name) for kind, name in used.items() if name]


def _conditions(request: requests.Request, service: str) -> dict[str, Any]:
    name, address = parseaddr(requests.sender(request))
    feedback = request.get("FeedbackForwardingEmailAddress")
    return {
        "ses:ApiVersion": API_VERSIONS[service],
        "ses:FromAddress": address,
        "ses:Recipients": requests.addresses(request),
        **({"ses:FromDisplayName": name} if name else {}),
        **({"ses:FeedbackAddress": feedback} if feedback else {}),
    }

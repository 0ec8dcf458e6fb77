"""Subscriptions that wait for their confirmation.

Upstream, MiniStack 1.5.33: services/sns.py, _subscribe confirms an email address by itself, ignores
ReturnSubscriptionArn, without which Terraform does not find an HTTPS subscription again, and
_send_subscription_confirmation sends a SubscribeURL of plain HTTP at the TLS port; _list_subscriptions and
_list_subscriptions_by_topic give the ARN of what is still pending. On AWS an address stays
pending until somebody follows the link in the mail. The fix does the same and sends a link that works; the
mail with the link is among those that the local AWS's mailbox shows (fixes/ses_messages.py).

An HTTPS receiver on this machine has no certificate of a public authority: the instance's own is taken too.
"""

from __future__ import annotations

import os
import re
import ssl
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes import ses_messages

BY_MAIL = ("email", "email-json")
PENDING = "PendingConfirmation"


def install() -> None:
    """Wraps the action and what is posted."""
    from ministack.services import sns

    subscribe, post = sns._subscribe, sns._http_post_sync

    def subscribe_and_wait(params: Mapping[str, Any]) -> Any:
        protocol, endpoint, topic = (sns._p(params, name) for name in ("Protocol", "Endpoint", "TopicArn"))
        before = _found(topic, protocol, endpoint)
        confirmed = before is not None and bool(before["confirmed"])
        status, headers, answer = subscribe(params)
        made = _found(topic, protocol, endpoint)
        if status != 200 or made is None:
            return status, headers, answer
        if not confirmed and protocol in BY_MAIL:  # asked again, it is sent another mail
            made.update(confirmed=False, token=str(uuid.uuid4()))
            made["attributes"].update(PendingConfirmation="true", ConfirmationWasAuthenticated="false")
            _mail(made)
            sns._refresh_subscription_counts(sns._topic_by_arn_any_scope(made["topic_arn"]))
        asked = sns._p(params, "ReturnSubscriptionArn").lower() == "true"
        said = made["arn"] if made["confirmed"] or asked else "pending confirmation"
        text = re.sub(r"(<SubscriptionArn>).*?(</SubscriptionArn>)", rf"\g<1>{said}\g<2>", answer.decode())
        return status, headers, text.encode()

    def post_with_a_link_that_works(endpoint: str, payload: str, message_type: str) -> int:
        wrong, right = f"http://{sns._HOST}:{sns._PORT}/", f"https://127.0.0.1:{sns._PORT}/"
        return int(post(endpoint, payload.replace(wrong, right), message_type))

    sns._subscribe, sns._http_post_sync = subscribe_and_wait, post_with_a_link_that_works
    for name in ("_list_subscriptions", "_list_subscriptions_by_topic"):
        setattr(sns, name, _without_pending_arns(getattr(sns, name)))
    _trust_the_instance()


def _without_pending_arns(inner: Any) -> Any:
    """A list as AWS gives it: in place of the ARN of what nobody confirmed stands `PendingConfirmation`."""
    from ministack.services import sns

    def listed(params: Mapping[str, Any]) -> Any:
        status, headers, answer = inner(params)
        text = answer.decode()
        for topic in sns._topics.values():
            for one in topic["subscriptions"]:
                if not one["confirmed"]:
                    text = text.replace(f"<SubscriptionArn>{one['arn']}<", f"<SubscriptionArn>{PENDING}<")
        return status, headers, text.encode()

    return listed


def _mail(subscription: Mapping[str, Any]) -> None:
    """The mail that asks for the confirmation, as far as it matters: who it is to, and its link."""
    from ministack.services import sns

    topic, token = subscription["topic_arn"], subscription["token"]
    link = f"https://127.0.0.1:{sns._PORT}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}"
    ses_messages.keep(
        str(uuid.uuid4()),
        "SubscriptionConfirmation",
        None,
        {},
        {
            "Source": "no-reply@sns.amazonaws.com",
            "To": [subscription["endpoint"]],
            "CC": [],
            "BCC": [],
            "ReplyTo": [],
            "Subject": "AWS Notification - Subscription Confirmation",
            "BodyText": f"To confirm the subscription to {topic}, open {link}",
            "BodyHtml": "",
            "Template": None,
            "TemplateData": None,
            "Headers": [],
            "Attachments": [],
        },
    )


def _trust_the_instance() -> None:
    context = ssl.create_default_context()
    # The server's chain, its authority included.
    context.load_verify_locations(os.environ["MINISTACK_SSL_CERT"])
    handler = urllib.request.HTTPSHandler(context=context)
    urllib.request.install_opener(urllib.request.build_opener(handler))


def _found(topic_arn: str, protocol: str, endpoint: str) -> dict[str, Any] | None:
    from ministack.services import sns

    topic = sns._topic_by_arn_any_scope(sns._normalize_arn(topic_arn)) or {}
    for one in topic.get("subscriptions") or []:
        if (one["protocol"], one["endpoint"]) == (protocol, endpoint):
            found: dict[str, Any] = one
            return found
    return None

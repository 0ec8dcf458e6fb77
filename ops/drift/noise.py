"""Differences that are nobody's change: the one list of what `ops drift` does not report, each with its why.

Not in the list, because they are no differences in the first place: the order of JSON, a list of one beside a
single value in IAM's documents, and the several ways to write no value (see `ops/plans`). Attributes that the
code tells Terraform to leave alone (`ignore_changes`) are not reported either: auto scaling moves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ops.plans.differences import Difference
from ops.plans.document import Json, Resource

IGNORED: Mapping[tuple[str, str], str] = {
    ("*", "etag"): "CloudFront counts every change of its own with it",
    ("*", "last_modified_time"): "AWS stamps it",
    ("*", "last_modified"): "AWS stamps it",
    ("aws_cloudfront_distribution", "status"): "goes from InProgress to Deployed by itself",
    ("aws_cloudfront_distribution", "in_progress_validation_batches"): "counts running invalidations",
    ("aws_acm_certificate", "status"): "ACM validates and renews by itself",
    ("aws_acm_certificate", "not_after"): "moves with each renewal",
    ("aws_acm_certificate", "not_before"): "moves with each renewal",
    ("aws_acm_certificate", "pending_renewal"): "ACM renews by itself",
    ("aws_acm_certificate", "renewal_eligibility"): "ACM renews by itself",
    ("aws_acm_certificate", "renewal_summary"): "ACM renews by itself",
    ("aws_sns_topic_subscription", "pending_confirmation"): "whoever subscribed confirms by a link",
    ("aws_sns_topic_subscription", "confirmation_was_authenticated"): "tells how it was confirmed",
    ("aws_lambda_event_source_mapping", "last_processing_result"): "tells what the last poll met",
    ("aws_lambda_event_source_mapping", "state_transition_reason"): "tells who changed its state",
    ("aws_sesv2_email_identity", "verified_for_sending_status"): "SES looks at the DNS again and again",
    ("aws_sesv2_email_identity", "dkim_signing_attributes[0].status"): "SES looks at the DNS again and again",
    ("aws_iam_policy", "attachment_count"): "counts attachments, which are compared themselves",
}
"""(type of resource or *, attribute or place in one) -> why a difference there is no drift."""


UNSET_IS_ZERO: Mapping[tuple[str, str], str] = {
    ("aws_cloudwatch_metric_alarm", "metric_query.*.period"): "of a query that is no expression of its own",
}
"""(type, pattern of a place) -> where the provider reads 0 for what nobody set, and why. Any other value that
comes or goes there is drift."""


@dataclass(frozen=True)
class Mirror:
    """An attribute that only repeats what a resource of its own says.

    link: the attribute of that resource that names the owner; own: the owner's attribute that it names.
    name: where the mirror is a set of which each member belongs to one resource, the resource's attribute
    with the member's name, and `member` where the member has it. Others in the set are drift, whatever the
    state says; that one of them went is none.
    """

    by: str
    link: str
    own: str
    name: str = ""
    member: str = ""


MIRRORS: Mapping[tuple[str, str], Mirror] = {
    ("aws_iam_role", "inline_policy"): Mirror("aws_iam_role_policy", "role", "id", "name", "name"),
    ("aws_iam_role", "managed_policy_arns"): Mirror(
        "aws_iam_role_policy_attachment", "role", "name", "policy_arn"
    ),
    ("aws_kms_key", "policy"): Mirror("aws_kms_key_policy", "key_id", "id"),
    ("aws_sns_topic", "policy"): Mirror("aws_sns_topic_policy", "arn", "arn"),
    ("aws_sqs_queue", "policy"): Mirror("aws_sqs_queue_policy", "queue_url", "id"),
    ("aws_sqs_queue", "redrive_allow_policy"): Mirror(
        "aws_sqs_queue_redrive_allow_policy", "queue_url", "id"
    ),
    ("aws_s3_bucket", "policy"): Mirror("aws_s3_bucket_policy", "bucket", "id"),
    ("aws_s3_bucket", "versioning"): Mirror("aws_s3_bucket_versioning", "bucket", "id"),
    ("aws_s3_bucket", "server_side_encryption_configuration"): Mirror(
        "aws_s3_bucket_server_side_encryption_configuration", "bucket", "id"
    ),
    ("aws_s3_bucket", "lifecycle_rule"): Mirror("aws_s3_bucket_lifecycle_configuration", "bucket", "id"),
    ("aws_s3_bucket", "cors_rule"): Mirror("aws_s3_bucket_cors_configuration", "bucket", "id"),
    ("aws_s3_bucket", "logging"): Mirror("aws_s3_bucket_logging", "bucket", "id"),
}
"""(type, attribute) -> the resource that says the same and is compared itself. Without such a resource in
the state the attribute is compared: a setting that somebody added by hand is drift."""


class Managed:
    """The resources of the state that the last run wrote, asked by what they are attached to."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._by: dict[tuple[str, str, str], list[Json]] = {}
        for resource in resources.values():
            for mirror in MIRRORS.values():
                if mirror.by == resource.type:
                    owner = str(resource.values.get(mirror.link))
                    self._by.setdefault((mirror.by, mirror.link, owner), []).append(resource.values)

    def of(self, mirror: Mirror, owner: Json) -> list[Json]:
        """The resources that a mirror of this owner repeats."""
        return self._by.get((mirror.by, mirror.link, str(owner.get(mirror.own))), [])


def is_noise(type_: str, difference: Difference) -> bool:
    """Whether a difference in this place is never drift."""
    if _is_unset(type_, difference):
        return True
    places = (difference.attribute, difference.where)
    return any((owner, place) in IGNORED for owner in (type_, "*") for place in places)


def _is_unset(type_: str, difference: Difference) -> bool:
    return all(value in (None, 0) for value in (difference.before, difference.after)) and any(
        owner == type_ and fnmatchcase(difference.where, place) for owner, place in UNSET_IS_ZERO
    )


def sets_of(type_: str) -> list[str]:
    """The attributes of a type that are sets of which each member is a resource of its own."""
    return [attribute for (owner, attribute), mirror in MIRRORS.items() if owner == type_ and mirror.name]


def without_mirrors(type_: str, values: Json, managed: Managed) -> Json:
    """The attributes without those that only repeat other resources; `strangers` tells of the sets."""
    return {
        attribute: value
        for attribute, value in values.items()
        if not (mirror := MIRRORS.get((type_, attribute))) or not (mirror.name or managed.of(mirror, values))
    }


def strangers(type_: str, attribute: str, values: Json, managed: Managed) -> list[Any]:
    """The members of such a set that no resource of the state is."""
    mirror = MIRRORS[type_, attribute]
    names = {resource.get(mirror.name) for resource in managed.of(mirror, values)}
    return [
        member
        for member in values.get(attribute) or ()
        if (member.get(mirror.member) if mirror.member else member) not in names
    ]

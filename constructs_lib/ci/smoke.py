"""What `ops smoke` asks for beside what Terraform does: the last step of a deploy proves what was deployed.

The proofs write, read and delete under the application's role: items, objects, secrets, mail. Under the
pipeline's own they look where the application has no access. The rest of what they ask for (alarms,
subscriptions, CORS, versions of objects to remove) an apply or a destroy needs as well.
"""

from __future__ import annotations

from constructs_lib import policies
from constructs_lib.ci.permissions import Place, actions
from environments import naming

APPLICATION = "application"
EVENTS_QUEUE = "email-events"
ERRORS = "errors"


def smoke(place: Place) -> list[policies.Statement]:
    """For the role that deploys an environment.

    To become the application gives it nothing new: it writes the policies of that role and the functions that
    run under it. Other people's mail events, which it meets while it looks for its own, it puts back.
    """
    environment = place.environment
    queue = place.arns("sqs", naming.resource(environment, EVENTS_QUEUE))
    errors = naming.log_group(environment, ERRORS)
    return [
        policies.allow(
            "BecomeTheApplication",
            ["sts:AssumeRole"],
            [f"arn:aws:iam::{place.account_id}:role/{naming.role(environment, APPLICATION)}"],
        ),
        policies.allow(
            "MailEvents", actions("sqs", "ReceiveMessage DeleteMessage ChangeMessageVisibility"), queue
        ),
        policies.allow(
            "KeyOfMailEvents",
            ["kms:Decrypt"],
            place.arns("kms", "key/*"),
            {
                "StringEquals": place.tagged["StringEquals"]
                | {"kms:ViaService": f"sqs.{place.region}.amazonaws.com"},
                "ArnEquals": {"kms:EncryptionContext:aws:sqs:arn": queue},
            },
        ),
        # CloudWatch Logs takes the second form for all but tags.
        policies.allow(
            "Errors",
            ["logs:FilterLogEvents"],
            place.arns("logs", f"log-group:{errors}", f"log-group:{errors}:*"),
        ),
        # AWS checks no resource for it, and no namespace.
        policies.allow("Metrics", ["cloudwatch:GetMetricData"], ["*"]),
    ]

"""E-mail: who may send it (seed, "IAM policies for SES sending"). The identity is verified elsewhere."""

from __future__ import annotations

from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import Grantee
from environments import EnvironmentConfig


class Email(Construct):
    """Sending from the configured address.

    SES checks a sender against the identity that was verified for it: the address itself or its domain.

    Attributes: `identity_arns`.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig) -> None:
        super().__init__(scope, id_)
        prefix = f"arn:aws:ses:{config.aws_region}:{config.aws_account_id}:identity/"
        self._sender = config.ses_from_email
        self.identity_arns = [prefix + self._sender, prefix + self._sender.rpartition("@")[2]]

    def grant_send(self, grantee: Grantee) -> None:
        """Send as the configured address and as no other of the same domain."""
        grantee.attach(
            "send-email",
            policies.allow(
                "SendEmail",
                ["ses:SendEmail"],
                self.identity_arns,
                {"StringEquals": {"ses:FromAddress": self._sender}},
            ),
        )

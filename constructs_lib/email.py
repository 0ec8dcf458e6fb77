"""E-mail: templates, the configuration set that mail goes through, its events, and who may send.

The identity that SES verifies is shared by environments of an account: see `account/mail_identity.py`.
"""

from __future__ import annotations

from cdktf_cdktf_provider_aws.ses_template import SesTemplate
from cdktf_cdktf_provider_aws.sesv2_configuration_set import (
    Sesv2ConfigurationSet,
    Sesv2ConfigurationSetDeliveryOptions,
    Sesv2ConfigurationSetReputationOptions,
    Sesv2ConfigurationSetSendingOptions,
    Sesv2ConfigurationSetSuppressionOptions,
    Sesv2ConfigurationSetTrackingOptions,
)
from constructs import Construct

import mail_templates
from constructs_lib import policies
from constructs_lib.email_events import EmailEvents
from constructs_lib.security import CustomerKey, Grantee
from environments import EnvironmentConfig, naming

SEND = ["ses:SendEmail", "ses:SendTemplatedEmail"]
"""What SES asks of who calls SendEmail of API v2 with the name of a template."""


def for_terraform(text: str) -> str:
    """Text that Terraform leaves as it is: cdktf escapes neither `${` nor `%{`, which CSS may contain."""
    return text.replace("${", "$${").replace("%{", "%%{")


class Email(Construct):
    """Sending from the configured address, with TLS, and with every event of every mail kept.

    Only mail that names the configuration set has events (trap 31), so its name is an output of the
    environment. It cannot be the identity's default: environments share the identity, whose default is a set
    of the account's stack.

    Attributes: `configuration_set_name`; `template_names`: template -> name in SES; `events_queue_url`,
    `events_queue_arn`; `topic_arns`: "bounces", "complaints", "deliveries" -> ARN.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig, key: CustomerKey) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._set = self._create_configuration_set()
        events = EmailEvents(self, "events", config=config, key=key, configuration_set=self._set)

        self.configuration_set_name: str = self._set.configuration_set_name
        self.template_names = {name: self._create_template(name) for name in mail_templates.NAMES}
        self.events_queue_url = events.queue_url
        self.events_queue_arn = events.queue_arn
        self.topic_arns = events.topic_arns

    def grant_send(self, grantee: Grantee) -> None:
        """Send these templates through this configuration set, as the configured address and no other.

        By AWS's service authorization reference each sending needs the permission on the identity, and on
        the configuration set and the template that it names. The identity is always needed, so its condition
        on the sender holds for all. There is no ses:SendRawEmail: mail without a template is not for the
        application. In the sandbox SES also asks for it on a recipient's own identity, which nobody is
        given here: send to the mailbox simulator instead.
        """
        grantee.attach(
            "send-email",
            policies.allow(
                "SendAsTheSender",
                SEND,
                [self._arn("identity", self._config.mail_identity)],
                {"StringEquals": {"ses:FromAddress": self._config.ses_from_email}},
            ),
            policies.allow(
                "UseConfigurationSetAndTemplates",
                SEND,
                [self._set.arn, *(self._arn("template", name) for name in self.template_names.values())],
            ),
        )

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:ses:{self._config.aws_region}:{self._config.aws_account_id}:{kind}/{name}"

    def _create_configuration_set(self) -> Sesv2ConfigurationSet:
        tracking_domain = self._config.email.tracking_domain
        return Sesv2ConfigurationSet(
            self,
            "configuration-set",
            configuration_set_name=naming.configuration_set(self._config.environment),
            # A receiver without TLS gets nothing: the mails carry links that open a specification.
            delivery_options=Sesv2ConfigurationSetDeliveryOptions(tls_policy="REQUIRE"),
            reputation_options=Sesv2ConfigurationSetReputationOptions(reputation_metrics_enabled=True),
            sending_options=Sesv2ConfigurationSetSendingOptions(sending_enabled=True),
            suppression_options=Sesv2ConfigurationSetSuppressionOptions(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
            tracking_options=(
                Sesv2ConfigurationSetTrackingOptions(custom_redirect_domain=tracking_domain)
                if tracking_domain
                else None
            ),
        )

    def _create_template(self, name: str) -> str:
        """Make it and return its name in SES. A resource of API v1, whose templates v2 sends as well."""
        template = mail_templates.load(name)
        resource = SesTemplate(
            self,
            f"{name}-template",
            name=naming.email_template(self._config.environment, name),
            subject=for_terraform(template.subject),
            html=for_terraform(template.html),
            text=for_terraform(template.text),
        )
        return str(resource.name)

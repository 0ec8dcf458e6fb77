"""Sending one of the templates as the application does: by name, through the configuration set."""

from __future__ import annotations

from typing import Any

SIMULATOR = "simulator.amazonses.com"
"""SES's mailbox simulator: success@, bounce@ and complaint@ do what they say, in the sandbox as well."""


def send(
    sesv2: Any, outputs: dict[str, str], template: str, to: str, *, template_data: str | None = None
) -> str:
    """Send a template and return SES's message id. template_data: JSON; its sample values when left out.

    outputs: of the environment. Raises what botocore raises.
    """
    import mail_templates

    data = mail_templates.data(mail_templates.sample(template)) if template_data is None else template_data
    answer = sesv2.send_email(
        FromEmailAddress=outputs["ses_from_email"],
        Destination={"ToAddresses": [to]},
        ConfigurationSetName=outputs["ses_configuration_set"],
        Content={"Template": {"TemplateName": outputs[f"ses_{template}_template"], "TemplateData": data}},
    )
    return str(answer["MessageId"])

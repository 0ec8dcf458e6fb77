"""The mails of the Specification Wizard: their texts, their variables and how values are put in.

    template = load("export")                # what SES keeps
    message = Export(project_name=…, …)      # what the application knows
    template_data = data(message)            # what it gives to SES with the template's name
    rendered = render(template, template_data)  # what SES makes of it

Pure standard library, and imports nothing of ours: constructs, commands, tests and the application share it.
"""

from __future__ import annotations

from mail_templates.messages import MESSAGES, Export, Message, Submission, Variable, sample, variables
from mail_templates.rendering import Rendered, data, placeholders, render
from mail_templates.templates import NAMES, Template, load

__all__ = [
    "MESSAGES",
    "NAMES",
    "Export",
    "Message",
    "Rendered",
    "Submission",
    "Template",
    "Variable",
    "data",
    "load",
    "placeholders",
    "render",
    "sample",
    "variables",
]

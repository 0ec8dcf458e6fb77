"""The part of the configuration that is about alarms: see `sections.py` for the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from environments import rules
from environments.settings import Model, Setting, WholeNumber, between


class AlertsConfig(Model):
    """Who is told besides ALERT_EMAIL, and of what."""

    url: Annotated[
        Annotated[str, AfterValidator(rules.url_is_https_or_local)] | None,
        Setting(
            variable="ALERT_URL",
            allowed="an https address without query; http only for this machine (localhost)",
            purpose=(
                "A second way for alarms beside ALERT_EMAIL, whose subscription may lapse unseen: the https"
                " endpoint of whoever is on call, as Amazon SNS posts to it."
            ),
            example="https://events.example.com/integration/abc123/enqueue",
        ),
    ] = None
    secret_max_age_days: Annotated[
        WholeNumber,
        between(1, 365),
        Setting(
            variable="SECRET_MAX_AGE_DAYS",
            allowed="whole days from 1 to 365",
            purpose="After how many days an API key is due to be replaced, which an alarm then asks for.",
            example="90",
        ),
    ] = 90

"""Example configuration for the local AWS, so that `make up` needs none. Never used for AWS."""

from __future__ import annotations

from types import MappingProxyType
from uuid import UUID

ACCOUNT_ID = "123456789012"
"""The account number that AWS uses in its own documentation."""

REGION = "us-east-1"

EXAMPLE_VALUES = MappingProxyType(
    {
        "AWS_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_REGION": REGION,
        "ENVIRONMENT": "all",
        "SES_FROM_EMAIL": "noreply@example.com",
        "ALERT_EMAIL": "alerts@example.com",
        "DOMAIN_NAME": "{environment}.wizard.example.com",
        "GITHUB_OIDC_REPOSITORY": "example/spec-wizard-infra",
        "CERTIFICATE_ARN": f"arn:aws:acm:{REGION}:{ACCOUNT_ID}:certificate/{UUID(int=0)}",
    }
)
"""Configuration variables of the design, by name."""

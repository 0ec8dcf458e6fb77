"""The configurations that policy is checked in: those of an environment's life, with example values.

The skip table is about the code as it is committed, so what it explains must not depend on whoever checks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from environments import ENVIRONMENTS, naming
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES
from ops.policy import programs
from ops.policy.stack import Stack

NOBODY = "https://127.0.0.1:1"
"""An endpoint on this machine: only with one are the example values taken. Nothing is sent there."""
SIGNED = MappingProxyType({"SIGNING_PUBLIC_KEY_FILE": str(programs.FOLDER / "reference-signing-key.pem")})
"""A public key whose private half nobody has."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """Example values with changes, for these environments."""

    name: str
    changes: Mapping[str, str]
    environments: tuple[str, ...] = ENVIRONMENTS


CONFIGURATIONS = (
    # As an environment is on its first day: there is no signing key yet.
    Configuration("new", MappingProxyType({})),
    # As dev may stay: no domain, no key, no repository.
    Configuration(
        "bare",
        MappingProxyType({"DOMAIN_NAME": "", "CERTIFICATE_ARN": "", "GITHUB_OIDC_REPOSITORY": ""}),
        ("dev",),
    ),
    # All that can be switched on, in a region where CloudFront's parts are elsewhere.
    Configuration(
        "full",
        SIGNED
        | {
            "AWS_REGION": "eu-central-1",
            "CERTIFICATE_ARN": "",
            "HOSTED_ZONE_ID": "Z0EXAMPLE",
            "SES_HOSTED_ZONE_ID": "Z0EXAMPLE",
            "CHAT_DOMAIN_NAME": "chat.{environment}.wizard.example.com",
            "CHAT_CERTIFICATE_ARN": f"arn:aws:acm:eu-central-1:{ACCOUNT_ID}:certificate/{UUID(int=0)}",
            "CHAT_HOSTED_ZONE_ID": "Z0EXAMPLE",
            "SES_TRACKING_DOMAIN": "links.{environment}.wizard.example.com",
            "ALERT_URL": "https://events.example.com/enqueue",
            "CLOUDFRONT_WAF": "true",
            "DYNAMODB_BILLING_MODE": "PROVISIONED",
        },
    ),
)


def stacks(names: Collection[str]) -> dict[tuple[str, str], Stack]:
    """The stacks of these names (environments, `account`) by configuration and name.

    Raises OpsError as `ops.synth.synthesize`.
    """
    with tempfile.TemporaryDirectory(prefix="spec-wizard-policy-") as folder, ThreadPoolExecutor(2) as pool:
        ready = list(pool.map(lambda one: _synthesized(one, names, Path(folder, one.name)), CONFIGURATIONS))
    return {key: stack for each in ready for key, stack in each.items()}


def _synthesized(
    configuration: Configuration, names: Collection[str], folder: Path
) -> dict[tuple[str, str], Stack]:
    from environments import fields, loading
    from ops import synth

    wanted = tuple(name for name in configuration.environments if name in names)
    account = naming.ACCOUNT in names
    if not wanted and not account:
        return {}
    nowhere = folder / "configuration"
    nowhere.mkdir(parents=True)
    made = synth.synthesize_all(
        wanted or configuration.environments,
        folder / "out",
        {
            **EXAMPLE_VALUES,
            **configuration.changes,
            "AWS_ENDPOINT_URL": NOBODY,
            loading.ENV_DIR: str(nowhere),
        },
        without={*fields.variables(), "SYNTH_HCL_OUTPUT"},
    )
    found = (*wanted, naming.ACCOUNT) if account else wanted
    return {(configuration.name, name): Stack.of(made / name, name) for name in found}

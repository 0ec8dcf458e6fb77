"""An environment's configuration as flat keys, and its names taken out of a stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from environments import signing_keys
from environments.fingerprints import fingerprint
from ops.parity.allowances import PUBLIC_KEYS

if TYPE_CHECKING:
    from environments import EnvironmentConfig

MAIL_IDENTITY = "mail_identity"
NAMES = (
    "certificate_arn",
    "chat.certificate_arn",
    "chat.domain_name",
    "domain_name",
    "ses_from_email",
    MAIL_IDENTITY,
    "alert_email",
    "alerts.url",
    "cdn.hosted_zone_id",
    "chat.hosted_zone_id",
    "email.hosted_zone_id",
    "aws_account_id",
    "aws_region",
    "environment",
)
"""Keys whose values only name something: where two environments have each its own in the same place, they
do not differ. What holds another one comes first."""

GENERATION = "database.generation"

_HASH = re.compile(r"(?<=[\w-])_[0-9A-F]{8}(?![\w-])")
"""What cdktf puts behind the construct path in a resource's name; it follows from the path."""


def flat(config: EnvironmentConfig) -> dict[str, Any]:
    """The values by dotted key, such as database.billing_mode, as JSON has them, and two that follow."""

    def within(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in values.items():
            path = f"{prefix}{key}"
            found |= within(f"{path}.", value) if isinstance(value, Mapping) else {path: value}
        return found

    return within("", config.model_dump(mode="json")) | {
        MAIL_IDENTITY: config.mail_identity,
        PUBLIC_KEYS: [fingerprint(key) for key in signing_keys.read(config.cdn.public_key_file)],
    }


class Names:
    """Replaces an environment's names by the keys that they come from."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        words = {str(configuration[key]): key for key in reversed(NAMES) if configuration.get(key)}
        # The longest first: an address holds the domain, and the domain may hold the environment.
        longest = sorted(words, key=len, reverse=True)
        self._keys = words
        self._pattern = re.compile(
            "|".join(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])" for word in longest) or r"(?!)"
        )
        # A restored table is another resource, and the same table (naming.table, constructs_lib/database.py).
        generation = int(configuration.get(GENERATION) or 1)
        suffix = rf"-r{generation}(?![0-9])" if generation > 1 else r"(?!)"
        self._generation = re.compile(rf"(?<=table){suffix}|(?<=-{configuration.get('environment')}){suffix}")

    def settings(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration without names: two environments that have a domain each do not differ in that.

        The region stays, because us-east-1 has something that no other region has.
        """
        return {**self.taken_out(configuration), "aws_region": configuration.get("aws_region")}

    def taken_out(self, value: Any) -> Any:
        """The value with every name in it, at any depth, as its key in braces."""
        if isinstance(value, str):
            same_table = self._generation.sub("", _HASH.sub("", value))
            return self._pattern.sub(lambda found: f"{{{self._keys[found[0]]}}}", same_table)
        if isinstance(value, Mapping):
            return {self.taken_out(key): self.taken_out(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.taken_out(member) for member in value]
        return value

"""The public keys whose signatures a deployed distribution accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from environments.fingerprints import fingerprint
from ops.aws import aws_errors


@dataclass(frozen=True)
class TrustedKey:
    """key_pair_id: CloudFront's id, which goes into each URL; pem: the key."""

    key_pair_id: str
    pem: str


def deployed(client: Any, distribution_id: str) -> dict[str, TrustedKey]:
    """By fingerprint; empty where the distribution has no key group. client: of CloudFront."""
    with aws_errors("reading the keys that CloudFront trusts"):
        behavior = client.get_distribution_config(Id=distribution_id)["DistributionConfig"][
            "DefaultCacheBehavior"
        ]
        ids = [
            key_id
            for group in behavior.get("TrustedKeyGroups", {}).get("Items", [])
            for key_id in client.get_key_group(Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"]
        ]
        pems = {
            key_id: client.get_public_key(Id=key_id)["PublicKey"]["PublicKeyConfig"]["EncodedKey"]
            for key_id in ids
        }
    return {fingerprint(pem): TrustedKey(key_id, pem) for key_id, pem in pems.items()}

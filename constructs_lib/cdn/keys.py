"""Whose signatures CloudFront accepts: public keys and their key group. The private keys are elsewhere."""

from __future__ import annotations

from cdktf import Fn, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.cloudfront_key_group import CloudfrontKeyGroup
from cdktf_cdktf_provider_aws.cloudfront_public_key import CloudfrontPublicKey
from constructs import Construct

from environments import naming
from environments.fingerprints import fingerprint


class TrustedKeys(Construct):
    """The keys of the environment's PEM file, newest first, in one key group; no group where there are none.

    Attributes: `key_group_ids`: a list of one id or none; `key_pair_id`: of the newest key, or None.
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: str, pems: tuple[str, ...], protected: bool
    ) -> None:
        super().__init__(scope, id_)
        keys = [self._trust(pem, environment) for pem in pems]
        name = naming.resource(environment, "downloads")
        group = CloudfrontKeyGroup(
            self,
            "group",
            # A group that is left out of the graph would take its prevent_destroy with it: a lost PEM file
            # must be refused, so the group stays and its count says whether it exists.
            count=1 if keys else 0,
            name=name,
            comment=f"Signs the download links of {environment}",
            items=[key.id for key in keys],
            lifecycle=TerraformResourceLifecycle(
                # Made before, removed after the distribution refers to it: CloudFront refuses to delete a
                # group in use, and so it does with a key.
                create_before_destroy=True,
                prevent_destroy=protected or None,
            ),
        )
        self.key_group_ids: list[str] = Token.as_list(Fn.lookup_nested(group.fqn, ["*", "id"]))
        self.key_pair_id: str | None = keys[0].id if keys else None

    def _trust(self, pem: str, environment: str) -> CloudfrontPublicKey:
        """A public key cannot be changed, only replaced; named by its content, it never has to be."""
        name = fingerprint(pem)
        return CloudfrontPublicKey(
            self,
            f"key-{name}",
            name=naming.resource(environment, f"downloads-{name}"),
            comment=f"Download links of {environment}; the private key is in Secrets Manager",
            encoded_key=pem,
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

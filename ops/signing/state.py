"""Secret, file and key group of an environment's downloads: what they hold, and how they are made to agree.

The way of a new key: it waits in the secret, its public half joins the file, a deploy makes CloudFront accept
it beside the earlier ones, and only then is it put in use. So no link is ever signed by a key that CloudFront
does not know yet, and links that are out stay valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from environments import signing_keys
from environments.fingerprints import fingerprint
from ops import aws
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.files import write_private
from ops.signing import pair as signing_pair
from ops.signing import trusted_keys
from ops.signing.pair import Pair
from ops.signing.secret import CURRENT, WAITING, SigningSecret
from ops.signing.trusted_keys import TrustedKey

if TYPE_CHECKING:
    from environments import EnvironmentConfig

EVERYBODY_READS = 0o644


@dataclass(frozen=True)
class State:
    """current, waiting: in the secret; file: public keys in PEM, newest first; deployed: by fingerprint."""

    current: Pair | None
    waiting: Pair | None
    file: tuple[str, ...]
    deployed: Mapping[str, TrustedKey]

    @property
    def file_wanted(self) -> tuple[str, ...]:
        """First the keys whose private halves there are. Where the file was lost: what CloudFront accepts."""
        others = self.file or tuple(key.pem for key in self.deployed.values())
        found = {fingerprint(pem): pem for pem in others}  # in their own text, which CloudFront has, too
        signing = {pair.fingerprint: pair.public_pem for pair in (self.waiting, self.current) if pair}
        return tuple({**signing, **found}.values())[: signing_keys.MOST]

    def next_step(self, environment: str) -> str:
        """The command that brings them closer together, or an empty text where they agree."""
        create, deploy = f"ops signing-key create {environment}", f"cdktf deploy {environment}"
        if self.current is None or self.file_wanted != self.file:
            return create
        if {fingerprint(pem) for pem in self.file} != set(self.deployed):
            return deploy
        return create if self.waiting else ""


class SigningKeys:
    """The signing keys of one deployed environment. outputs: its Terraform outputs."""

    def __init__(self, config: EnvironmentConfig, outputs: Mapping[str, str]) -> None:
        if "cloudfront_signing_secret_arn" not in outputs:
            raise OpsError(
                f"{config.environment} has no secret for a signing key yet.",
                hint=f"Deploy it:  cdktf deploy {config.environment}",
                code=ExitCode.STATE,
            )
        self.file = signing_keys.path(config.cdn.public_key_file)
        self._name = config.cdn.public_key_file
        self._distribution = outputs.get("cloudfront_distribution_id")
        self._region = config.aws_region
        self._secret = SigningSecret(
            aws.client("secretsmanager", self._region), outputs["cloudfront_signing_secret_arn"]
        )

    def read(self, *, replacing: bool = False) -> State:
        """replacing: a value that is no signing key counts as none."""
        return State(
            self._pair(CURRENT, replacing),
            self._pair(WAITING, replacing),
            signing_keys.read(self._name),
            self.deployed(),
        )

    def deployed(self) -> dict[str, TrustedKey]:
        """What CloudFront accepts; nothing where there is no distribution yet."""
        if not self._distribution:
            return {}
        return trusted_keys.deployed(aws.client("cloudfront", self._region), self._distribution)

    def current(self) -> Pair | None:
        """The pair that signs."""
        return self._secret.read(CURRENT)

    def reconcile(self, *, replacing: bool = False) -> Outcome:
        """Go on from wherever an earlier run stopped; with `replacing` begin a new key, unless one waits."""
        state, done = self.read(replacing=replacing), []
        current, waiting = state.current, state.waiting
        if waiting and waiting.fingerprint in state.deployed:
            self._secret.promote()
            current, waiting = waiting, None
            done.append("The new key is in use from now on.")
        elif current is None:
            current = signing_pair.generate()
            self._secret.put(current, CURRENT)
            done.append("A new key is in the secret.")
        elif replacing and waiting is None:
            waiting = signing_pair.generate()
            self._secret.put(waiting, WAITING)
            done.append("A new key waits in the secret until CloudFront knows it.")
        state = replace(state, current=current, waiting=waiting)
        wanted = state.file_wanted
        changed = wanted != state.file
        if changed:
            dropped = {fingerprint(pem) for pem in state.file} - {fingerprint(pem) for pem in wanted}
            write_public(self.file, wanted)
            done.append(f"The public keys are in {self._name}.")
            done += [f"Links signed by {name} end with the next deploy." for name in sorted(dropped)]
            state = replace(state, file=wanted)
        return Outcome(changed, tuple(done), state)

    def _pair(self, label: str, replacing: bool) -> Pair | None:
        try:
            return self._secret.read(label)
        except OpsError as error:
            if not replacing or error.code is not ExitCode.CONFIGURATION:
                raise
            return None


@dataclass(frozen=True)
class Outcome:
    """changed: whether the file did, so that a deploy is due; done: sentences; state: what there is now."""

    changed: bool
    done: tuple[str, ...]
    state: State


def write_public(file: Path, pems: tuple[str, ...]) -> None:
    """Replace the file by these keys, at once and as a whole. Public keys may be read by everybody."""
    write_private(file, "".join(pems))
    file.chmod(EVERYBODY_READS)

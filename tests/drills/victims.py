"""Which commands are killed, how often, and by what it is seen that they have converged.

A command joins by one entry: in AT_LAST if it ends what others need, else beside the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from environments import naming
from tests.drills import outages
from tests.drills.kills import Kill, Who
from tests.drills.site import Site
from tests.drills.stored import stored
from tests.local.inventory import everything, left_over
from tests.support.fault_proxy import Moment

AGAIN = "Nothing to apply: what is deployed is what is configured."


@dataclass(frozen=True)
class Victim:
    """A command that is killed again and again, then run to its end.

    words: of the command; stack: whose state it writes, "" for none; changes: how many requests that change
    something a run makes, about; who: whom each kill hits, one kill each; settings: configuration that it
    runs with; before: what is done first, undisturbed; converged: raises AssertionError unless everything is
    as after a run that nobody disturbed; keeps: whether items and objects outlive it; early: how often
    everything is killed in the first seconds, besides.
    """

    words: tuple[str, ...]
    stack: str
    changes: int
    who: tuple[Who, ...]
    converged: Callable[[Site, Victim], None]
    settings: dict[str, str] = field(default_factory=dict)
    before: Callable[[Site], object] = lambda site: None
    keeps: bool = True
    early: int = 0

    @property
    def name(self) -> str:
        """As a person types it."""
        settings = "".join(f"{name}={value} " for name, value in self.settings.items())
        return f"{settings}ops {' '.join(self.words)}"


def bootstrapped(site: Site, victim: Victim) -> None:
    """Nothing is left to do, and there is one key."""
    again = site.well(*victim.words)
    assert "Nothing to do: all 27 settings are right." in again, again
    kms = site.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    assert [key["KeyState"] for key in keys].count("Enabled") == 1


def deployed(site: Site, victim: Victim) -> None:
    """A plan finds nothing to do, and nothing was made twice."""
    again = site.well(*victim.words, **victim.settings)
    assert AGAIN in again, again
    assert twice(site) == []


def destroyed(site: Site, victim: Victim) -> None:
    """No service holds anything of the environment."""
    assert left_over(site.here.local_aws, victim.stack) == []


def twice(site: Site) -> list[str]:
    """What there is more than one of under one name."""
    found = map(str, everything(site.here.local_aws))
    ours = [name for name in found if naming.PROJECT in name or name.startswith("key: ")]
    return [name for name, count in Counter(ours).items() if count > 1]


def dev_of_it(site: Site) -> None:
    """dev is deployed, also where only this test is run."""
    account_of_it(site)
    if not stored(site, "dev").resources:
        site.well(*DEPLOY_DEV)


def signing_key(site: Site) -> None:
    """The first key of the download links is made; what it changes is deployed next."""
    dev_of_it(site)
    site.well("signing-key", "create", "dev")


def remote_state(site: Site) -> None:
    """What every deploy needs is there, also where only one test is run."""
    if naming.LOCK_TABLE not in site.client("dynamodb").list_tables()["TableNames"]:
        site.well("bootstrap", "dev")


def account_of_it(site: Site) -> None:
    """What an environment finds in its account is there, also where only one test is run."""
    remote_state(site)
    if not stored(site, "account").resources:
        site.well(*DEPLOY_ACCOUNT)


DEPLOY_ACCOUNT = ("deploy", "account", "--confirm", "account")
DEPLOY_DEV = ("deploy", "dev", "--yes", "--no-smoke")
BOOTSTRAP = Victim(
    ("bootstrap", "dev"),
    "",
    16,
    (Who.OPS, Who.OPS, Who.LOCAL_AWS, Who.OPS, Who.OPS),
    bootstrapped,
)
ACCOUNT = Victim(
    DEPLOY_ACCOUNT,
    "account",
    100,
    (Who.PROVIDER, Who.TERRAFORM, Who.OPS, Who.EVERYTHING),
    deployed,
    before=remote_state,
    early=2,
)
DEV = Victim(
    DEPLOY_DEV,
    "dev",
    210,
    (Who.EVERYTHING, Who.TERRAFORM, Who.PROVIDER, Who.LOCAL_AWS, Who.OPS),
    deployed,
    before=account_of_it,
)
CHANGE = Victim(
    DEPLOY_DEV,
    "dev",
    # Of twelve. Terraform makes the nine that wait for nothing at once, whenever it is killed among them; at
    # least the three behind the new public key are left for the second kill.
    4,
    (Who.TERRAFORM, Who.EVERYTHING),
    deployed,
    {"LOG_RETENTION_DAYS": "7"},
    before=signing_key,
)
SMALL = Victim(outages.DEPLOY, "staging", 1, (), deployed, before=account_of_it)
EXACTLY = (
    (Kill(Who.EVERYTHING, Moment.AFTER, 1, matches=outages.locks_table, what="the lock"), "1"),
    (Kill(Who.EVERYTHING, Moment.AFTER, 1, matches=outages.notes_digest, what="the checksum's PUT"), "3"),
    (Kill(Who.TERRAFORM, Moment.MIDST, 1, matches=outages.stores, what="the state's PUT"), "5"),
    (Kill(Who.TERRAFORM, Moment.AFTER, 1, matches=outages.stores, what="the state's PUT"), "7"),
)
"""Where it could hurt most, in a deploy of the small stack; with the value of what is changed.

It only grows, as in the outages after it: with shorter retention logs would be lost, which is for somebody to
acknowledge.
"""

AT_LAST = (
    Victim(
        ("destroy", "dev", "--confirm", "dev"),
        "dev",
        180,
        (Who.TERRAFORM, Who.EVERYTHING, Who.PROVIDER),
        destroyed,
        before=dev_of_it,
        keeps=False,
    ),
)
"""What a deployment does not outlive comes last."""

ALL = (BOOTSTRAP, ACCOUNT, DEV, CHANGE, *AT_LAST)

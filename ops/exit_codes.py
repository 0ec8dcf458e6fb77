"""Exit codes of `ops`, `make setup` and `main.py`. Each has one meaning; the README lists them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished command tells the program that called it."""

    OK = 0
    """Done; for a plan: no changes."""
    FAILED = 1
    """Something unforeseen: a defect of ours, shown with its cause."""
    USAGE = 2
    """The command line was not understood, or a question was answered with no."""
    CONFIGURATION = 3
    """A value in the environment's configuration is missing or not allowed."""
    AUTHENTICATION = 4
    """No credentials, expired ones, the wrong account, a permission is missing, or a model provider refuses
    an API key."""
    STATE = 5
    """The remote state's bucket, table or key is missing, somebody else's, or not as it must be, or holds
    nothing deployed."""
    LOCKED = 6
    """Somebody holds the state lock."""
    TERRAFORM = 7
    """Terraform ran and failed."""
    PROOF = 8
    """The deployed stack does not do what it promises."""
    LOCAL_AWS = 9
    """The local AWS could not be started or stopped, or ended by itself."""
    NETWORK = 10
    """An endpoint could not be reached, or AWS did not serve: throttled, or failed by itself."""
    TOOL = 11
    """Python, Terraform, Node or Chromium is missing, too old, or could not be brought in."""
    OUTPUT = 12
    """A file could not be written: disk full or not permitted. The old file, if any, is untouched."""
    UNSOUND = 13
    """The state, or what keeps it, has something to mend, which `ops state doctor` names."""
    PROTECTED = 14
    """Refused: prod, or something that its configuration protects."""
    INCOMPLETE = 15
    """A destroy, a restore or a rotation left something undone; what is done stays. Run the command again."""
    CHANGES = 20
    """A plan has changes (only where asked for)."""
    DRIFT = 21
    """What is deployed was changed outside Terraform."""
    GATED = 22
    """A plan would lose data, widen access or expose something, and nobody acknowledged it."""
    STALE = 23
    """A saved plan is not what would be planned now: commit, state, synthesized stack or versions differ. Or
    a workflow would deploy a commit that takes back what was deployed last."""
    POLICY = 24
    """A policy check found something that no skip explains, or a skip that explains nothing."""
    INTERRUPTED = 130
    """Ctrl-C."""

"""The remote state of one AWS account and region: key, log bucket, state bucket, lock table, and its locks.

Terraform cannot keep the state of its own state bucket, so boto3 creates and completes these four. What is
right is written once, as settings (`model.Setting`); the dry run, the run and the check all walk over them.

    plan(account_id, region)     what a run would do; changes nothing
    apply(account_id, region)    does it, yielding each change once it is done
    check(account_id, region)    what deviates, for somebody who does not want to change anything
    require(account_id, region)  the quick question before Terraform: is it there and ours?

Importing this package is cheap: boto3 comes with the first call.
"""

from ops.remote_state.model import Action, Change
from ops.remote_state.reconcile import apply, check, plan, require

__all__ = ["Action", "Change", "apply", "check", "plan", "require"]

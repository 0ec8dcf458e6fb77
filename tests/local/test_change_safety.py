"""A change on its way: planned, reviewed, refused when stale, deployed, drifted, reverted.

The tests are the steps of one story and run in this order. What the workflows of GitHub do, the scripts of
their steps do here, too. What a reviewer sees of it lies in tests/goldens.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from ops.bundles import file
from ops.bundles.manifest import Manifest
from ops.comment import marker
from ops.exit_codes import ExitCode
from ops.smoke.promises import promises_of
from tests.local import checkout
from tests.local.checkout import Checkout
from tests.local.github_run import GitHubRun, commit
from tests.support import goldens
from tests.support.github_server import REPOSITORY, GitHubServer

JOBS = "constructs_lib/websocket/jobs.py"
ROUTES = "constructs_lib/websocket/routes.py"
BUNDLE = "bundles/dev.bundle"
"""Where the repository ignores it: a tracked file that changes would make the checkout dirty."""
NUMBER = 1
"""Of the pull request."""
APPLY = "Apply the plan, prove it"
OWN_ZIP, OWN_BUCKET = "bundles/own.zip", "flowency-builds"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A repository with one commit, and the local AWS with a remote state; nothing is deployed."""
    with checkout.running(tmp_path_factory.mktemp("change")) as made:
        (made.root / ".env.dev").write_text("ENABLE_CLOUDFRONT=false\n")  # it takes minutes to make
        _git(made, "init", "--quiet")
        _commit(made)
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        yield made


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubServer]:
    """With the repository, whose environment dev is guarded."""
    with GitHubServer() as started:
        started.guard("dev")
        yield started


@pytest.fixture(scope="module")
def pull_request(here: Checkout, github: GitHubServer) -> GitHubRun:
    """The run of `plan` for the only commit of a pull request."""
    _change(here, JOBS, "MAX_RECEIVES = 3", "MAX_RECEIVES = 4")
    github.pulls[NUMBER] = sha = commit(here)
    head = {"sha": sha, "repo": {"full_name": REPOSITORY}}
    return GitHubRun(here, github, "plan", number=7, event={"pull_request": {"number": NUMBER, "head": head}})


def _deploy(here: Checkout, github: GitHubServer, number: int) -> GitHubRun:
    """The run after a push to main."""
    event = {"ref": "refs/heads/main", "after": commit(here)}
    return GitHubRun(here, github, "deploy", number=number, event=event, called="deploy-environment")


def _git(here: Checkout, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *who, *arguments], cwd=here.root, check=True, capture_output=True)


def _commit(here: Checkout) -> None:
    _git(here, "add", "--all")
    _git(here, "commit", "--quiet", "--message", "a change")


def _plan(here: Checkout, *options: str, code: int = ExitCode.OK, **changes: str) -> str:
    return here.ops("--local", "plan", "dev", "--out", BUNDLE, *options, code=code, **changes)


def _planned(here: Checkout, type_: str) -> list[list[str]]:
    """What the plan does to the resources of a type, as Terraform has it."""
    changes = file.read(here.root / BUNDLE).document["resource_changes"]
    return [change["change"]["actions"] for change in changes if change["type"] == type_]


def _serial(here: Checkout) -> int:
    return int(json.loads(here.terraform("dev", "state", "pull").stdout)["serial"])


def test_without_its_account_nothing_is_planned(here: Checkout) -> None:
    output = _plan(here, code=ExitCode.STATE)
    assert "cdktf deploy account" in output
    failure = file.read(here.root / BUNDLE).manifest.failure
    assert failure
    assert (failure.step, failure.code) == ("configuration", ExitCode.STATE)


def test_a_first_deploy_asks_unless_it_is_told(here: Checkout) -> None:
    here.ops("--local", "deploy", "account", code=ExitCode.USAGE)  # nobody there to answer
    here.ops("--local", "deploy", "account", "--confirm", "account")
    output = here.ops("--local", "deploy", "dev", "--yes", "--no-smoke")
    assert "table_name" in output.lower()
    assert (here.root / "outputs/dev.env").stat().st_mode & 0o777 == 0o600
    assert "Nothing to apply" in here.ops("--local", "deploy", "dev", "--no-smoke")


def test_no_changes_is_said_in_short(here: Checkout) -> None:
    output = _plan(here, "--detailed-exitcode")
    assert "dev: no changes" in output
    assert file.read(here.root / BUNDLE).manifest.serial == _serial(here)


def _change(here: Checkout, file: str, before: str, after: str) -> None:
    """A commit that replaces one text in one file of the checkout."""
    source = here.root / file
    text = source.read_text(encoding="utf-8")
    assert text.count(before) == 1
    source.write_text(text.replace(before, after), encoding="utf-8")
    _commit(here)


def test_a_changed_construct_is_planned_and_saved(here: Checkout, pull_request: GitHubRun) -> None:
    output = pull_request.step("plan", "Plan")
    assert "dev/chat/jobs/queue" in output
    assert "aws_sqs_queue." in output
    assert "redrive_policy.maxReceiveCount" in output
    bundle = file.read(here.root / BUNDLE)
    assert len(bundle.manifest.commit) == 40
    assert not bundle.manifest.dirty
    assert bundle.manifest.gates_closed == 0
    assert _planned(here, "aws_apigatewayv2_deployment") == [["no-op"]]  # no route or integration changed


def test_a_reviewer_sees_it_in_a_comment_and_as_a_page(
    here: Checkout, github: GitHubServer, pull_request: GitHubRun
) -> None:
    """What changes with each run is evened out; the rest is as it was looked at."""
    pull_request.step("comment", "Comment")
    (body,) = github.bodies(NUMBER)
    posted, manifest = marker.read(body), file.read(here.root / BUNDLE).manifest
    assert posted
    assert (posted.run, posted.stage, posted.sha) == (7, marker.PLAN, manifest.commit)
    goldens.check("change-comment.md", _even(manifest, body.removeprefix(posted.line)))
    page = (here.root / "bundles/plans.html").read_text("utf-8")
    goldens.check("change-page.html", _even(manifest, page))
    assert "dev/chat/jobs/queue" in pull_request.summary.read_text("utf-8")


def _even(manifest: Manifest, text: str) -> str:
    made = f"{manifest.made:%Y-%m-%d %H:%M} UTC"
    for found, shown in (
        (made, "2026-01-02 03:04 UTC"),
        (manifest.commit, "c" * 40),
        (manifest.commit[:12], "c" * 12),
        (f"serial {manifest.serial}", "serial 7"),
    ):
        assert found in text or len(found) == 40
        text = text.replace(found, shown)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:4566", text)


def test_the_state_moves_meanwhile_and_the_deploy_refuses(here: Checkout, github: GitHubServer) -> None:
    planned = file.read(here.root / BUNDLE).manifest.serial
    address = next(
        line for line in here.terraform("dev", "state", "list").stdout.splitlines() if "dashboard" in line
    )
    for command in ("taint", "untaint"):
        done = here.terraform("dev", command, address)
        assert done.returncode == 0, done.stderr
    run = _deploy(here, github, 3)
    why = f"state serial: planned against {planned}, now {planned + 2}"
    assert why in run.step("apply", APPLY, code=ExitCode.STALE)
    assert _receives(here) == 3
    github.associate(commit(here), NUMBER, merge=commit(here))
    run.step("apply", "Show why it failed")
    (body,) = github.bodies(NUMBER)
    assert why in body
    assert f"/actions/runs/{run.id}" in body


def _receives(here: Checkout) -> int:
    """What is deployed of what was changed."""
    sqs = here.local_aws.client("sqs")
    url = sqs.get_queue_url(QueueName="spec-wizard-dev-chat-jobs")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    return int(json.loads(found["RedrivePolicy"])["maxReceiveCount"])


def test_another_commit_is_refused_too(here: Checkout) -> None:
    _plan(here)
    _change(here, "README.md", "## Versions", "## Versions of it")
    output = here.ops("--local", "deploy", "dev", "--plan", BUNDLE, "--yes", code=ExitCode.STALE)
    assert "commit: planned at" in output
    assert "synthesized stack" not in output
    assert _receives(here) == 3


def test_planned_again_all_that_moves_is_named_at_once(here: Checkout) -> None:
    """Configuration, an edit that is not committed, a state of another origin; then all is put back."""
    _plan(here)
    serial = file.read(here.root / BUNDLE).manifest.serial
    state = json.loads(here.terraform("dev", "state", "pull").stdout)
    assert state["serial"] == serial
    with (here.root / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("An edit.\n")
    _push(here, state | {"lineage": str(UUID(int=1))})
    options = ("--plan", BUNDLE, "--yes")
    output = here.ops("--local", "deploy", "dev", *options, code=ExitCode.STALE, LOG_RETENTION_DAYS="60")
    assert "synthesized stack: planned with" in output
    assert "as committed, the checkout has changes beside it" in output
    assert f"state lineage: planned against {state['lineage']}, now {UUID(int=1)}" in output
    assert _receives(here) == 3
    _git(here, "checkout", "--quiet", "README.md")
    _push(here, state | {"serial": serial - 1})
    assert _serial(here) == serial


def _push(here: Checkout, state: dict[str, Any]) -> None:
    """Put this state in the place of dev's, whatever it is; its serial becomes the next one."""
    (here.root / "cdktf.out/stacks/dev/pushed.tfstate").write_text(json.dumps(state))
    done = here.terraform("dev", "state", "push", "-force", "pushed.tfstate")
    assert done.returncode == 0, done.stderr


def test_planned_again_it_is_deployed_and_proven(here: Checkout, github: GitHubServer) -> None:
    here.ops("--local", "alarms", "confirm", "dev")
    outputs = here.root / "outputs/dev.env"
    outputs.unlink()
    run = _deploy(here, github, 4)
    assert "nothing newer was deployed" in run.step("plan", "May it be deployed")
    run.step("plan", "Plan")
    run.step("plan", "Show it to the reviewers")
    assert "dev/chat/jobs/queue" in run.summary.read_text("utf-8")
    assert "This would be applied" in here.ops("--local", "deploy", "dev", "--plan", BUNDLE, "--dry-run")
    assert _receives(here) == 3
    output = run.step("apply", APPLY)
    assert "Applied: 2 changed." in output
    assert output.count("  pass ") == len(promises_of({}))
    assert "TABLE_NAME=" in outputs.read_text()
    assert _receives(here) == 4
    # What was applied is not applied again.
    assert "state serial" in run.step("apply", APPLY, code=ExitCode.STALE)


def test_what_would_lose_data_is_stopped_unless_it_is_acknowledged(here: Checkout) -> None:
    _change(here, JOBS, '"chat-jobs"', '"chat-work"')
    output = _plan(here, code=ExitCode.GATED)
    assert file.read(here.root / BUNDLE).manifest.gates_closed == 2  # the queue and its dead letters
    here.ops("--local", "deploy", "dev", "--plan", BUNDLE, "--yes", code=ExitCode.GATED)
    entries = output[output.index("[[acknowledged]]") :]
    filled = entries.replace('by = ""', 'by = "a test"').replace('reason = ""', 'reason = "nobody uses it"')
    with (here.root / "environments/acknowledged.toml").open("a", encoding="utf-8") as said:
        said.write(filled)
    assert "acknowledged by a test" in _plan(here)
    assert file.read(here.root / BUNDLE).manifest.gates_closed == 0
    _git(here, "checkout", "--quiet", ".")
    _git(here, "revert", "--no-edit", "HEAD")
    assert _receives(here) == 4


@pytest.fixture(scope="module")
def own_code(here: Checkout) -> str:
    """FUNCTION_CODE: one function from a file, another from an object of which there is a later version."""
    s3 = here.local_aws.client("s3")
    s3.create_bucket(Bucket=OWN_BUCKET)
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=OWN_BUCKET, VersioningConfiguration=enabled)
    (here.root / OWN_ZIP).parent.mkdir(exist_ok=True)
    (here.root / OWN_ZIP).write_bytes(_own("connect", "from a file"))
    versions = [
        s3.put_object(Bucket=OWN_BUCKET, Key="own.zip", Body=_own("disconnect", text))["VersionId"]
        for text in ("from an object", "from a later one")
    ]
    return f"connect={OWN_ZIP},disconnect=s3://{OWN_BUCKET}/own.zip?versionId={versions[0]}"


def _own(function: str, text: str) -> bytes:
    """The zip of an application's own function."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr(
            f"functions/{function}/handler.py", f"def handle(event, context):\n    return {text!r}\n"
        )
    return buffer.getvalue()


def _answers(here: Checkout) -> list[Any]:
    """What the functions answer to a frame that has their route's name as its action."""
    event = json.dumps({"requestContext": {"eventType": "MESSAGE"}})
    lambda_ = here.local_aws.client("lambda")
    names = ("spec-wizard-dev-connect", "spec-wizard-dev-disconnect")
    return [json.load(lambda_.invoke(FunctionName=name, Payload=event)["Payload"]) for name in names]


def _deployments(here: Checkout) -> tuple[str, list[str]]:
    """Of the chat's API: the one that its stage uses, and all."""
    gateway = here.local_aws.client("apigatewayv2")
    (api,) = [one["ApiId"] for one in gateway.get_apis()["Items"] if one["Name"] == "spec-wizard-dev-chat"]
    used: str = gateway.get_stage(ApiId=api, StageName="dev")["DeploymentId"]
    return used, [one["DeploymentId"] for one in gateway.get_deployments(ApiId=api)["Items"]]


def test_trap_38_another_integration_needs_a_new_deployment_before_the_old_one_goes(
    here: Checkout, own_code: str
) -> None:
    """Planned together with code of the application's own, which the next step deploys."""
    _change(
        here,
        ROUTES,
        '"integration_method": "POST"',
        '"integration_method": "POST", "timeout_milliseconds": 9000',
    )
    _plan(here, FUNCTION_CODE=own_code)
    assert _planned(here, "aws_apigatewayv2_integration") == [["update"]] * 3
    assert _planned(here, "aws_apigatewayv2_deployment") == [["create", "delete"]]
    assert _planned(here, "aws_apigatewayv2_stage") == [["update"]]
    code = _planned(here, "aws_lambda_function")
    assert sorted(actions for actions in code if actions != ["no-op"]) == [["update"]] * 2


def test_code_of_the_applications_own_answers(here: Checkout, own_code: str) -> None:
    before, _ = _deployments(here)
    here.ops("--local", "deploy", "dev", "--plan", BUNDLE, "--yes", "--no-smoke", FUNCTION_CODE=own_code)
    assert _answers(here) == ["from a file", "from an object"]
    used, all_ = _deployments(here)
    assert used != before
    assert all_ == [used]
    _git(here, "revert", "--no-edit", "HEAD")


def test_drift_by_hand_is_reported_and_reverted(here: Checkout, github: GitHubServer) -> None:
    """By the nightly workflow: its first job looks, its second tells."""
    tell, found = "Open, update or close the issues", here.root / "drift/dev.json"
    logs, group = here.local_aws.client("logs"), "/spec-wizard/dev/application"
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    night = GitHubRun(here, github, "drift", number=1, event={})
    night.step("look", "Look")
    assert "Issue of dev: open." in night.step("tell", tell)
    (issue,) = github.issues.values()
    assert (issue["state"], [one["name"] for one in issue["labels"]]) == ("open", ["drift"])
    assert "retention_in_days" in issue["body"]
    assert "outside Terraform" in _plan(here)
    here.ops("--local", "deploy", "dev", "--yes", "--no-smoke")
    (reverted,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert reverted["retentionInDays"] == 30
    night = GitHubRun(here, github, "drift", number=2, event={})
    night.step("look", "Look")
    assert json.loads(found.read_text()) == {"environment": "dev", "drift": [], "waiting_in_code": []}
    assert "close" in night.step("tell", tell)
    assert issue["state"] == "closed"


def test_without_code_of_its_own_the_projects_answers_again(here: Checkout) -> None:
    """The deploy of the step before had no FUNCTION_CODE."""
    assert ["unknownAction" in json.dumps(answer) for answer in _answers(here)] == [True, True]


def test_what_a_hand_did_is_not_undone_where_that_would_lose_data(here: Checkout) -> None:
    """Expiry that somebody switched off deletes what is past its time once it is on again."""
    setting = {"Enabled": False, "AttributeName": "expiresAt"}
    here.local_aws.client("dynamodb").update_time_to_live(
        TableName="spec-wizard-sessions-dev", TimeToLiveSpecification=setting
    )
    output = here.ops("--local", "deploy", "dev", "--yes", "--no-smoke", code=ExitCode.GATED)
    assert "ttl.enabled from false to true" in output

"""One function as synthesized: its code, its role, its log, and who may invoke it."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup

from constructs_lib import policies
from constructs_lib.compute import packaging
from constructs_lib.compute.catalogue import SPECS
from constructs_lib.compute.function import Function
from tests.support import configuration
from tests.support.synthesized import Synthesized

GROUP = "${aws_cloudwatch_log_group.group"


def synthesized(id_: str = "chat-worker", **changes: Any) -> Synthesized:
    """A stack of one function, which SQS may invoke and which may read one queue."""
    code = changes.pop("code", "")
    with tempfile.TemporaryDirectory() as directory:
        app = App(outdir=directory, skip_validation=True)  # no provider
        stack = TerraformStack(app, "test")
        function = Function(
            stack,
            id_,
            config=configuration.config("dev", FUNCTION_CODE=code),
            log_group=CloudwatchLogGroup(stack, "group", name="/spec-wizard/dev/application"),
            **{"environment": {"TABLE_NAME": "a-table"}, **changes},
        )
        function.attach(
            "take-jobs", policies.allow("TakeJobs", ["sqs:ReceiveMessage"], ["arn:aws:sqs:::jobs"])
        )
        function.allow_invocation(
            "events", service="events.amazonaws.com", source_arn="arn:aws:events:::rule/a"
        )
        app.synth()
        return Synthesized(Path(directory, "stacks", "test", "cdk.tf.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", SPECS)
def test_it_runs_its_own_handler_in_the_zip_of_its_folder(folder: str) -> None:
    function = synthesized(folder.replace("_", "-")).only("aws_lambda_function")
    ready = packaging.ours(folder)
    digest = base64.b64encode(hashlib.sha256(ready.path.read_bytes()).digest()).decode()
    assert function["function_name"] == f"spec-wizard-dev-{folder.replace('_', '-')}"
    assert function["handler"] == f"functions.{folder}.handler.handle"
    assert (function["filename"], function["source_code_hash"]) == (f"../../functions/{folder}.zip", digest)
    assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])
    assert function["description"] == SPECS[folder].description


@pytest.mark.parametrize("folder", SPECS)
def test_what_the_catalogue_says_of_it_is_possible_in_lambda(folder: str) -> None:
    spec = SPECS[folder]
    assert 128 <= spec.memory_mb <= 10_240
    assert 1 <= spec.timeout_s <= 900
    assert len(spec.description) <= 256


def test_its_time_may_be_another_than_the_catalogues() -> None:
    assert synthesized(timeout_s=120).only("aws_lambda_function")["timeout"] == 120
    assert synthesized().only("aws_lambda_function")["timeout"] == SPECS["chat_worker"].timeout_s


def test_it_knows_its_environment_and_what_it_is_told() -> None:
    variables = synthesized().only("aws_lambda_function")["environment"]["variables"]
    assert variables == {"ENVIRONMENT": "dev", "TABLE_NAME": "a-table"}


def test_code_of_the_applications_own_takes_the_place_of_ours() -> None:
    place = "chat_worker=s3://flowency-builds/worker.zip?versionId=abc"
    function = synthesized(code=place).only("aws_lambda_function")
    named = {name: function[name] for name in ("s3_bucket", "s3_key", "s3_object_version")}
    assert list(named.values()) == ["flowency-builds", "worker.zip", "abc"]
    assert not {"filename", "source_code_hash"} & function.keys()
    assert "filename" in synthesized("connect", code=place).only("aws_lambda_function")


def test_trap_45_the_log_group_is_there_first_and_the_role_cannot_make_one() -> None:
    found = synthesized()
    function = found.only("aws_lambda_function")
    assert function["logging_config"] == {
        "application_log_level": "INFO",
        "log_format": "JSON",
        "log_group": f"{GROUP}.name}}",
        "system_log_level": "INFO",
    }
    assert function["depends_on"] == ["aws_cloudwatch_log_group.group"]
    assert "CreateLogGroup" not in found.text


def test_trap_46_its_role_is_its_own_and_has_only_what_was_given() -> None:
    found = synthesized()
    role = found.only("aws_iam_role")
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert role["permissions_boundary"].startswith("arn:aws:iam::123456789012:policy/")
    given = {
        policy["name"]: [
            (statement["Effect"], statement["Action"], statement["Resource"])
            for statement in json.loads(policy["policy"])["Statement"]
        ]
        for policy in found.all("aws_iam_role_policy").values()
    }
    log = ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert given == {
        "write-log": [("Allow", log, [f"{GROUP}.arn}}", f"{GROUP}.arn}}:log-stream:*"])],
        "take-jobs": [("Allow", ["sqs:ReceiveMessage"], ["arn:aws:sqs:::jobs"])],
    }
    assert "aws_iam_role_policy_attachment" not in found.json["resource"]


def test_trap_46_who_may_invoke_it_is_one_resource_of_a_service() -> None:
    permission = synthesized().only("aws_lambda_permission")
    assert permission["principal"] == "events.amazonaws.com"
    assert permission["source_arn"] == "arn:aws:events:::rule/a"
    assert permission["action"] == "lambda:InvokeFunction"


def test_trap_44_a_function_has_no_decorative_dead_letter_queue() -> None:
    assert "dead_letter_config" not in synthesized().only("aws_lambda_function")

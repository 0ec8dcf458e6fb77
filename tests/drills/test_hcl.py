"""The HCL of `cdktf synth --hcl` is, to Terraform, the same configuration as the JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.paths import ROOT
from ops.terraform import binary
from tests.plan.test_email_templates import TEXTS
from tests.plan.test_plan import ELSEWHERE, PROVISIONED, SIGNED, _offline, _terraform
from tests.support.configuration import variables

OUTPUTS = """
import json, sys
import constructs_lib
from cdktf import App, Fn, LocalBackend, TerraformOutput, TerraformStack
from constructs_lib.email import for_terraform
app = App(outdir=sys.argv[1])
stack = TerraformStack(app, "it")
LocalBackend(stack, path=sys.argv[1] + "/it.tfstate")  # else it would lie in the checkout
for name, text in json.loads(sys.argv[2]).items():
    TerraformOutput(stack, name, value=for_terraform(text))
TerraformOutput(stack, "inside", value='"' + Fn.join("}{", ["a", "b"]) + '" ${jsonencode({"c" = "}\\\\""})}')
app.synth()
"""


def synthesize(outdir: Path, hcl: bool, *command: str, **changes: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    environ |= variables(**changes)
    environ |= {"CDKTF_OUTDIR": str(outdir), "SYNTH_HCL_OUTPUT": str(hcl).lower()}
    subprocess.run([sys.executable, *command], env=environ, cwd=ROOT, check=True)


def planned(outdir: Path, stack: str, hcl: bool, **changes: str) -> tuple[dict[str, Any], list[str]]:
    """The plan of a stack from nothing, offline; the summaries of validation's warnings."""
    override = json.dumps(_offline(outdir / "stacks" / stack)) if hcl else ""
    synthesize(outdir, hcl, "main.py", ENVIRONMENT="staging" if stack == "account" else stack, **changes)
    directory = outdir / "stacks" / stack
    for left_over in directory.glob("*override.tf.json"):
        left_over.unlink()
    (directory / "offline_override.tf.json").write_text(override or json.dumps(_offline(directory)))
    _terraform(directory, "init", "-input=false", "-lockfile=readonly")
    said = json.loads(_terraform(directory, "validate", "-json"))["diagnostics"]
    _terraform(directory, "plan", "-input=false", "-refresh=false", "-out=plan")
    document: dict[str, Any] = json.loads(_terraform(directory, "show", "-json", "plan"))
    return document, [diagnostic["summary"] for diagnostic in said]


def depends_on(document: dict[str, Any]) -> dict[str, list[str]]:
    resources = document["configuration"]["root_module"]["resources"]
    return {resource["address"]: sorted(resource.get("depends_on", [])) for resource in resources}


@pytest.mark.parametrize(
    ("stack", "changes"),
    [("account", ELSEWHERE), ("staging", ELSEWHERE + PROVISIONED + SIGNED), ("prod", ())],
)
def test_terraform_plans_the_same_from_hcl_as_from_json(tmp_path: Path, stack: str, changes: tuple) -> None:
    """One folder for both: what a synth in the other form left there takes no part."""
    from_json, warnings = planned(tmp_path, stack, False, **dict(changes))
    from_hcl, hcl_warnings = planned(tmp_path, stack, True, **dict(changes))
    assert [file.name for file in (tmp_path / "stacks" / stack).glob("cdk.*")] == ["cdk.tf"]
    assert from_hcl["planned_values"] == from_json["planned_values"]
    assert depends_on(from_hcl) == depends_on(from_json)
    assert sum(map(len, depends_on(from_hcl).values())) > 5
    assert hcl_warnings == warnings
    _terraform(tmp_path / "stacks" / stack, "fmt")
    _terraform(tmp_path / "stacks" / stack, "fmt", "-check")


def test_every_text_comes_through_hcl_unchanged(tmp_path: Path) -> None:
    texts = {name.replace("_", "-"): text for name, text in TEXTS.items()} | {
        "object": '{"a": "b\\"c"}',
        "list": '["a"]',
        "number": "012",
        "quoted": '"a"',
        "tab": "a\tb\r\nc",
        "nothing": "",
    }
    program = ("-c", OUTPUTS, str(tmp_path), json.dumps(texts))
    synthesize(tmp_path, True, *program)
    directory = tmp_path / "stacks/it"
    for command in (["init"], ["apply", "-auto-approve"]):
        _terraform(directory, *command, "-input=false")
    done = subprocess.run(
        [binary(), "output", "-json"], cwd=directory, check=True, capture_output=True, text=True
    )
    values = {name: output["value"] for name, output in json.loads(done.stdout).items()}
    assert values.pop("inside") == '"a}{b" {"c":"}\\""}'
    assert values == texts


def test_json_is_back_after_hcl(tmp_path: Path) -> None:
    for hcl, file in ((True, "cdk.tf"), (False, "cdk.tf.json")):
        synthesize(tmp_path, hcl, "main.py", ENVIRONMENT="dev")
        assert [found.name for found in (tmp_path / "stacks/dev").glob("cdk.*")] == [file]

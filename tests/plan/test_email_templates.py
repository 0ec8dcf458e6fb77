"""What Terraform makes of the text of a mail: the text. No provider takes part, and nobody is asked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import mail_templates
from constructs_lib.email import for_terraform
from ops.terraform import binary

TEXTS = {
    "keyframes": "@keyframes f{0%{opacity:0}100%{opacity:1}}",
    "interpolation": "${aws_kms_key.x.arn} and ${ 1 + 1 }",
    "directive": "%{ if true }yes%{ endif }",
    "escaped_already": "$${x} %%{y} $$${z} %%%{z}",
    "harmless": "5% of $10 {{name}} {$x} %} }$ \\ \" ' \n ä",
    **{f"{name}_html": mail_templates.load(name).html for name in mail_templates.NAMES},
    **{f"{name}_text": mail_templates.load(name).text for name in mail_templates.NAMES},
}


def test_every_text_comes_through_terraform_unchanged(tmp_path: Path) -> None:
    outputs = {name: {"value": for_terraform(text)} for name, text in TEXTS.items()}
    (tmp_path / "main.tf.json").write_text(json.dumps({"output": outputs}), encoding="utf-8")
    terraform = binary()
    for command in (["init"], ["apply", "-auto-approve"]):
        subprocess.run([terraform, *command, "-input=false"], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [terraform, "output", "-json"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert {name: output["value"] for name, output in json.loads(done.stdout).items()} == TEXTS

"""Synthesis of HCL instead of JSON, for who leaves CDK for Terraform: `cdktf synth --hcl`.

cdktf 0.21.0 writes HCL that Terraform does not read (`cdktf/lib/hcl/render.js`; archived: no fix will come):

- `escapeQuotes` leaves each quote as it is in a text that has a reference in it, as nearly every policy does
  (hashicorp/terraform-cdk#3911), and escapes no backslash anywhere.
- `renderString` makes a text of several lines a heredoc, which has one more line end than the text.
- `renderFuzzyJsonExpression` writes a text that begins with a brace or a bracket as an object or a list, and
  takes null for an object.
- `renderAttributes` writes a block that the bindings know no type of (the statements of a web ACL) as an
  attribute, which Terraform refuses, and references to resources as texts, which it deprecates.

`hcl_functions.js` puts functions in their place that write every text as one quoted template, the form in
which Terraform also reads the texts of the JSON, and blocks and references as what they are.
"""

from __future__ import annotations

import os
from pathlib import Path

from constructs_lib import lazy_bindings

SWITCH = "SYNTH_HCL_OUTPUT"
"""Set by `cdktf synth`: "true" with --hcl, else "false"."""

_PRELOAD = Path(__file__).with_name("hcl_renderer.cjs")


def wanted() -> bool:
    """Whether this synth writes `cdk.tf` instead of `cdk.tf.json`."""
    return os.environ.get(SWITCH) == "true"


def install() -> None:
    """Mend the renderer where it will be used. Must run before jsii starts Node."""
    if wanted():
        lazy_bindings.preload(_PRELOAD)

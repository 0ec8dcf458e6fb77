"""The lazy bindings leave nothing out. That they change nothing: tests/plan/test_stock_bindings.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.paths import ROOT


def test_unused_bindings_are_not_loaded() -> None:
    program = (
        "import constructs_lib, sys\n"
        "from cdktf_cdktf_provider_aws.kms_key import KmsKey\n"
        "print('cdktf_cdktf_provider_aws.xray_group' in sys.modules)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert output == "False\n"


@pytest.mark.parametrize(
    ("package", "loaded"), [("provider-aws", "lazy-index.js"), ("provider-null", "index.js")]
)
def test_node_loads_the_lazy_index_of_the_bindings_alone(tmp_path: Path, package: str, loaded: str) -> None:
    folder = tmp_path / "@cdktf" / package / "lib"
    folder.mkdir(parents=True)
    for name in ("index.js", "lazy-index.js"):
        (folder / name).touch()
    output = subprocess.run(
        [
            os.environ["JSII_NODE"],
            "--require",
            ROOT / "constructs_lib" / "lazy_index.cjs",
            "--print",
            f"require.resolve({str(folder / 'index.js')!r})",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert Path(output).name == loaded


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    import cdktf_cdktf_provider_aws

    with pytest.raises(AttributeError, match="no attribute 'no_such_service'"):
        _ = cdktf_cdktf_provider_aws.no_such_service
    assert cdktf_cdktf_provider_aws.kms_alias.KmsAlias

"""What `ops state show` masks is what the pinned provider marks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.state.masking import SCHEMA
from ops.terraform import binary


def marked(block: dict[str, Any], *before: str) -> Iterator[str]:
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("sensitive"):
            yield ".".join((*before, name))
        yield from marked(attribute.get("nested_type", {}), *before, name)
    for name, inner in block.get("block_types", {}).items():
        yield from marked(inner["block"], *before, name)


def test_the_list_of_sensitive_attributes_is_that_of_the_provider(tmp_path: Path) -> None:
    needs = {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}
    (tmp_path / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": needs}}))
    for arguments in (["init", "-input=false"], schema := ["providers", "schema", "-json"]):
        result = subprocess.run(
            [binary(), *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        )
    assert arguments == schema
    (provider,) = json.loads(result.stdout)["provider_schemas"].values()
    found = {
        f"{before}{type_}": paths
        for section, before in (("resource_schemas", ""), ("data_source_schemas", "data."))
        for type_, one in provider[section].items()
        if (paths := sorted(marked(one["block"])))
    }
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == found

"""Response headers policies without custom headers and without headers to remove.

Upstream, MiniStack 1.5.33: services/cloudfront.py, _build_rhp_config_xml answers an empty
CustomHeadersConfig and an empty RemoveHeadersConfig where none was set, so that Terraform takes them away at
every plan. AWS leaves the elements out.
"""

from __future__ import annotations

from typing import Any

OPTIONAL = {"CustomHeadersConfig": "CustomHeaders", "RemoveHeadersConfig": "RemoveHeaders"}
"""Elements of the answer and the member of MiniStack's record that fills them."""


def install() -> None:
    """Wraps the function in both places that hold it."""
    from ministack.services import cloudfront

    inner = cloudfront._build_rhp_config_xml

    def build(parent: Any, config: Any) -> None:
        inner(parent, config)
        for element, member in OPTIONAL.items():
            if not config[member]:
                for empty in parent.findall(element):
                    parent.remove(empty)

    cloudfront._build_rhp_config_xml = build
    cloudfront._RHP_SPEC["build_config"] = build

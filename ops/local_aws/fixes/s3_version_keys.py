"""Keys in lists of versions, encoded as was asked for.

Upstream, MiniStack 1.5.33: services/s3.py, `_list_object_versions` does not know `encoding-type=url`.
Terraform asks for it and decodes what comes, so of a key with a plus or a percent sign it deletes another
one, for ever, when a bucket is emptied. AWS encodes keys, prefixes and markers, a space as a plus sign.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus
from xml.etree.ElementTree import SubElement, fromstring, register_namespace

ENCODED = ("Key", "Prefix", "Delimiter", "KeyMarker", "NextKeyMarker")


def install() -> None:
    """Wraps the function."""
    from ministack.services import s3

    list_versions = s3._list_object_versions

    def list_object_versions(bucket_name: str, query_params: Any) -> Any:
        answer = list_versions(bucket_name, query_params)
        if answer[0] != 200 or s3._qp(query_params, "encoding-type", "") != "url":
            return answer
        register_namespace("", s3.S3_NS)
        root = fromstring(answer[2])
        for name in ENCODED:
            for element in root.iter(f"{{{s3.S3_NS}}}{name}"):
                element.text = quote_plus(element.text or "", safe="/")
        SubElement(root, f"{{{s3.S3_NS}}}EncodingType").text = "url"
        return answer[0], answer[1], s3._xml_body(root)

    s3._list_object_versions = list_object_versions

"""Tags of an earlier version of an object that is deleted.

Upstream, MiniStack 1.5.33: services/s3.py, `_get_object_tagging` answers NoSuchKey for every version of a key
whose current version is a delete marker. AWS answers with the tags of the version that is asked for; without
them a deleted object cannot be brought back as it was.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement


def install() -> None:
    """Wraps the function."""
    from ministack.services import s3

    get = s3._get_object_tagging

    def get_object_tagging(bucket_name: str, key: str, query_params: Any = None) -> Any:
        answer = get(bucket_name, key, query_params)
        version_id = s3._qp(query_params or {}, "versionId", "")
        if answer[0] != 404 or not version_id or b"NoSuchKey" not in answer[2]:
            return answer
        for version in s3._object_versions.get((bucket_name, key), []):
            if version["version_id"] == version_id and not version.get("is_delete_marker"):
                tags = s3._object_tags.get((bucket_name, key, version_id), {})
                return (
                    200,
                    {"Content-Type": "application/xml", "x-amz-version-id": version_id},
                    _xml(s3, tags),
                )
        return answer

    s3._get_object_tagging = get_object_tagging


def _xml(s3: Any, tags: dict[str, str]) -> Any:
    root = Element("Tagging", xmlns=s3.S3_NS)
    tag_set = SubElement(root, "TagSet")
    for name, value in tags.items():
        tag = SubElement(tag_set, "Tag")
        SubElement(tag, "Key").text, SubElement(tag, "Value").text = name, value
    return s3._xml_body(root)

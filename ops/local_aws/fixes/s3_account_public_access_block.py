"""S3's block of public access for the whole account.

Upstream, MiniStack 1.5.33: app.py, _handle_s3_control_request has no /configuration/publicAccessBlock and
answers InvalidURI; services/s3.py, _public_access_blocked looks at a bucket's own settings only. The fix
keeps the account's settings and puts them over every bucket's: a public policy or ACL is refused, one that
is there already is ignored, whatever the bucket says.

Access points are covered where MiniStack asks the same function for them.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

PATH = "/v20180820/configuration/publicAccessBlock"

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

KEY = "settings"
"""Under which an account's settings are in the store: it has one set of them, for all regions."""


def install() -> None:
    """Puts the path before S3 Control's others, and the account before the bucket."""
    import ministack.app as app
    from ministack.core.responses import AccountScopedDict
    from ministack.services import s3

    from ops.local_aws.fixes.registration import register

    blocks: Any = AccountScopedDict()
    inner, bucket_blocks = app._handle_s3_control_request, s3._public_access_blocked

    async def handle_s3_control_request(
        path: str, method: str, body: bytes, query_params: Any, request_id: str, headers: Any = None
    ) -> Any:
        if path != PATH:
            return await inner(path, method, body, query_params, request_id, headers)
        action = f"s3:{'Get' if method == 'GET' else 'Put'}AccountPublicAccessBlock"
        refused = app._enforce_data_plane("s3", action, headers, query_params, request_id)
        refused = refused or s3.s3control_account_error(headers)
        status, sent, content = refused or _answer(blocks, method, body)
        return status, {**sent, "x-amzn-requestid": request_id}, content

    def public_access_blocked(owner_account: str, bucket_name: str, setting: str) -> bool:
        of_account = blocks.get_scoped(owner_account, None, KEY) or {}
        return bool(of_account.get(setting)) or bool(bucket_blocks(owner_account, bucket_name, setting))

    app._handle_s3_control_request = handle_s3_control_request
    s3._public_access_blocked = public_access_blocked
    register("s3_account_public_access_block", {"blocks": blocks})


def _answer(blocks: Any, method: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    from ministack.services import s3

    if method == "PUT":
        given = {child.tag.rpartition("}")[2]: child.text for child in ElementTree.fromstring(body)}
        # A setting that is left out is off.
        blocks[KEY] = {setting: given.get(setting) == "true" for setting in SETTINGS}
        return 201, {}, b""
    if method == "DELETE":
        blocks.pop(KEY, None)
        return 204, {}, b""
    settings = blocks.get(KEY)
    if settings is None:
        message = "The public access block configuration was not found"
        missing: tuple[int, dict[str, str], bytes] = s3.s3control_error(
            "NoSuchPublicAccessBlockConfiguration", message, 404
        )
        return missing
    root = ElementTree.Element("PublicAccessBlockConfiguration", xmlns=s3.S3CONTROL_NS)
    for setting, on in settings.items():
        ElementTree.SubElement(root, setting).text = str(on).lower()
    return 200, {"Content-Type": "application/xml"}, ElementTree.tostring(root)

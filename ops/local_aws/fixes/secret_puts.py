"""PutSecretValue: the same token twice, labels that move, the first version; and which version was read when.

Upstream, MiniStack 1.5.33: services/secretsmanager.py. _put_secret_value writes over the version that a
ClientRequestToken names already (AWS ignores the request, or refuses it with another value), leaves a label
on two versions, gives the first version no AWSCURRENT where another label is asked for, and forgets other
labels beside AWSCURRENT. _get_secret_value does not note which version was read, so that
_list_secret_version_ids cannot say it (LastAccessedDate, in whole days); that one also lists versions
without a label unasked. The fix does all of this as AWS's API reference says.
"""

from __future__ import annotations

import json
import time
from typing import Any

CURRENT = "AWSCURRENT"
DAY_S = 86_400


def install() -> None:
    """Wraps the three functions; MiniStack's router looks them up by their names at each request."""
    from ministack.services import secretsmanager

    put, get, listing = (
        secretsmanager._put_secret_value,
        secretsmanager._get_secret_value,
        secretsmanager._list_secret_version_ids,
    )

    def _put_secret_value(data: dict[str, Any]) -> Any:
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        token = str(data.get("ClientRequestToken"))
        if not secret or secret.get("DeletedDate") or secretsmanager._is_replica(secret):
            return put(data)
        if there := secret["Versions"].get(token):
            return _again(secretsmanager, secret, token, there, data)
        wanted = data.get("VersionStages") or [CURRENT]
        if not any(CURRENT in version["Stages"] for version in secret["Versions"].values()):
            wanted = list(dict.fromkeys([*wanted, CURRENT]))
        others = [label for label in wanted if label != CURRENT]
        for label in others:
            secretsmanager._remove_stage_everywhere(secret, label)
        answer = put({**data, "VersionStages": wanted})
        body = json.loads(answer[2])
        for label in others:
            secretsmanager._add_stage(secret, body["VersionId"], label)
        secretsmanager._sync_replicas(secret)
        return _answer(secretsmanager, secret, body["VersionId"])

    def _get_secret_value(data: dict[str, Any]) -> Any:
        answer = get(data)
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if answer[0] == 200 and secret:
            today = int(time.time()) // DAY_S * DAY_S
            secret["LastAccessedDate"] = today
            secret["Versions"][json.loads(answer[2])["VersionId"]]["LastAccessedDate"] = today
        return answer

    def _list_secret_version_ids(data: dict[str, Any]) -> Any:
        answer = listing(data)
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if answer[0] != 200 or not secret:
            return answer
        body = json.loads(answer[2])
        for version in body["Versions"]:
            if read := secret["Versions"][version["VersionId"]].get("LastAccessedDate"):
                version["LastAccessedDate"] = read
        if not data.get("IncludeDeprecated"):
            body["Versions"] = [version for version in body["Versions"] if version["VersionStages"]]
        return secretsmanager.json_response(body)

    secretsmanager._put_secret_value = _put_secret_value
    secretsmanager._get_secret_value = _get_secret_value
    secretsmanager._list_secret_version_ids = _list_secret_version_ids


def _again(
    secretsmanager: Any, secret: dict[str, Any], token: str, there: dict[str, Any], data: dict[str, Any]
) -> Any:
    """A token that names a version: nothing is done, or nothing can be."""
    if all(there[kind] == data.get(kind) for kind in ("SecretString", "SecretBinary")):
        return _answer(secretsmanager, secret, token)
    return secretsmanager.error_response_json(
        "ResourceExistsException",
        "You can't modify an existing version, you can only create a new version.",
        400,
    )


def _answer(secretsmanager: Any, secret: dict[str, Any], version: str) -> Any:
    return secretsmanager.json_response(
        {
            "ARN": secret["ARN"],
            "Name": secret["Name"],
            "VersionId": version,
            "VersionStages": list(secret["Versions"][version]["Stages"]),
        }
    )

"""The IAM user that deploys: root passes every check, so nothing done as root proves a permission."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.files import write_private
from ops.local_aws.example import REGION

USER = "deployer"

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True)
class AccessKey:
    """An IAM user's access key."""

    access_key_id: str
    secret_access_key: str


def read(path: Path) -> AccessKey | None:
    """The key kept in `path`, None if there is none or the file is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return AccessKey(content["access_key_id"], content["secret_access_key"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def ensure(path: Path, endpoint: str, authority: Path, account: str) -> AccessKey:
    """The kept key if the local AWS still takes it; otherwise user, policy and key are made anew."""
    from botocore.exceptions import ClientError

    kept = read(path)
    if kept is not None:
        try:
            client("sts", kept, endpoint, authority).get_caller_identity()
        except ClientError:
            pass
        else:
            return kept
    # Twelve digits are the account's root; MiniStack does not check root's signature.
    iam = client("iam", AccessKey(account, "root"), endpoint, authority)
    try:
        iam.create_user(UserName=USER)
    except iam.exceptions.EntityAlreadyExistsException:
        for lost in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=USER, AccessKeyId=lost["AccessKeyId"])
    iam.put_user_policy(UserName=USER, PolicyName="everything", PolicyDocument=json.dumps(POLICY))
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    key = AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
    write_private(
        path, json.dumps({"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key})
    )
    return key


@functools.cache
def _session() -> Any:
    """A session that reads neither AWS_PROFILE nor ~/.aws; shared, because it loads the service models."""
    import boto3
    import botocore.session

    nowhere = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=nowhere))


def client(
    service: str,
    key: AccessKey,
    endpoint: str,
    authority: Path,
    region: str = REGION,
    token: str | None = None,
) -> Any:
    """A boto3 client of the local AWS that neither the environment nor ~/.aws can lead elsewhere."""
    from botocore.config import Config

    return _session().client(
        service,
        region_name=region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        aws_session_token=token,
        endpoint_url=endpoint,
        verify=str(authority),
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )

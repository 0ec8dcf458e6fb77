"""Objects are deleted and overwritten, and come back as they were."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from ops.recovery import copying, versions
from tests.drills import elsewhere
from tests.drills.conftest import Deployed
from tests.drills.ledger import Drill
from tests.drills.test_restore_table import moment

PREFIX = "exports/drill/"
KEPT = ("ContentType", "CacheControl", "ContentDisposition", "Metadata")


def state(s3: Any, bucket: str) -> dict[str, str]:
    """Current objects of the drill: name -> content."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX).get("Contents", [])
    return {
        one["Key"].removeprefix(PREFIX): s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode()
        for one in found
    }


def restore(deployed: Deployed, at: str, *more: str, code: int = 0) -> str:
    return deployed.here.ops(
        "--local", "restore", "objects", "dev", "--prefix", PREFIX, "--to", at, *more, code=code
    )


def test_objects_come_back_and_later_ones_do_not(deployed: Deployed, drill: Drill) -> None:
    s3, bucket = deployed.client("s3"), deployed.outputs()["s3_bucket_name"]

    def put(name: str, content: str, **headers: Any) -> None:
        s3.put_object(Bucket=bucket, Key=f"{PREFIX}{name}", Body=content.encode(), **headers)

    headers = {
        "ContentType": "application/pdf",
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="drill.pdf"',
        "Metadata": {"session": "drill"},
        "Tagging": "kind=export",
    }
    put("kept.pdf", "kept")
    put("deleted.pdf", "deleted", **headers)
    put("overwritten ü + 1.pdf", "good", **headers)
    put("gone before.pdf", "old")
    s3.delete_object(Bucket=bucket, Key=f"{PREFIX}gone before.pdf")
    at = moment()
    was = state(s3, bucket)
    before = s3.head_object(Bucket=bucket, Key=f"{PREFIX}overwritten ü + 1.pdf")

    s3.delete_object(Bucket=bucket, Key=f"{PREFIX}deleted.pdf")
    put("overwritten ü + 1.pdf", "damaged")
    put("later.pdf", "later")
    put("gone before.pdf", "later")
    after_loss = moment()
    lost = state(s3, bucket)
    overwritten = [name for name in was.keys() & lost.keys() if was[name] != lost[name]]
    drill.loses(
        f"{len(was.keys() - lost.keys())} of {len(was)} objects deleted, {len(overwritten)} overwritten; "
        f"{len(lost.keys() - was.keys())} made later"
    )

    restore(deployed, at, "--dry-run")
    assert state(s3, bucket) == lost
    lines = restore(deployed, at, "--dry-run", "--json").splitlines()
    actions = {one["key"].removeprefix(PREFIX): one["action"] for one in map(json.loads, lines[:-1])}
    assert actions == {
        "deleted.pdf": "copy",
        "overwritten ü + 1.pdf": "copy",
        "later.pdf": "later",
        "gone before.pdf": "later",
    }

    restore(deployed, at, "--yes")
    later = {"later.pdf": "later", "gone before.pdf": "later"}
    assert state(s3, bucket) == {**was, **later}
    assert "Nothing to do." in restore(deployed, at, "--yes")

    now = s3.head_object(Bucket=bucket, Key=f"{PREFIX}overwritten ü + 1.pdf")
    for name in (*KEPT, "ServerSideEncryption", "SSEKMSKeyId"):
        assert now[name] == before[name], name
    tags = s3.get_object_tagging(Bucket=bucket, Key=f"{PREFIX}deleted.pdf")["TagSet"]
    assert {"Key": "kind", "Value": "export"} in tags

    restore(deployed, at, "--yes", "--delete-later")
    assert state(s3, bucket) == was
    assert "Nothing to do." in restore(deployed, at, "--yes", "--delete-later")
    back = state(s3, bucket)
    drill.gets_back(
        f"{len(back)} of {len(was)} objects as they were, with headers, metadata, tags and key; "
        f"{len(back.keys() - was.keys())} of those made later"
    )

    time.sleep(1)
    restore(deployed, after_loss, "--yes", "--delete-later")
    assert state(s3, bucket) == lost, "the restore itself can be undone"
    drill.gets_back("and the restore itself can be undone")


def test_an_interrupted_restore_of_many_objects_is_gone_on_with(deployed: Deployed, drill: Drill) -> None:
    s3, bucket = deployed.client("s3"), deployed.outputs()["s3_bucket_name"]
    names = [f"{PREFIX}many/{number:04}.txt" for number in range(1200)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    at = moment()
    drill.loses(f"{len(names):,} objects deleted; the restore is killed in the middle")
    for first in range(0, len(names), 600):
        objects = [{"Key": name} for name in names[first : first + 600]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})

    def there() -> int:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{PREFIX}many/")
        return sum(page["KeyCount"] for page in pages)

    assert there() == 0
    command = ("--local", "restore", "objects", "dev", "--prefix", f"{PREFIX}many/", "--to", at, "--yes")
    with elsewhere.OBJECTS.survived() as struck:
        with deployed.here.started(*command) as process:
            while there() < 100 and process.poll() is None:
                time.sleep(0.05)
            process.kill()
        some = there()
        struck(f"{some} of {len(names):,} copied")
        assert 100 <= some < len(names)
        output = deployed.here.ops(*command)
        assert there() == len(names)
        assert "objects are as they were" in output
        versions = s3.list_object_versions(Bucket=bucket, Prefix=names[0])["Versions"]
        assert len(versions) == 2, "what was done is not done again"
    assert s3.get_object(Bucket=bucket, Key=names[-1])["Body"].read().decode() == names[-1]
    drill.gets_back(f"{some} before the kill, {there():,} after the second run, none copied twice")


def test_an_object_too_large_for_one_copy_comes_back_in_parts(deployed: Deployed, drill: Drill) -> None:
    s3, bucket, key = deployed.client("s3"), deployed.outputs()["s3_bucket_name"], f"{PREFIX}large.bin"
    content = bytes(range(256)) * 48_000  # 12.3 MB; S3's parts have 5 MiB at least
    s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={"session": "drill"}, Tagging="kind=export")
    good = next(versions.histories(versions.listed(s3, bucket, key), datetime.now(UTC))).latest
    drill.loses("an object that S3 copies in parts only (limit lowered to 5 MiB)")
    s3.put_object(Bucket=bucket, Key=key, Body=b"damaged")
    damaged = next(versions.histories(versions.listed(s3, bucket, key), datetime.now(UTC))).latest
    assert not copying.is_copy_of(s3, bucket, damaged, good)

    copying.bring_back(s3, bucket, good, largest_copy=5 * 1024**2)
    answer = s3.get_object(Bucket=bucket, Key=key)
    assert answer["ETag"].strip('"').endswith("-3"), "three parts"
    back = answer["Body"].read()
    assert back == content
    assert answer["Metadata"] == {"session": "drill"}
    assert answer["ServerSideEncryption"] == "aws:kms"
    now = next(versions.histories(versions.listed(s3, bucket, key), datetime.now(UTC))).latest
    assert copying.is_copy_of(s3, bucket, now, good)
    drill.gets_back(f"{len(back) / 1e6:.1f} MB in parts, byte by byte, with metadata and tags")

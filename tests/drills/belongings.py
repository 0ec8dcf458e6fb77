"""Items and objects that people have put into an environment, and whether they are still there."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.drills.site import Site
from tests.drills.stored import stored

TABLE = "spec-wizard-sessions-dev"
FILES = "spec-wizard-exports-dev-123456789012"
ITEMS, OBJECTS = 40, 12
PREFIX = "drill/"


@dataclass
class Belongings:
    """items: PK -> attributes; objects: key -> bytes. Empty until the environment can hold them."""

    site: Site
    seed: str
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)

    def put_once_possible(self) -> bool:
        """Put them as soon as table and bucket stand in the state; whether they are there."""
        state = stored(self.site, "dev")
        whole = state.whole("aws_dynamodb_table") and state.whole("aws_s3_bucket")
        if not self.items and whole and self._stand():
            self._put()
        return bool(self.items)

    def _stand(self) -> bool:
        """Whether table and bucket are there. A local AWS that is killed forgets what it made in its last
        seconds, where the state that Terraform stores afterwards has it; the next run makes it again.
        """
        dynamodb, s3 = self.site.client("dynamodb"), self.site.client("s3")
        buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        return TABLE in dynamodb.list_tables()["TableNames"] and FILES in buckets

    def lost(self) -> list[str]:
        """What is missing, or is not byte for byte what was put."""
        dynamodb, s3 = self.site.client("dynamodb"), self.site.client("s3")
        gone = []
        for name, item in self.items.items():
            found = dynamodb.get_item(TableName=TABLE, Key={"PK": item["PK"], "SK": item["SK"]})
            if found.get("Item") != item:
                gone.append(f"item {name}")
        for key, content in self.objects.items():
            try:
                if s3.get_object(Bucket=FILES, Key=key)["Body"].read() != content:
                    gone.append(f"object {key}")
            except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
                gone.append(f"object {key}")
        return gone

    def damage_objects(self) -> None:
        """Delete every second object and overwrite the others, as by mistake."""
        s3 = self.site.client("s3")
        for number, key in enumerate(self.objects):
            if number % 2:
                s3.delete_object(Bucket=FILES, Key=key)
            else:
                s3.put_object(Bucket=FILES, Key=key, Body=b"damaged")

    def _put(self) -> None:
        drawn = random.Random(f"belongings {self.seed}")
        dynamodb, s3 = self.site.client("dynamodb"), self.site.client("s3")
        for number in range(ITEMS):
            item = {
                "PK": {"S": f"SESSION#drill-{number}"},
                "SK": {"S": "META"},
                "text": {"S": drawn.randbytes(200).hex()},
                "bytes": {"B": drawn.randbytes(300)},
                "expiresAt": {"N": str(4_000_000_000 + number)},
            }
            dynamodb.put_item(TableName=TABLE, Item=item)
            self.items[item["PK"]["S"]] = item
        for number in range(OBJECTS):
            key = f"{PREFIX}{number}.bin"
            self.objects[key] = drawn.randbytes(drawn.randrange(1, 200_000))
            s3.put_object(Bucket=FILES, Key=key, Body=self.objects[key])

"""What a request to AWS asks for, and how AWS says in that request's protocol that it does not serve it.

Sources: botocore's service models (`metadata.protocols`), docs of Smithy for rpc-v2-cbor, and the error
chapters of the S3, DynamoDB and EC2 (query) API references.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

READS = re.compile(r"^(Get|List|Describe|Query|Scan|BatchGet|Lookup|Search|Head|AssumeRole|Decrypt|Generate)")
REST_JSON = {"lambda", "apigateway", "ses", "access-analyzer", "execute-api"}
SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
ATTEMPT = re.compile(r"attempt=(\d+)")


class Protocol(Enum):
    """How a service speaks."""

    JSON = "json"
    CBOR = "rpc-v2-cbor"
    QUERY = "query"
    S3 = "s3"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"


@dataclass(frozen=True)
class Request:
    """One request. target: path and query; headers: names in lower case; head: as it came, without Expect."""

    method: str
    target: str
    headers: Mapping[str, str]
    head: bytes = b""
    body: bytes = field(default=b"", repr=False)

    @cached_property
    def service(self) -> str:
        """The signing name of the service, e.g. `dynamodb`; "" for a request without a signature."""
        found = SCOPE.search(self.headers.get("authorization", ""))
        return found[1] if found else ""

    @cached_property
    def protocol(self) -> Protocol:
        """By what is in the request."""
        if self.headers.get("smithy-protocol") == "rpc-v2-cbor":
            return Protocol.CBOR
        if "x-amz-target" in self.headers:
            return Protocol.JSON
        if self.service in ("s3", ""):
            return Protocol.S3
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return Protocol.QUERY
        return Protocol.REST_JSON if self.service in REST_JSON else Protocol.REST_XML

    @cached_property
    def action(self) -> str:
        """The operation, e.g. `PutItem`; of REST services method and path, e.g. `PUT /bucket/key`."""
        if self.protocol is Protocol.JSON:
            return self.headers["x-amz-target"].rpartition(".")[2]
        if self.protocol is Protocol.CBOR:
            return self.path.rpartition("/")[2]
        if self.protocol is Protocol.QUERY:
            return parse_qs(self.body.decode("utf-8", "replace")).get("Action", [""])[0]
        return f"{self.method} {self.path}"

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        if self.protocol in (Protocol.JSON, Protocol.CBOR, Protocol.QUERY):
            return not READS.match(self.action)
        return self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def attempt(self) -> int:
        """Which try of its SDK it is, from 1."""
        found = ATTEMPT.search(self.headers.get("amz-sdk-request", ""))
        return int(found[1]) if found else 1

    @property
    def invocation(self) -> str:
        """The same for all tries of one call; "" where the client sends none."""
        return self.headers.get("amz-sdk-invocation-id", "")

    @property
    def what(self) -> str:
        """For people."""
        return f"{self.service or 'unsigned'} {self.action}"


def throttled(request: Request) -> bytes:
    """AWS is asked too often."""
    status, code = {
        Protocol.JSON: (400, "ThrottlingException"),
        Protocol.CBOR: (400, "ThrottlingException"),
        Protocol.QUERY: (400, "Throttling"),
        Protocol.S3: (503, "SlowDown"),
        Protocol.REST_JSON: (429, "TooManyRequestsException"),
        Protocol.REST_XML: (400, "Throttling"),
    }[request.protocol]
    return _answer(request, status, code, "Rate exceeded")


def failed(request: Request) -> bytes:
    """AWS has failed by itself."""
    json_ = request.protocol in (Protocol.JSON, Protocol.CBOR, Protocol.REST_JSON)
    return _answer(request, 500, "InternalServerError" if json_ else "InternalError", "Try again.")


def _answer(request: Request, status: int, code: str, message: str) -> bytes:
    told: dict[str, str] = {}
    if request.method == "HEAD":
        body, kind = b"", "application/xml"
    elif request.protocol in (Protocol.JSON, Protocol.REST_JSON):
        body, kind = json.dumps({"__type": code, "message": message}).encode(), "application/x-amz-json-1.1"
        told = {"x-amzn-ErrorType": code}
    elif request.protocol is Protocol.CBOR:
        body, kind = _cbor({"__type": f"com.amazonaws#{code}", "message": message}), "application/cbor"
        told = {"smithy-protocol": "rpc-v2-cbor"}
    elif request.protocol is Protocol.S3:
        body, kind = _xml("", code, message), "application/xml"
    else:
        body, kind = _xml("ErrorResponse", code, message), "text/xml"
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), "x-amzn-RequestId": "fault", **told}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Fault\r\n{head}\r\n".encode() + body


def _xml(root: str, code: str, message: str) -> bytes:
    kind = "" if not root else "<Type>Receiver</Type>"
    error = f"<Error>{kind}<Code>{code}</Code><Message>{message}</Message></Error>"
    return f'<?xml version="1.0"?>{f"<{root}>{error}</{root}>" if root else error}'.encode()


def _cbor(texts: Mapping[str, str]) -> bytes:
    """A map of short texts (RFC 8949: major type 5, then pairs of major type 3)."""
    assert len(texts) < 24

    def text(value: str) -> bytes:
        content = value.encode()
        assert len(content) < 256
        return bytes([0x78, len(content)]) + content

    return bytes([0xA0 + len(texts)]) + b"".join(text(key) + text(value) for key, value in texts.items())

"""IAM Access Analyzer, control plane.

Upstream, MiniStack 1.5.33: core/router.py, SERVICE_PATTERNS has no such service; each call is answered with
an error. The fix keeps analyzers and their tags, so that Terraform can make, read, change and remove them.
Nothing is analyzed, and there are no archive rules.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ops.local_aws.fixes.new_services import Operation, Refused, Request, add_rest_service

SERVICE = "access-analyzer"


class Service:
    """The operations, each from a request's members to a response's members."""

    def __init__(self) -> None:
        from ministack.core.responses import AccountRegionScopedDict

        self.analyzers: Any = AccountRegionScopedDict()
        self.operations: dict[str, Operation] = {
            "CreateAnalyzer": self.create,
            "GetAnalyzer": lambda request: {"analyzer": self._known(request)},
            "ListAnalyzers": lambda _: {"analyzers": list(self.analyzers.values())},
            "DeleteAnalyzer": self.delete,
            "ListArchiveRules": lambda _: {"archiveRules": []},
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": lambda request: {"tags": self._by_arn(request)["tags"]},
        }

    def create(self, request: Request) -> dict[str, Any]:
        """Makes an analyzer; its name is taken once."""
        from ministack.core.responses import get_account_id, get_region

        name = str(request["analyzerName"])
        if name in self.analyzers:
            raise Refused("ConflictException", f"There is an analyzer {name} already", 409)
        arn = f"arn:aws:{SERVICE}:{get_region()}:{get_account_id()}:analyzer/{name}"
        self.analyzers[name] = {
            "arn": arn,
            "name": name,
            "type": request["type"],
            "createdAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": "ACTIVE",
            "tags": request.get("tags") or {},
        }
        return {"arn": arn}

    def delete(self, request: Request) -> dict[str, Any]:
        """Removes an analyzer."""
        del self.analyzers[self._known(request)["name"]]
        return {}

    def tag(self, request: Request) -> dict[str, Any]:
        """Adds tags."""
        found = self._by_arn(request)
        self.analyzers[found["name"]] = {**found, "tags": {**found["tags"], **request["tags"]}}
        return {}

    def untag(self, request: Request) -> dict[str, Any]:
        """Removes tags. One key comes as text, several as a list."""
        found, keys = self._by_arn(request), request["tagKeys"]
        removed = [keys] if isinstance(keys, str) else keys
        kept = {key: value for key, value in found["tags"].items() if key not in removed}
        self.analyzers[found["name"]] = {**found, "tags": kept}
        return {}

    def _known(self, request: Request) -> dict[str, Any]:
        name = str(request["analyzerName"])
        if name not in self.analyzers:
            raise Refused("ResourceNotFoundException", f"There is no analyzer {name}", 404)
        found: dict[str, Any] = self.analyzers[name]
        return found

    def _by_arn(self, request: Request) -> dict[str, Any]:
        arn = str(request["resourceArn"])
        return self._known({"analyzerName": arn.rpartition("/")[2]})


def install() -> None:
    """Adds the service."""
    service = Service()
    add_rest_service(
        SERVICE, "accessanalyzer", "access_analyzer", service.operations, {"analyzers": service.analyzers}
    )

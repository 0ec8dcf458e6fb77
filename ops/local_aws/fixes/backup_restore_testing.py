"""Restore testing plans of AWS Backup, their selections and tags.

Upstream, MiniStack 1.5.33: services/backup.py answers reads of restore testing with empty lists and takes no
writes, so a stack that has them cannot be applied; `_describe_region_settings` has no opinion on DynamoDB,
which AWS opts in, with its advanced features, in every account made since 2021. Plans are kept here; nothing
is restored by them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

PLANS_PATH = ["restore-testing", "plans"]
KIND = "restore-testing-plan"


def install() -> None:
    """Takes the paths of restore testing before MiniStack's router, and tags of what they name."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import backup

    from ops.local_aws.fixes import registration

    testing = _RestoreTesting(backup, AccountRegionScopedDict())
    inner, resolve, settings = (
        backup.handle_request,
        backup._resolve_resource,
        backup._describe_region_settings,
    )

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query: Mapping[str, list[str]]
    ) -> Any:
        parts = [part for part in path.strip("/").split("/") if part]
        if parts[:2] == PLANS_PATH:
            return testing.answer(method, parts[2:], json.loads(body) if body else {})
        return await inner(method, path, headers, body, query)

    def resolve_resource(arn: str) -> Any:
        return testing.tags(arn) if f":{KIND}:" in arn else resolve(arn)

    def describe_region_settings() -> Any:
        answer = json.loads(settings()[2])
        for preference in answer.values():
            preference.setdefault("DynamoDB", True)
        return backup._ok(answer)

    backup.handle_request = handle_request
    backup._resolve_resource = resolve_resource
    backup._describe_region_settings = describe_region_settings
    registration.register("backup_restore_testing_local", {"plans": testing.plans})


class _RestoreTesting:
    """plans: name -> {"plan", "tags", "selections": name -> selection}."""

    def __init__(self, backup: Any, plans: Any) -> None:
        self.backup, self.plans = backup, plans

    def tags(self, arn: str) -> Any:
        for entry in self.plans.values():
            if entry["plan"]["RestoreTestingPlanArn"] == arn:
                return entry["tags"]
        return None

    def answer(self, method: str, parts: list[str], body: dict[str, Any]) -> Any:
        if not parts:
            return self._create(body) if method == "PUT" else self._list()
        entry = self.plans.get(parts[0])
        if entry is None:
            return self.backup._not_found(f"Restore testing plan '{parts[0]}' not found.")
        if len(parts) == 1:
            return self._plan(method, parts[0], entry, body)
        if len(parts) == 2:
            return self._select(entry, body) if method == "PUT" else self._selections(entry)
        return self._selection(method, entry, parts[2], body)

    def _list(self) -> Any:
        return self.backup._ok({"RestoreTestingPlans": [entry["plan"] for entry in self.plans.values()]})

    def _create(self, body: dict[str, Any]) -> Any:
        plan = body["RestoreTestingPlan"]
        name = plan["RestoreTestingPlanName"]
        if name in self.plans:
            return self.backup._err("AlreadyExistsException", f"{name} already exists.", 400)
        arn = self.backup._plan_arn(f"{name}-{self.backup.new_uuid()}").replace("backup-plan", KIND)
        made = {"CreationTime": time.time(), "RestoreTestingPlanArn": arn, "RestoreTestingPlanName": name}
        self.plans[name] = {"plan": {**plan, **made}, "tags": body.get("Tags", {}), "selections": {}}
        return self._made(made)

    def _plan(self, method: str, name: str, entry: dict[str, Any], body: dict[str, Any]) -> Any:
        if method == "DELETE":
            if entry["selections"]:
                return self.backup._err("InvalidRequestException", f"{name} still has selections.", 400)
            del self.plans[name]
            return self.backup._no_content()
        if method == "PUT":
            entry["plan"].update(body["RestoreTestingPlan"], LastUpdateTime=time.time())
            return self.backup._ok({**entry["plan"], "UpdateTime": time.time()})
        return self.backup._ok({"RestoreTestingPlan": entry["plan"]})

    def _select(self, entry: dict[str, Any], body: dict[str, Any]) -> Any:
        selection = body["RestoreTestingSelection"]
        name, plan = selection["RestoreTestingSelectionName"], entry["plan"]["RestoreTestingPlanName"]
        made = {"CreationTime": time.time(), "RestoreTestingPlanName": plan}
        entry["selections"][name] = {"ValidationWindowHours": 0, **selection, **made}
        arn = entry["plan"]["RestoreTestingPlanArn"]
        return self._made({**made, "RestoreTestingPlanArn": arn, "RestoreTestingSelectionName": name})

    def _selections(self, entry: dict[str, Any]) -> Any:
        return self.backup._ok({"RestoreTestingSelections": list(entry["selections"].values())})

    def _selection(self, method: str, entry: dict[str, Any], name: str, body: dict[str, Any]) -> Any:
        if name not in entry["selections"]:
            return self.backup._not_found(f"Restore testing selection '{name}' not found.")
        if method == "DELETE":
            del entry["selections"][name]
            return self.backup._no_content()
        if method == "PUT":
            entry["selections"][name].update(body["RestoreTestingSelection"])
            return self.backup._ok({**entry["selections"][name], "UpdateTime": time.time()})
        return self.backup._ok({"RestoreTestingSelection": entry["selections"][name]})

    def _made(self, body: dict[str, Any]) -> Any:
        return 201, *self.backup._ok(body)[1:]

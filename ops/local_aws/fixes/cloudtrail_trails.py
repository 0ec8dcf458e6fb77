"""A trail's log group, its tags, and what is left of them.

Upstream, MiniStack 1.5.33: services/cloudtrail.py, _create_trail drops CloudWatchLogsLogGroupArn,
CloudWatchLogsRoleArn and TagsList, so that Terraform sees a change at every plan; _delete_trail keeps the
tags, which the next trail of that name then has. The fix stores and removes them.
"""

from __future__ import annotations

from typing import Any

LOG_GROUP = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")


def install() -> None:
    """Wraps the two actions."""
    from ministack.services import cloudtrail

    create, delete = cloudtrail._create_trail, cloudtrail._delete_trail

    def create_trail(request: dict[str, Any]) -> Any:
        answer = create(request)
        if answer[0] == 200:
            trail = cloudtrail._trails[request["Name"].strip()]
            trail.update({member: request[member] for member in LOG_GROUP if request.get(member)})
            if tags := request.get("TagsList"):
                cloudtrail._add_tags({"ResourceId": trail["TrailARN"], "TagsList": tags})
        return answer

    def delete_trail(request: dict[str, Any]) -> Any:
        trail = cloudtrail._find_mutable_trail(request.get("Name", "").strip())[2]
        answer = delete(request)
        if answer[0] == 200 and trail:
            cloudtrail._trail_tags.pop(trail["TrailARN"], None)
        return answer

    cloudtrail._create_trail = cloudtrail._DISPATCH["CreateTrail"] = create_trail
    cloudtrail._delete_trail = cloudtrail._DISPATCH["DeleteTrail"] = delete_trail

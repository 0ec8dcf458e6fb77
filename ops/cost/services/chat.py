"""The WebSocket API."""

from __future__ import annotations

from collections.abc import Iterator

from environments.ranges import exactly
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.resources import Resource


def api(resource: Resource, month: Month) -> Iterator[Metered]:
    """Messages in both directions, minutes of connections, and what leaves AWS."""
    if resource.values.get("protocol_type") != "WEBSOCKET":
        raise NoAssumptionError(f"an API of {resource.values.get('protocol_type')} has no price")
    used = month.used()
    frames = used.frames * used.usage.frame_units.ceil()
    yield Metered("websocket.messages", frames, "frames in both directions")
    yield Metered("websocket.minutes", used.connection_minutes, "minutes of open connections")
    yield Metered("transfer.out", used.frames_out_gb, "GB of answers")


def stage(resource: Resource, month: Month) -> Iterator[Metered]:
    """Detailed metrics are charged like one's own, for each route, while there is traffic."""
    routes = resource.blocks("route_settings") or resource.blocks("default_route_settings")
    detailed = sum(bool(route.get("detailed_metrics_enabled")) for route in routes)
    used = month.used().usage
    metrics = used.detailed_metrics_per_route * used.metric_share * exactly(detailed)
    yield Metered("cloudwatch.metric", metrics, "detailed metrics of the routes")

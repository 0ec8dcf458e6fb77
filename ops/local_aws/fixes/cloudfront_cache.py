"""CloudFront's cache, and the compression of what goes into it.

Upstream, MiniStack 1.5.33: services/cloudfront.py, _fetch_from_origin asks the origin at each request,
handle_viewer_request answers each with "Miss from cloudfront", and _create_invalidation invalidates
nothing. The fix keeps what the origin answered for as long as the cache policy and the origin's
Cache-Control say, errors as long as the error caching minimum TTL says, compresses what CloudFront would,
and says Hit, Miss, Error or Redirect in X-Cache. Signatures are checked and the response headers policy is
applied outside of it, at every request.

Left out: revalidation, stale answers and brotli. Ranges and conditional requests are kept each by itself, not
answered from the whole object, and HEAD fills nothing.
"""

from __future__ import annotations

import functools
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from ops.local_aws.fixes import cloudfront_compression as compression

ENTRIES = 256
"""The least recently used entry beyond these is forgotten."""

ERROR_TTL_S = 10.0
"""Error caching minimum TTL where the distribution sets none."""

CACHED_ERRORS = frozenset({404, 405, 414, 500, 501, 502, 503, 504})
"""Kept always; other errors only with a max-age (Developer Guide, "How CloudFront caches errors")."""

USUAL_TTLS_S = {"MinTTL": 0, "DefaultTTL": 86_400, "MaxTTL": 31_536_000}
"""TTLs of a cache policy that leaves them out."""

Response = tuple[int, str, dict[str, Any], Any]
"""Status, reason, headers with names in lower case, body."""


@dataclass
class Viewer:
    """The request that is being answered."""

    policy: Mapping[str, Any]
    error_ttls: Mapping[int, float]
    gzip: bool
    hit: bool = False


@dataclass
class Entry:
    """A kept response; times in seconds since the epoch."""

    response: Response
    expires: float
    stored: float = field(default_factory=time.time)


def install() -> None:
    """Wraps the handling of viewers' requests, the fetch from an origin and invalidations."""
    from ministack.services import cloudfront

    read, inner = cloudfront._dataplane_behavior, cloudfront.handle_viewer_request
    fetch, invalidate = cloudfront._fetch_from_origin, cloudfront._create_invalidation
    # (distribution, path with query string, origin, forwarded headers, compressed)
    entries: OrderedDict[tuple[Any, ...], Entry] = OrderedDict()
    current: ContextVar[Viewer] = ContextVar("viewer")

    def behavior_with_compression(element: Any, path_pattern: str | None = None) -> dict[str, Any]:
        compresses = cloudfront._text(element, "Compress") == "true"
        return {**read(element, path_pattern), "compress": compresses}

    async def handle_viewer_request(
        dist: Any, method: str, path: str, raw_uri: str, raw_query_string: str, headers: Any, *more: Any
    ) -> Any:
        parsed = cloudfront.parse_distribution_dataplane_config(dist)
        behavior = cloudfront._match_behavior(parsed, path) or {}
        policy = _cache_policy(behavior.get("cache_policy_id"))
        wanted = behavior.get("compress") and (policy.get("Parameters") or {}).get("EnableAcceptEncodingGzip")
        takes = compression.accepts_gzip(headers.get("accept-encoding", ""))
        viewer = Viewer(policy, _error_ttls(dist["config_xml"]), bool(wanted and takes))
        token = current.set(viewer)
        try:
            answer = await inner(dist, method, path, raw_uri, raw_query_string, headers, *more)
        finally:
            current.reset(token)
        status, sent, body = answer
        if sent.get("X-Cache") == "Miss from cloudfront":
            result = "Error" if status >= 400 else "Hit" if viewer.hit else "Miss"
            sent = {**sent, "X-Cache": f"{result} from cloudfront"}
        elif 300 <= status < 400 and "Location" in sent:
            sent = {**sent, "X-Cache": "Redirect from cloudfront"}
        return status, sent, body

    async def fetch_from_origin(
        origin: Any, method: str, uri: str, query_string: str, headers: Any, *more: Any
    ) -> Response:
        viewer = current.get(None)
        if viewer is None or method not in ("GET", "HEAD"):
            return _response(await fetch(origin, method, uri, query_string, headers, *more))
        distribution = more[-1]
        location = uri + (f"?{query_string}" if query_string else "")
        name = (distribution, location, origin["id"], tuple(sorted(headers.items())), viewer.gzip)
        entry = entries.get(name)
        if entry is not None and entry.expires > time.time():
            entries.move_to_end(name)
            viewer.hit = True
            status, reason, found, body = entry.response
            age = {"age": str(int(time.time() - entry.stored))}
            return status, reason, {**found, **age}, body if method == "GET" else b""
        status, reason, found, body = _response(
            await fetch(origin, method, uri, query_string, headers, *more)
        )
        if method == "HEAD" or not isinstance(body, bytes):
            return status, reason, found, body
        if viewer.gzip and status == 200 and compression.is_compressible(found, len(body)):
            found, body = compression.compress(found, body)
        ttl = _ttl(status, found, viewer)
        if ttl > 0:
            entries[name] = Entry((status, reason, found, body), time.time() + ttl)
            entries.move_to_end(name)
            if len(entries) > ENTRIES:
                entries.popitem(last=False)
        return status, reason, found, body

    def create_invalidation(dist_id: str, body: bytes) -> Any:
        before = len(cloudfront._invalidations.get(dist_id) or [])
        answer = invalidate(dist_id, body)
        made = (cloudfront._invalidations.get(dist_id) or [])[before:]
        paths = [path for batch in made for path in batch["InvalidationBatch"]["Paths"]["Items"]]
        for name in list(entries):
            if name[0].endswith(f"/{dist_id}") and any(_covers(path, name[1]) for path in paths):
                del entries[name]
        return answer

    cloudfront._dataplane_behavior = behavior_with_compression
    cloudfront.handle_viewer_request = handle_viewer_request
    cloudfront._fetch_from_origin = fetch_from_origin
    cloudfront._create_invalidation = create_invalidation


def _response(answer: Any) -> Response:
    status, reason, headers, body = answer
    return status, reason, headers, body


def _cache_policy(identifier: str | None) -> Mapping[str, Any]:
    from ministack.services import cloudfront

    known = cloudfront._cache_policies.get(identifier) or cloudfront._MANAGED_CACHE_POLICIES.get(identifier)
    return known["Config"] if known else {}


@functools.lru_cache(maxsize=64)
def _error_ttls(configuration: str) -> Mapping[int, float]:
    """Error caching minimum TTL, in seconds, by status, from the XML of a distribution's configuration."""
    ttls = {}
    for item in ElementTree.fromstring(configuration).iterfind("{*}CustomErrorResponses/{*}Items/*"):
        ttls[int(item.findtext("{*}ErrorCode", "0"))] = float(
            item.findtext("{*}ErrorCachingMinTTL") or ERROR_TTL_S
        )
    return ttls


def _ttl(status: int, headers: Mapping[str, Any], viewer: Viewer) -> float:
    """For how many seconds the response is kept."""
    control = str(headers.get("cache-control", "")).lower()
    ages = re.search(r"s-maxage=(\d+)", control) or re.search(r"max-age=(\d+)", control)
    age = float(ages.group(1)) if ages else None
    if status >= 400:
        kept = status in CACHED_ERRORS or age is not None
        return max(viewer.error_ttls.get(status, ERROR_TTL_S), age or 0.0) if kept else 0.0
    least, default, most = (
        float(viewer.policy.get(name) or 0) for name in ("MinTTL", "DefaultTTL", "MaxTTL")
    )
    if re.search("no-store|no-cache|private", control):
        return least
    return min(max(default if age is None else age, least), most)


def _covers(path: str, location: str) -> bool:
    """Whether an invalidation's path, perhaps with `*` at its end, means this path with query string."""
    path = path if path.startswith("/") else f"/{path}"
    return location.startswith(path[:-1]) if path.endswith("*") else location == path

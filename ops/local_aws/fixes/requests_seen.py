"""Not a fix: tells of every request to a service that has been answered, refused ones included."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("local_aws.requests_seen")


@dataclass(frozen=True)
class Seen:
    """A request and its answer. service: MiniStack's name of it; answer: b"" for one that is streamed."""

    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query_params: Mapping[str, Any]
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes
    milliseconds: float
    request_id: str

    @functools.cached_property
    def action(self) -> str:
        """As IAM calls it: `s3:PutBucketPolicy`; empty where it is not known."""
        from ministack import app
        from ministack.core.iam_actions import extract_iam_action

        routed = app._routing_params(self.method, self.path, self.headers, self.body, self.query_params)
        found = extract_iam_action(self.service, self.method, self.path, self.headers, self.body, routed)
        return found or ""


Observer = Callable[[Seen], None]

_observers: list[Observer] = []


def observe(observer: Observer) -> None:
    """Has `observer` called after each request, in the request's own account and region."""
    if not _observers:
        _wrap_dispatch()
    _observers.append(observer)


def _wrap_dispatch() -> None:
    import ministack.app as app
    from ministack.core.router import detect_service

    inner = app._dispatch_service_request

    async def dispatch(
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        request_id: str,
    ) -> Any:
        started = time.perf_counter()
        answer = await inner(method, path, headers, body, query_params, request_id)
        try:
            status, answer_headers, content = answer
            routed = app._routing_params(method, path, headers, body, query_params)
            seen = Seen(
                detect_service(method, path, headers, routed),
                method,
                path,
                headers,
                body,
                query_params,
                status,
                answer_headers,
                content if isinstance(content, bytes) else b"",
                (time.perf_counter() - started) * 1000,
                request_id,
            )
            for observer in _observers:
                observer(seen)
        except Exception:
            # The request itself has been answered; what is told of it must not change that.
            log.warning("%s %s could not be told of", method, path, exc_info=True)
        return answer

    app._dispatch_service_request = dispatch

"""Filter patterns of FilterLogEvents and of subscription filters.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, _compile_filter_pattern takes every JSON pattern for
one that matches all, ignores the case of terms, and _subscription_pattern_matches looks for every word of a
pattern in the message. The fix has both read by ops/local_aws/log_patterns.py, and refuses a pattern that is
none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ops.local_aws import log_patterns

Action = Callable[[Mapping[str, Any]], Any]


def install() -> None:
    """Replaces the matchers, and checks patterns first."""
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch_logs as logs

    def checked(inner: Action) -> Action:
        def action(request: Mapping[str, Any]) -> Any:
            try:
                log_patterns.compile_pattern(request.get("filterPattern") or "")
            except ValueError as error:
                return error_response_json("InvalidParameterException", str(error), 400)
            return inner(request)

        return action

    def subscription_pattern_matches(pattern: str | None, message: str | None) -> bool:
        return log_patterns.matches(pattern or "", message or "")

    logs._compile_filter_pattern = log_patterns.compile_pattern
    logs._subscription_pattern_matches = subscription_pattern_matches
    logs._filter_log_events = checked(logs._filter_log_events)
    logs._put_subscription_filter = checked(logs._put_subscription_filter)

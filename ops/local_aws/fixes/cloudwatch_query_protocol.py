"""CloudWatch over the query protocol: the same answers as over the two others.

Upstream, MiniStack 1.5.33: services/cloudwatch.py reads and writes the query protocol (form in, XML out)
by hand, action by action, and leaves out most: `_describe_alarms` answers with nine members of an alarm,
`_put_metric_alarm` drops metric math, `_get_metric_data` expressions, `_get_dashboard` does not escape its
JSON, `_list_metrics` ignores dimensions. Terraform's provider 5.100 speaks this protocol and sees a change
at every plan. The fix translates such a request by botocore's model, has it served as a JSON one, and
writes the answer as XML.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

PREFIX = "GraniteServiceVersion20100801"


def install() -> None:
    """Wraps the handler of requests."""
    from ministack.services import cloudwatch

    inner = cloudwatch.handle_request

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Any:
        form = dict(parse_qsl((body or b"").decode(errors="replace"), keep_blank_values=True))
        form |= {name: value[0] if isinstance(value, list) else value for name, value in query_params.items()}
        operation = _operations().get(form.get("Action", ""))
        if headers.get("x-amz-target") or "smithy-protocol" in headers or operation is None:
            return await inner(method, path, headers, body, query_params)
        request = read(operation.input_shape, form)
        asked = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{PREFIX}.{operation.name}"}
        status, _, answer = await inner("POST", "/", asked, json.dumps(request).encode(), {})
        found = json.loads(answer or b"{}")
        if status >= 400:
            return cloudwatch._error(found["__type"], found["message"], status)
        return cloudwatch._xml(200, f"{operation.name}Response", _result(operation, found))

    cloudwatch.handle_request = handle_request


def read(shape: Any, form: Mapping[str, str], prefix: str = "") -> Any:
    """What a form says of a shape: dictionaries, lists, numbers, None where it says nothing."""
    if shape.type_name == "structure":
        found = {
            name: read(member, form, f"{prefix}.{name}" if prefix else name)
            for name, member in shape.members.items()
            if not prefix or any(key.startswith(f"{prefix}.{name}") for key in form)
        }
        return {name: value for name, value in found.items() if value is not None}
    if shape.type_name == "list":
        members, number = [], 1
        while any(_within(f"{prefix}.member.{number}", key) for key in form):
            members.append(read(shape.member, form, f"{prefix}.member.{number}"))
            number += 1
        return members or None
    text = form.get(prefix)
    if text is None:
        return None
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name in ("float", "double"):
        return float(text)
    return text == "true" if shape.type_name == "boolean" else text


def write(shape: Any, value: Any) -> str:
    """The inside of an XML element for a value of a shape."""
    if shape.type_name == "structure":
        present = ((name, value.get(name)) for name in shape.members)
        return "".join(
            f"<{name}>{write(shape.members[name], member)}</{name}>"
            for name, member in present
            if member is not None
        )
    if shape.type_name == "list":
        return "".join(f"<member>{write(shape.member, member)}</member>" for member in value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp" and not isinstance(value, str):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return escape(str(value))


def _within(prefix: str, key: str) -> bool:
    return key == prefix or key.startswith(f"{prefix}.")


def _result(operation: Any, found: Mapping[str, Any]) -> str:
    shape = operation.output_shape
    if shape is None:
        return ""
    wrapper = shape.serialization.get("resultWrapper") or f"{operation.name}Result"
    return f"<{wrapper}>{write(shape, found)}</{wrapper}>"


@functools.cache
def _operations() -> dict[str, Any]:
    import botocore.session

    model = botocore.session.get_session().get_service_model("cloudwatch")
    return {name: model.operation_model(name) for name in model.operation_names}

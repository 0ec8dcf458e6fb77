"""Templates of SES: refused where they cannot be parsed, replaced as a whole.

Upstream, MiniStack 1.5.33: services/ses.py, _create_template and _update_template and the template paths
of services/ses_v2.py, handle_request take any text; v1's UpdateTemplate keeps a part that the new version
no longer has. The fix refuses what SES cannot parse (InvalidTemplate, in v2 BadRequestException) and
clears what is left out. Rendering is ses_sending's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ops.local_aws.fixes.ses_rendering import InvalidTemplateError, check

PARTS = ("SubjectPart", "TextPart", "HtmlPart")

TEMPLATE_PATH = re.compile(r"/v2/email/templates(/[^/]+)?/?$")


def install() -> None:
    """Wraps what creates and replaces templates."""
    from ministack.services import ses, ses_v2

    create, update, inner = ses._create_template, ses._update_template, ses_v2.handle_request

    def parts(params: Any) -> dict[str, str]:
        return {part: ses._p(params, f"Template.{part}") for part in PARTS}

    def create_template(params: Any) -> Any:
        wrong = _wrong(parts(params).values())
        return ses._error("InvalidTemplate", wrong, 400) if wrong else create(params)

    def update_template(params: Any) -> Any:
        wrong = _wrong(parts(params).values())
        if wrong:
            return ses._error("InvalidTemplate", wrong, 400)
        answer = update(params)
        if answer[0] == 200:
            ses._templates[ses._p(params, "Template.TemplateName")].update(parts(params))
        return answer

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if method in ("POST", "PUT") and TEMPLATE_PATH.match(path):
            content = json.loads(body or b"{}").get("TemplateContent") or {}
            if wrong := _wrong(text for text in content.values() if text):
                return ses_v2._json_err("BadRequestException", wrong)
        return await inner(method, path, headers, body, query_params)

    ses._create_template, ses._update_template = create_template, update_template
    ses_v2.handle_request = handle_request


def _wrong(texts: Iterable[str]) -> str | None:
    """Why SES would not take these parts of a template."""
    try:
        for text in texts:
            check(text)
    except InvalidTemplateError as error:
        return f"Template is not valid: {error}"
    return None

"""Changes of an OpenID Connect provider: its tags, audiences and thumbprints.

Upstream, MiniStack 1.5.33: services/iam.py, handle_request knows how to make, read, list and remove a
provider, but answers every change of one with 400. Terraform makes them when a tag or an audience changes.
The fix adds the actions.

AWS takes at most 100 audiences and 5 thumbprints: not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ARN = "OpenIDConnectProviderArn"

Parameters = Any
"""MiniStack's parameters of a query: name -> list of values."""


def install() -> None:
    """Adds the actions to IAM's."""
    from ministack.services import iam

    changes: dict[str, Callable[[dict[str, Any], Parameters], str]] = {
        "TagOpenIDConnectProvider": _tag,
        "UntagOpenIDConnectProvider": _untag,
        "ListOpenIDConnectProviderTags": _list_tags,
        "AddClientIDToOpenIDConnectProvider": _add_audience,
        "RemoveClientIDFromOpenIDConnectProvider": _remove_audience,
        "UpdateOpenIDConnectProviderThumbprint": _set_thumbprints,
    }

    def action(name: str, change: Callable[[dict[str, Any], Parameters], str]) -> Callable[[Parameters], Any]:
        def act(parameters: Parameters) -> Any:
            arn = iam._p(parameters, ARN)
            provider = iam._oidc_providers.get(arn)
            if provider is None:
                message = f"OpenIDConnect Provider not found for arn {arn}"
                return iam._error(404, "NoSuchEntity", message, ns="iam")
            result = change(provider, parameters)
            body = f"<{name}Result>{result}</{name}Result>" if result else ""
            return iam._xml(200, f"{name}Response", body, ns="iam")

        return act

    for name, change in changes.items():
        iam._IAM_HANDLERS[name] = action(name, change)


def _tag(provider: dict[str, Any], parameters: Parameters) -> str:
    from ministack.services import iam

    added = iam._extract_tags(parameters)
    keys = {tag["Key"] for tag in added}
    provider["Tags"] = [*(tag for tag in provider["Tags"] if tag["Key"] not in keys), *added]
    return ""


def _untag(provider: dict[str, Any], parameters: Parameters) -> str:
    keys = _members(parameters, "TagKeys")
    provider["Tags"] = [tag for tag in provider["Tags"] if tag["Key"] not in keys]
    return ""


def _list_tags(provider: dict[str, Any], parameters: Parameters) -> str:
    from xml.sax.saxutils import escape

    members = "".join(
        f"<member><Key>{escape(tag['Key'])}</Key><Value>{escape(tag['Value'])}</Value></member>"
        for tag in provider["Tags"]
    )
    return f"<Tags>{members}</Tags><IsTruncated>false</IsTruncated>"


def _add_audience(provider: dict[str, Any], parameters: Parameters) -> str:
    from ministack.services import iam

    audience = iam._p(parameters, "ClientID")
    if audience not in provider["ClientIDList"]:
        provider["ClientIDList"].append(audience)
    return ""


def _remove_audience(provider: dict[str, Any], parameters: Parameters) -> str:
    from ministack.services import iam

    audience = iam._p(parameters, "ClientID")
    provider["ClientIDList"] = [known for known in provider["ClientIDList"] if known != audience]
    return ""


def _set_thumbprints(provider: dict[str, Any], parameters: Parameters) -> str:
    provider["ThumbprintList"] = _members(parameters, "ThumbprintList")
    return ""


def _members(parameters: Parameters, name: str) -> list[str]:
    """Values of a list of strings."""
    from ministack.services import iam

    found: list[str] = []
    while value := iam._p(parameters, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return found

"""OpenAI's Admin API, as far as service accounts go: list, create, delete.

Source: developers.openai.com, API reference, "Administration", "Project service accounts". Creating one
answers with its API key, this once; deleting one ends its keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

from ops.api_keys import form, requests
from ops.api_keys.kinds import OPENAI, Key
from ops.errors import OpsError
from ops.exit_codes import ExitCode

PAGE = 100


@dataclass(frozen=True)
class Account:
    """A service account of the project."""

    id: str
    name: str
    created: datetime


class AdminApi:
    """base: `https://api.openai.com` or what stands for it. key: an Admin key, kept for these calls only."""

    def __init__(self, base: str, project: str, key: Key) -> None:
        self._url = (
            f"{base.rstrip('/').removesuffix('/v1')}/v1/organization/projects/{quote(project, safe='')}"
        )
        self._project, self._key = project, key

    def accounts(self) -> Iterator[Account]:
        """All of the project."""
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = self._ask("GET", f"/service_accounts?{urlencode(query)}", "listing the service accounts")
            found = [_account(one) for one in page.get("data", [])]
            yield from found
            if not page.get("has_more") or not found:
                return
            query["after"] = found[-1].id

    def create(self, name: str) -> tuple[Account, Key]:
        """A new account and its key. OpsError CONFIGURATION: what came is no key; the account is deleted."""
        made = self._ask("POST", "/service_accounts", "creating a service account", {"name": name})
        account = _account(made)
        try:
            api_key = made.get("api_key")
            value = api_key.get("value") if isinstance(api_key, dict) else None
            return account, form.checked(value if isinstance(value, str) else "", OPENAI)
        except BaseException:
            self.delete(account.id)
            raise

    def delete(self, account_id: str) -> None:
        """Delete it and its keys; one that is gone already is fine."""
        path = f"/service_accounts/{quote(account_id, safe='')}"
        self._ask("DELETE", path, f"deleting the service account {account_id}", gone=True)

    def _ask(
        self, method: str, path: str, doing: str, body: dict[str, Any] | None = None, *, gone: bool = False
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key.value}"}
        try:
            answer = requests.ask(method, self._url + path, headers, body)
        except requests.Unreachable as error:
            raise OpsError(
                f"OpenAI's Admin API could not be reached while {doing}: {error}.",
                hint="Check network and HTTPS_PROXY, then run the same command again: it cleans up.",
                code=ExitCode.NETWORK,
            ) from None
        if answer.status == 200 or (answer.status == 404 and gone):
            return answer.body
        self._fail(answer, doing)

    def _fail(self, answer: requests.Answer, doing: str) -> NoReturn:
        said = answer.said
        if answer.status in (401, 403):
            raise OpsError(
                f"OpenAI does not take the Admin key while {doing} ({said}).",
                hint="It is made at https://platform.openai.com/settings/organization/admin-keys and begins"
                " with sk-admin-; an API key of a project does not do. The secret is as it was.",
                code=ExitCode.AUTHENTICATION,
            )
        if answer.status == 404:
            raise OpsError(
                f"OpenAI has no project {self._project} in the Admin key's organization ({said}).",
                hint="Its id is in the project's settings: --project proj_…",
                code=ExitCode.CONFIGURATION,
            )
        raise OpsError(
            f"OpenAI refused while {doing} ({said}).",
            hint="Run the same command again in a while; where it stays so, ops secrets rotate … --guided.",
        )


def _account(found: dict[str, Any]) -> Account:
    try:
        created = datetime.fromtimestamp(found["created_at"], UTC)
        return Account(str(found["id"]), str(found["name"]), created)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise OpsError(
            "OpenAI's Admin API answered with something that is no service account.",
            hint="If --admin-url names a proxy of yours, look what it does with the answers.",
        ) from None

"""OpenAI's Admin API as documented, for service accounts of one project: list with pages, create, delete."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_server import HttpServer

ADMIN_KEY = "sk-admin-" + "k7Qw9ZtR2mNb4VcX8yLp"
PROJECT = "proj_Zk3m9Q"
PATH = f"/v1/organization/projects/{PROJECT}/service_accounts"


@dataclass
class AdminServer(HttpServer):
    """A context manager. keys: where the provider's valid keys are kept; accounts: id -> (object, its key).

    created: called after an account was made and before it is answered; it may raise, and no answer comes.
    """

    keys: set[str]
    accounts: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    created: Callable[[], object] = lambda: None
    status: int = 200
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(_handler(self))

    def make(self, name: str, *, age_s: float = 0) -> tuple[dict[str, Any], str]:
        """A service account and its key, made some time ago."""
        account: dict[str, Any] = {
            "object": "organization.project.service_account",
            "id": f"svc_acct_{secrets.token_hex(6)}",
            "name": name,
            "role": "member",
            "created_at": int(time.time() - age_s),
        }
        value = f"sk-svcacct-{secrets.token_urlsafe(90)}"
        self.accounts[account["id"]] = (account, value)
        self.keys.add(value)
        return account, value

    def remove(self, account_id: str) -> bool:
        found = self.accounts.pop(account_id, None)
        if found:
            self.keys.discard(found[1])
        return found is not None

    def names(self) -> list[str]:
        return [account["name"] for account, _ in self.accounts.values()]


def _handler(owner: AdminServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def _allowed(self, path: str) -> bool:
            owner.seen.append(f"{self.command} {path}")
            if self.headers.get("authorization") != f"Bearer {ADMIN_KEY}":
                words = f"Incorrect API key provided: {self.headers.get('authorization')}."
                self._send(401, {"error": {"message": words, "code": "invalid_api_key"}})
            elif path != PATH and not path.startswith(f"{PATH}/"):
                self._send(404, {"error": {"message": "No such project", "code": "project_not_found"}})
            elif owner.status != 200:
                self._send(owner.status, {"error": {"message": "secret words", "type": "server_error"}})
            else:
                return True
            return False

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if not self._allowed(url.path):
                return
            query = parse_qs(url.query)
            every = [account for account, _ in owner.accounts.values()]
            ids = [account["id"] for account in every]
            start = ids.index(query["after"][0]) + 1 if "after" in query else 0
            page = every[start : start + min(int(query.get("limit", ["20"])[0]), 2)]  # small pages
            more = start + len(page) < len(every)
            ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
            self._send(200, {"object": "list", "data": page, "has_more": more, **ends})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if not self._allowed(self.path):
                return
            account, value = owner.make(body["name"])
            owner.created()
            key = {
                "object": "organization.project.service_account.api_key",
                "id": "key_1",
                "name": "Secret Key",
                "created_at": account["created_at"],
                "value": value,
            }
            self._send(200, {**account, "api_key": key})

        def do_DELETE(self) -> None:
            if not self._allowed(self.path):
                return
            account_id = self.path.rpartition("/")[2]
            if not owner.remove(account_id):
                self._send(404, {"error": {"message": "not found", "code": "not_found"}})
                return
            deleted = "organization.project.service_account.deleted"
            self._send(200, {"object": deleted, "id": account_id, "deleted": True})

        def _send(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler

"""A server on this machine that behaves like GitLab's REST API, for the notes of merge requests.

Source: docs.gitlab.com, "Notes API", "Merge requests API", "REST API: pagination".
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.http_server import HttpServer

PROJECT = "flowency/spec-wizard-infra"
TOKEN = "token-of-the-project"
BOT = "project_7_bot"
LONGEST = 1_000_000

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """An answer instead of the true one. status 0: the connection breaks without one."""

    status: int
    message: str = "500 Internal Server Error"
    headers: tuple[tuple[str, str], ...] = ()


class GitLabServer(HttpServer):
    """A context manager. requests: number -> SHA. faults: answered first, one to each request that writes."""

    def __init__(self) -> None:
        self.tokens = {TOKEN: BOT}
        self.requests: dict[int, str] = {}
        self.notes: list[Json] = []
        self.pipelines: list[Json] = []
        self.faults: list[Fault] = []
        self.longest = LONGEST
        self.seen: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        super().__init__(_handler(self))

    def write(self, number: int, body: str, author: str = BOT, *, system: bool = False) -> Json:
        """A note that is there already. GitLab keeps no empty space around a note."""
        note = {
            "id": 300 + len(self.notes) + sum(method == "DELETE" for method, _ in self.seen),
            "body": body.strip(),
            "author": {"username": author},
            "system": system,
            "noteable_iid": number,
        }
        self.notes.append(note)
        return note

    def answer(
        self, method: str, path: str, user: str | None, body: Json, query: Mapping[str, list[str]]
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers."""
        if user is None:
            return 401, {"message": "401 Unauthorized"}, {}
        if path == "/user":
            return 200, {"id": 7, "username": user}, {}
        found = re.fullmatch(r"/projects/(.+)/merge_requests/(\d+)(/notes|/pipelines|)(?:/(\d+))?", path)
        if not found or found[1] != PROJECT or int(found[2]) not in self.requests:
            return 404, {"message": "404 Not found"}, {}
        number = int(found[2])
        if not found[3]:
            address = f"https://gitlab.test/{PROJECT}/-/merge_requests/{number}"
            return 200, {"iid": number, "sha": self.requests[number], "web_url": address}, {}
        if found[3] == "/pipelines":
            return 200, self.pipelines[::-1], {}
        return self._note(method, number, int(found[4] or 0), user, body, query)

    def _note(
        self, method: str, number: int, note_id: int, user: str, body: Json, query: Mapping[str, list[str]]
    ) -> tuple[int, Any, dict[str, str]]:
        if method == "GET" and not note_id:
            return self._page([one for one in self.notes if one["noteable_iid"] == number], query)
        if len(body.get("body", "")) > self.longest:
            words = f"note: is too long (maximum is {self.longest} characters)"
            return 400, {"message": f"400 Bad request - Note {{{words}}}"}, {}
        if method == "POST":
            return 201, self.write(number, body["body"], user), {}
        note = next((one for one in self.notes if one["id"] == note_id), None)
        if note is None:
            return 404, {"message": "404 Note Not Found"}, {}
        if method == "GET":
            return 200, note, {}
        if method == "DELETE":
            self.notes.remove(note)
            return 204, None, {}
        note["body"] = body["body"].strip()
        return 200, note, {}

    def _page(self, every: list[Json], query: Mapping[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        size, page = (
            int(query.get(name, [default])[0]) for name, default in (("per_page", "20"), ("page", "1"))
        )
        size = min(size, 100)
        last = max(1, -(-len(every) // size))
        address = f"{self.url}/api/v4/projects/{PROJECT.replace('/', '%2F')}/merge_requests"
        number = every[0]["noteable_iid"] if every else 0
        link = f'<{address}/{number}/notes?per_page={size}&page={page + 1}>; rel="next"'
        headers = {"x-page": str(page), "x-per-page": str(size), "x-total-pages": str(last)}
        headers |= {"link": link} if page < last else {}
        return 200, every[::-1][(page - 1) * size : page * size], headers  # the newest first


def _handler(owner: GitLabServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def _any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            path = unquote(url.path).removeprefix("/api/v4")
            with owner.lock:
                owner.seen.append((self.command, path))
                fault = owner.faults.pop(0) if owner.faults and self.command != "GET" else None
                user = owner.tokens.get(self.headers.get("private-token", ""))
                status, told, headers = (
                    (fault.status, {"message": fault.message}, dict(fault.headers))
                    if fault
                    else owner.answer(self.command, path, user, body, parse_qs(url.query))
                )
            if status == 0:
                self.close_connection = True
                return
            content = json.dumps(told).encode() if told is not None else b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET: Callable[..., None] = _any
        do_POST = do_PUT = do_DELETE = _any

    return Handler

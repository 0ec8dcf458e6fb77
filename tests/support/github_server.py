"""A server on this machine that behaves like GitHub's REST API, for what is used of it.

It answers as documented: pages of 30 unless asked (100 at most) with a Link header, the author by the token,
422 for a body above 65,536 characters, 403 for a token that only reads, for a rate limit and for an app's
comment on a locked conversation, 404 for what a token may not see. `before` is called with each request
before it is done and `after` once it is: both may wait, and may return a Fault to be answered instead.
Source: docs.github.com, "REST API endpoints for issues" and "for pull requests", "Rate limits for the REST
API", "Using pagination in the REST API", "Locking conversations".
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.http_server import HttpServer

REPOSITORY = "flowency/spec-wizard-infra"
TOKEN = "token-of-the-workflow"
LONGEST = 65_536

Json = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """Behind a token. integration: it is an app's, which may not ask who it is."""

    login: str
    access: Literal["write", "read", "none"] = "write"
    integration: bool = False


@dataclass(frozen=True)
class Fault:
    """An answer instead of the true one. status 0: the connection breaks without one."""

    status: int
    message: str = "Server Error"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A request. path: behind the repository's."""

    method: str
    path: str
    token: str
    body: Json


WORKFLOW = Account("github-actions[bot]", integration=True)

Hook = Callable[[Seen], Fault | None]


def primary_limit(reset: int) -> Fault:
    """reset: seconds since 1970."""
    headers = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    return Fault(403, "API rate limit exceeded for installation ID 1.", headers)


def secondary_limit(retry_after: int | None) -> Fault:
    """retry_after: in seconds; None: GitHub does not always say it."""
    words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Fault(403, words, {} if retry_after is None else {"retry-after": str(retry_after)})


class GitHubServer(HttpServer):
    """A context manager. pulls: number -> SHA of the head. runs: as the Actions API lists them. commits: SHA
    -> its pull requests, as `associate` makes them. closed, locked: numbers of pull requests. environments,
    deployments: as `guard` and `deployed` make them. history: the commits of main, oldest first.

    actions: whether tokens may read runs and environments. prefix: of an Enterprise server, /api/v3.
    """

    def __init__(self, *, prefix: str = "") -> None:
        self.accounts = {TOKEN: WORKFLOW}
        self.pulls: dict[int, str] = {}
        self.commits: dict[str, list[Json]] = {}
        self.closed: set[int] = set()
        self.locked: set[int] = set()
        self.issues: dict[int, Json] = {}
        self.comments: list[Json] = []
        self.labels: dict[str, Json] = {}
        self.runs: list[Json] = []
        self.environments: dict[str, Json] = {}
        self.deployments: list[Json] = []
        self.history: list[str] = []
        self.actions = True
        self.longest = LONGEST
        self.seen: list[Seen] = []
        self.before: Hook = lambda seen: None
        self.after: Hook = lambda seen: None
        self.lock = threading.Lock()
        self._prefix = prefix
        self._last_id = 1000
        super().__init__(_handler(self))

    @property
    def url(self) -> str:
        """What GITHUB_API_URL is."""
        return f"{super().url}{self._prefix}"

    def write(self, number: int, body: str, login: str = WORKFLOW.login) -> Json:
        """A comment that is there already."""
        self._last_id += 1
        address = f"{self.url}/repos/{REPOSITORY}/issues"
        comment = {
            "id": self._last_id,
            "url": f"{address}/comments/{self._last_id}",
            "html_url": f"https://github.test/{REPOSITORY}/pull/{number}#issuecomment-{self._last_id}",
            "issue_url": f"{address}/{number}",
            "body": body,
            "user": {"login": login, "id": 1, "type": "Bot" if login.endswith("[bot]") else "User"},
        }
        self.comments.append(comment)
        return comment

    def associate(
        self, sha: str, number: int, *, merge: str | None = None, state: str = "closed", merged: bool = True
    ) -> None:
        """The pull request has this commit. merge: its merge_commit_sha; of one that is not merged GitHub's
        trial merge, if any."""
        found = self.commits.setdefault(sha, [])
        self.pulls.setdefault(number, "e" * 40)
        found.append(
            {
                "number": number,
                "url": f"{self.url}/repos/{REPOSITORY}/pulls/{number}",
                "state": state,
                "merged_at": "2026-01-02T03:04:05Z" if merged else None,
                "merge_commit_sha": merge,
                "head": {"sha": self.pulls[number]},
            }
        )

    def guard(self, name: str, *, reviewers: int = 1, branches: bool = True) -> None:
        """An environment that is set up. branches: it is limited to some."""
        self.environments[name] = {
            "id": 1,
            "name": name,
            "url": f"{self.url}/repos/{REPOSITORY}/environments/{name}",
            "protection_rules": [
                {"id": 1, "type": "wait_timer", "wait_timer": 5},
                {
                    "id": 2,
                    "type": "required_reviewers",
                    "prevent_self_review": True,
                    "reviewers": [
                        {"type": "User", "reviewer": {"login": f"reviewer{number}", "id": number}}
                        for number in range(reviewers)
                    ],
                },
            ],
            "deployment_branch_policy": (
                {"protected_branches": False, "custom_branch_policies": True} if branches else None
            ),
        }

    def deployed(self, environment: str, sha: str) -> None:
        """A job with this environment has started."""
        self._last_id += 1
        address = f"{self.url}/repos/{REPOSITORY}/deployments/{self._last_id}"
        self.deployments.insert(
            0, {"id": self._last_id, "url": address, "sha": sha, "environment": environment}
        )

    def open_issue(self, title: str, body: str, login: str = WORKFLOW.login, *labels: str) -> Json:
        """An issue that is there already."""
        number = max([0, *self.issues, *self.pulls]) + 1
        self.issues[number] = {
            "id": 5000 + number,
            "number": number,
            "url": f"{self.url}/repos/{REPOSITORY}/issues/{number}",
            "html_url": f"https://github.test/{REPOSITORY}/issues/{number}",
            "title": title,
            "body": body,
            "state": "open",
            "state_reason": None,
            "labels": [{"name": name} for name in labels],
            "user": {"login": login, "id": 1, "type": "User"},
        }
        return self.issues[number]

    def bodies(self, number: int) -> list[str]:
        """The comments of one issue or pull request, oldest first."""
        return [one["body"] for one in self.comments if one["issue_url"].endswith(f"/issues/{number}")]

    def asked(self, method: str, path: str) -> int:
        """How many requests there were whose path matches."""
        return sum(seen.method == method and bool(re.fullmatch(path, seen.path)) for seen in self.seen)

    # ---- what is answered ----

    def answer(self, seen: Seen, query: Mapping[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers."""
        account = self.accounts.get(seen.token)
        if account is None:
            return 401, {"message": "Bad credentials"}, {}
        if seen.path == "/user":
            if account.integration:
                return 403, {"message": "Resource not accessible by integration"}, {}
            return 200, {"login": account.login, "id": 1, "type": "User"}, {}
        if account.access == "none" or not seen.path.startswith("/"):
            return 404, {"message": "Not Found"}, {}
        if seen.method != "GET" and account.access == "read":
            return 403, {"message": "Resource not accessible by integration"}, {}
        if len(seen.body.get("body") or "") > self.longest:
            words = f"Body is too long (maximum is {self.longest} characters)"
            error = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": words}
            return 422, {"message": "Validation Failed", "errors": [error]}, {}
        for method, pattern, do in self._routes():
            if seen.method == method and (found := re.fullmatch(pattern, seen.path)):
                return self._done(do, found, seen, account, query)
        return 404, {"message": "Not Found"}, {}

    def _done(
        self, do: Any, found: re.Match[str], seen: Seen, account: Account, query: Mapping[str, list[str]]
    ) -> tuple[int, Any, dict[str, str]]:
        try:
            status, body = do(
                *[int(part) if part.isdigit() else part for part in found.groups()], seen, account
            )
        except LookupError:
            return 404, {"message": "Not Found"}, {}
        if isinstance(body, list):
            return status, *self._page(seen, body, query)
        return status, body, {}

    def _page(
        self, seen: Seen, every: list[Json], query: Mapping[str, list[str]]
    ) -> tuple[Any, dict[str, str]]:
        size = min(int(query.get("per_page", ["30"])[0]), 100)
        page = int(query.get("page", ["1"])[0])
        if "labels" in query:
            wanted = set(query["labels"][0].split(","))
            every = [one for one in every if wanted <= {label["name"] for label in one["labels"]}]
        if "environment" in query:
            every = [one for one in every if one["environment"] == query["environment"][0]]
        state = query.get("state", ["all" if "/commits/" in seen.path else "open"])[0]
        every = [one for one in every if state == "all" or one.get("state", state) == state]
        last = max(1, -(-len(every) // size))

        def to(number: int) -> str:
            asked = urlencode({name: values[0] for name, values in query.items()} | {"page": str(number)})
            return f"<{self.url}/repos/{REPOSITORY}{seen.path}?{asked}>"

        links = [f'{to(page + 1)}; rel="next"', f'{to(last)}; rel="last"'] if page < last else []
        shown = every[(page - 1) * size : page * size]
        body: Any = (
            {"total_count": len(every), "workflow_runs": shown} if seen.path.endswith("/runs") else shown
        )
        return body, {"link": ", ".join(links)} if links else {}

    def _routes(self) -> list[tuple[str, str, Callable[..., tuple[int, Any]]]]:
        return [
            ("GET", r"/pulls/(\d+)", self._pull),
            ("GET", r"/commits/([0-9a-f]+)/pulls", self._pulls_of),
            ("GET", r"/issues/(\d+)/comments", self._list_comments),
            ("POST", r"/issues/(\d+)/comments", self._create_comment),
            ("GET", r"/issues/comments/(\d+)", lambda number, *_: (200, self._found(number))),
            ("PATCH", r"/issues/comments/(\d+)", self._edit_comment),
            ("DELETE", r"/issues/comments/(\d+)", self._delete_comment),
            (
                "GET",
                r"/issues",
                lambda *_: (200, sorted(self.issues.values(), key=lambda one: -one["number"])),
            ),
            ("POST", r"/issues", self._create_issue),
            ("PATCH", r"/issues/(\d+)", self._edit_issue),
            ("GET", r"/labels/([\w-]+)", lambda name, *_: (200, self.labels[name])),
            ("POST", r"/labels", self._create_label),
            ("GET", r"/environments/(\w+)", lambda name, *_: self._readable(self.environments[name])),
            ("GET", r"/deployments", lambda *_: (200, self.deployments)),
            ("GET", r"/compare/([0-9a-f]+)\.\.\.([0-9a-f]+)", self._compare),
            ("GET", r"/actions/runs/(\d+)", lambda number, *_: self._readable(self._run(number))),
            ("GET", r"/actions/workflows/(\d+)", lambda number, *_: self._readable({"id": number})),
            ("GET", r"/actions/workflows/(\d+)/runs", lambda number, *_: self._readable(self.runs[::-1])),
        ]

    def _readable(self, body: Any) -> tuple[int, Any]:
        return (200, body) if self.actions else (403, {"message": "Resource not accessible by integration"})

    def _run(self, number: int) -> Json:
        for run in self.runs:
            if run["id"] == number:
                return run
        raise LookupError(number)

    def _pull(self, number: int, seen: Seen, account: Account) -> tuple[int, Any]:
        address = f"{self.url}/repos/{REPOSITORY}/pulls/{number}"
        state = "closed" if number in self.closed else "open"
        return 200, {"number": number, "url": address, "state": state, "head": {"sha": self.pulls[number]}}

    def _compare(self, base: str, head: str, seen: Seen, account: Account) -> tuple[int, Any]:
        for sha in (base, head):
            if sha not in self.history:
                raise LookupError(sha)
        ahead = self.history.index(head) - self.history.index(base)
        status = "ahead" if ahead > 0 else "behind" if ahead else "identical"
        return 200, {"status": status, "ahead_by": max(ahead, 0), "behind_by": max(-ahead, 0)}

    def _pulls_of(self, sha: str | int, seen: Seen, account: Account) -> tuple[int, Any]:
        found = self.commits.get(str(sha))
        return (422, {"message": f"No commit found for SHA: {sha}"}) if found is None else (200, found)

    def _list_comments(self, number: int, seen: Seen, account: Account) -> tuple[int, Any]:
        self._exists(number)
        return 200, [one for one in self.comments if one["issue_url"].endswith(f"/issues/{number}")]

    def _create_comment(self, number: int, seen: Seen, account: Account) -> tuple[int, Any]:
        self._exists(number)
        if number in self.locked and account.integration:  # who may write to the repository still comments
            about = "https://help.github.com/articles/locking-conversations/"
            words = "Unable to create comment because issue is locked."
            return 403, {"message": words, "documentation_url": about}
        return 201, self.write(number, seen.body["body"], account.login)

    def _exists(self, number: int) -> None:
        if number not in self.issues and number not in self.pulls:
            raise LookupError(number)

    def _edit_comment(self, number: int, seen: Seen, account: Account) -> tuple[int, Any]:
        comment = self._found(number)
        comment["body"] = seen.body["body"]
        return 200, comment

    def _delete_comment(self, number: int, seen: Seen, account: Account) -> tuple[int, Any]:
        self.comments.remove(self._found(number))
        return 204, None

    def _found(self, number: int) -> Json:
        for comment in self.comments:
            if comment["id"] == number:
                return comment
        raise LookupError(number)

    def _create_issue(self, seen: Seen, account: Account) -> tuple[int, Any]:
        return 201, self.open_issue(
            seen.body["title"], seen.body.get("body") or "", account.login, *seen.body.get("labels", ())
        )

    def _edit_issue(self, number: int, seen: Seen, account: Account) -> tuple[int, Any]:
        self.issues[number].update(seen.body)
        return 200, self.issues[number]

    def _create_label(self, seen: Seen, account: Account) -> tuple[int, Any]:
        if seen.body["name"] in self.labels:
            return 422, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}
        self.labels[seen.body["name"]] = {**seen.body, "url": f"{self.url}/labels/{seen.body['name']}"}
        return 201, self.labels[seen.body["name"]]


def _handler(owner: GitHubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def _any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            path = url.path.removeprefix(owner._prefix).removeprefix(f"/repos/{REPOSITORY}")
            token = re.sub(r"^(token|Bearer) ", "", self.headers.get("authorization", ""))
            seen = Seen(self.command, path, token, body)
            fault = owner.before(seen)
            with owner.lock:
                owner.seen.append(seen)
                answer = None if fault else owner.answer(seen, parse_qs(url.query))
                content = json.dumps(answer[1]).encode() if answer and answer[1] is not None else b""
            fault = fault or owner.after(seen)
            if fault and fault.status == 0:
                self.close_connection = True
            elif fault:
                self._send(fault.status, json.dumps({"message": fault.message}).encode(), fault.headers)
            elif answer:
                self._send(answer[0], content, answer[2])

        do_GET = do_POST = do_PATCH = do_DELETE = _any

        def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler

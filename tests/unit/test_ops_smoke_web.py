"""Web requests of the proofs, against a server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops.smoke.web import request


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(301)
        self.send_header("Location", "https://elsewhere.invalid/")
        self.send_header("X-Seen", f"{self.headers['Host']} {self.path} {self.headers['Origin']}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_connection_goes_to_the_local_aws_and_host_names_the_distribution(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_AWS_PLAIN_ENDPOINT_URL", endpoint)
    url = "http://d1.cloudfront.net/a%20b.pdf?Expires=1"
    answer = request(url, "POST", {"Origin": "https://x"}, b"body")
    assert (answer.status, answer.body) == (301, b"body")
    assert answer.headers["x-seen"] == "d1.cloudfront.net /a%20b.pdf?Expires=1 https://x"
    assert answer.headers["location"] == "https://elsewhere.invalid/"


def test_without_a_local_aws_the_host_itself_is_asked(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_AWS_PLAIN_ENDPOINT_URL", raising=False)
    answer = request(endpoint, "POST", body=b"")
    assert answer.headers["x-seen"] == f"{endpoint.removeprefix('http://')} / None"

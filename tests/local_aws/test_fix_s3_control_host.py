"""fixes/s3_control_host.py"""

from __future__ import annotations

import os
import socket
import ssl
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, refused

HOST = f"{ACCOUNT_ID}.127.0.0.1"

HEALTH = b"GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def _connect(cloud: Cloud, target: str) -> tuple[socket.socket, bytes]:
    """A connection to the plain port on which a tunnel was asked for, and the first line of the answer."""
    plain = urlsplit(cloud.plain_endpoint)
    connection = socket.create_connection((plain.hostname, plain.port), timeout=60)
    request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()
    # In two parts, as a slow client sends it.
    connection.sendall(request[:20])
    connection.sendall(request[20:])
    return connection, connection.recv(4096).partition(b"\r\n")[0]


def _port(endpoint: str) -> int:
    port = urlsplit(endpoint).port
    assert port
    return port


def test_the_name_that_sdks_ask_for_leads_to_the_tls_port(fixed: Cloud) -> None:
    connection, answer = _connect(fixed, f"{HOST}:{_port(fixed.endpoint)}")
    assert answer == b"HTTP/1.1 200 Connection established"
    context = ssl.create_default_context(cafile=str(fixed.authority))
    received = b""
    with connection, context.wrap_socket(connection, server_hostname=f"{ACCOUNT_ID}.127.0.0.1") as tunnel:
        tunnel.sendall(HEALTH)
        while part := tunnel.recv(4096):
            received += part
    assert received.startswith(b"HTTP/1.1 200")


def test_an_sdk_reaches_s3_control_with_its_certificate_checked(
    fixed: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    key = fixed.deployer.key
    client = boto3.client(
        "s3control",
        region_name=REGION,
        endpoint_url=fixed.endpoint,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        verify=str(fixed.authority),
        config=Config(proxies={"https": fixed.plain_endpoint}),
    )
    sent: list[str] = []
    client.meta.events.register("before-send.s3-control", lambda request, **_: sent.append(request.url))
    code = refused(client.get_public_access_block, AccountId=ACCOUNT_ID)
    assert code == "NoSuchPublicAccessBlockConfiguration"
    assert [urlsplit(url).hostname for url in sent] == [HOST]


@pytest.mark.parametrize(
    "target", ["example.com:{tls}", "127.0.0.1.example.com:{tls}", "x.127.0.0.1:{plain}"]
)
def test_it_leads_nowhere_else(fixed: Cloud, target: str) -> None:
    ports = {"tls": _port(fixed.endpoint), "plain": _port(fixed.plain_endpoint)}
    connection, answer = _connect(fixed, target.format(**ports))
    with connection:
        assert answer == b"HTTP/1.1 403 Forbidden"


def test_other_requests_to_the_plain_port_are_as_they_were(fixed: Cloud) -> None:
    plain = urlsplit(fixed.plain_endpoint)
    with socket.create_connection((plain.hostname, plain.port), timeout=60) as connection:
        connection.sendall(HEALTH)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_stock_makes_no_tunnel(stock: Cloud) -> None:
    connection, answer = _connect(stock, f"{HOST}:{_port(stock.endpoint)}")
    with connection:
        assert not answer.startswith(b"HTTP/1.1 200")

"""fixes/websocket_frames.py"""

from __future__ import annotations

import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed

from ops.chat.wire import Wire
from tests.local_aws.cloud import Cloud
from tests.local_aws.functions import deploy
from tests.local_aws.sockets import Api, receive

LENGTH = """
    import json
    def handle(event, context):
        return {"statusCode": 200, "body": json.dumps({"length": len(event["body"])})}
"""


def _api(cloud: Cloud) -> Api:
    api = Api(cloud)
    api.route("$default", deploy(cloud, LENGTH), replies=True)
    api.stage()
    return api


def _code(client: Wire) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        client.receive(10)
    return caught.value.rcvd.code if caught.value.rcvd else None


@pytest.fixture(scope="module")
def api(fixed: Cloud) -> Api:
    """It answers with a message's length."""
    return _api(fixed)


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_frame_has_at_most_32_kb(api: Api, compression: str | None) -> None:
    with api.connect(compression=compression) as client:
        client.send("x" * 32 * 1024)
        assert receive(client) == {"length": 32 * 1024}
        client.send("x" * (32 * 1024 + 1))
        assert _code(client) == 1009


def test_a_message_has_at_most_128_kb_in_several_frames(api: Api) -> None:
    with api.connect() as client:
        client.send(["x" * 32 * 1024] * 4)
        assert receive(client) == {"length": 128 * 1024}
        with contextlib.suppress(ConnectionClosed):  # it may be closed before the last frame is out
            client.send(iter(["x" * 32 * 1024] * 4 + ["x"]))
        assert _code(client) == 1009


def test_bytes_count_and_not_characters(api: Api) -> None:
    with api.connect() as client:
        client.send("ä" * 16 * 1024)
        assert receive(client) == {"length": 16 * 1024}
        client.send("ä" * (16 * 1024 + 1))
        assert _code(client) == 1009


def test_stock_takes_larger_frames(stock: Cloud) -> None:
    with _api(stock).connect() as client:
        client.send("x" * 200_000)
        assert json.loads(client.receive(10)) == {"length": 200_000}

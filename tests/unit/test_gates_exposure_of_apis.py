"""The gate for what would be open to strangers: APIs."""

from __future__ import annotations

from typing import Any

import pytest

from ops.gates.exposures_of_routes import serving
from tests.support import plan_documents as documents
from tests.support.plan_documents import code, created, deleted, kept, resource_change, updated
from tests.unit.test_gates_exposure import told


class TestApis:
    @staticmethod
    def route(key: str, authorization: str | None) -> dict[str, Any]:
        return {"api_id": "a", "route_key": key, "authorization_type": authorization}

    @pytest.mark.parametrize("open_", ["NONE", None])
    def test_connect_asks_nobody(self, open_: str | None) -> None:
        before, after = self.route("$connect", "CUSTOM"), self.route("$connect", open_)
        words = ["route $connect would ask nobody who they are (authorization_type NONE)"]
        assert told(updated("aws_apigatewayv2_route.r", before, after)) == words
        assert told(created("aws_apigatewayv2_route.r", after)) == words
        assert told(updated("aws_apigatewayv2_route.r", after, before)) == []

    def test_other_routes_of_a_web_socket_are_asked_once(self) -> None:
        assert told(created("aws_apigatewayv2_route.r", self.route("sendMessage", "NONE"))) == []

    def test_routes_of_an_http_api(self) -> None:
        api = kept("aws_apigatewayv2_api.a", {"id": "a", "protocol_type": "HTTP"})
        assert len(told(api, created("aws_apigatewayv2_route.r", self.route("$default", "NONE")))) == 1
        assert len(told(created("aws_apigatewayv2_route.r", self.route("GET /x", "NONE")))) == 1

    def test_the_authorizer(self) -> None:
        before = {"api_id": "a", "identity_sources": ["route.request.querystring.token"]}
        address, api = "aws_apigatewayv2_authorizer.x", kept("aws_apigatewayv2_api.a", {"id": "a"})
        assert told(deleted(address, before), api) == ["the authorizer would be gone"]
        assert told(deleted(address, before), deleted("aws_apigatewayv2_api.a", {"id": "a"})) == []
        assert told(updated(address, before, {"api_id": "a", "identity_sources": []})) == [
            "the authorizer would not ask for route.request.querystring.token any more"
        ]

    def test_a_url_of_a_function(self) -> None:
        none, iam = ({"authorization_type": one} for one in ("NONE", "AWS_IAM"))
        assert len(told(created("aws_lambda_function_url.u", none))) == 1
        assert len(told(updated("aws_lambda_function_url.u", iam, none))) == 1
        assert told(created("aws_lambda_function_url.u", iam), kept("aws_lambda_function_url.v", none)) == []

    def test_tls_of_a_domain(self) -> None:
        new, old = (
            {"domain_name_configuration": [{"security_policy": one}]} for one in ("TLS_1_2", "TLS_1_0")
        )
        assert len(told(updated("aws_apigatewayv2_domain_name.d", new, old))) == 1
        assert told(updated("aws_apigatewayv2_domain_name.d", old, new)) == []
        assert (
            len(
                told(
                    updated(
                        "aws_api_gateway_domain_name.d",
                        *({"security_policy": p} for p in ("TLS_1_2", "TLS_1_0")),
                    )
                )
            )
            == 1
        )


NO_CONNECT = ["anybody could connect: there would be no route $connect, the only one that asks who they are"]


class TestRoutesThatGo:
    """Who came in by them comes in otherwise, where the API stays."""

    SOCKET = kept("aws_apigatewayv2_api.a", {"id": "a", "protocol_type": "WEBSOCKET"})
    HTTP = kept("aws_apigatewayv2_api.a", {"id": "a", "protocol_type": "HTTP"})
    ADDRESS = "aws_apigatewayv2_route.r"

    @staticmethod
    def route(key: str, authorization: str = "CUSTOM", **more: Any) -> dict[str, Any]:
        return {"api_id": "a", "route_key": key, "authorization_type": authorization, **more}

    def test_connect_goes(self) -> None:
        gone = deleted(self.ADDRESS, self.route("$connect"))
        assert told(self.SOCKET, gone) == NO_CONNECT
        assert told(deleted("aws_apigatewayv2_api.a", {"id": "a"}), gone) == []
        assert told(self.SOCKET, deleted(self.ADDRESS, self.route("$connect", "NONE"))) == []

    def test_connect_gets_another_key(self) -> None:
        after = self.route("connect", "NONE")
        assert told(self.SOCKET, updated(self.ADDRESS, self.route("$connect"), after)) == NO_CONNECT

    def test_connect_goes_to_another_api(self) -> None:
        after = self.route("$connect") | {"api_id": "b"}
        other = kept("aws_apigatewayv2_api.b", {"id": "b", "protocol_type": "WEBSOCKET"})
        change = resource_change(self.ADDRESS, documents.REPLACE, self.route("$connect"), after)
        assert told(self.SOCKET, other, change) == NO_CONNECT

    def test_another_resource_has_it(self) -> None:
        gone = deleted(self.ADDRESS, self.route("$connect"))
        assert told(self.SOCKET, gone, created("aws_apigatewayv2_route.s", self.route("$connect"))) == []
        (what,) = told(self.SOCKET, gone, created("aws_apigatewayv2_route.s", self.route("$connect", "NONE")))
        assert what.startswith("route $connect would ask nobody")

    def test_an_open_route_becomes_connect(self) -> None:
        before, after = self.route("connect", "NONE"), self.route("$connect", "NONE")
        (what,) = told(self.SOCKET, updated(self.ADDRESS, before, after))
        assert what.startswith("route $connect would ask nobody")

    def test_an_api_that_is_forgotten_stays(self) -> None:
        api = resource_change("aws_apigatewayv2_api.a", documents.FORGET, {"id": "a"})
        gone = self.route("$connect")
        assert told(api, deleted(self.ADDRESS, gone)) == NO_CONNECT
        assert told(api, resource_change(self.ADDRESS, documents.FORGET, gone)) == []

    def test_a_route_of_an_http_api_leaves_its_callers_to_an_open_one(self) -> None:
        gone = deleted(self.ADDRESS, self.route("GET /x", "JWT"))
        open_ = kept("aws_apigatewayv2_route.d", self.route("$default", "NONE"))
        assert told(self.HTTP, gone, open_) == [
            "GET /x would be served by route $default, which asks nobody who they are"
        ]
        guarded = kept("aws_apigatewayv2_route.p", self.route("ANY /{proxy+}", "JWT"))
        assert told(self.HTTP, gone, open_, guarded) == []
        assert told(self.HTTP, gone) == []

    @pytest.mark.parametrize(
        ("key", "routes", "which"),
        [
            ("GET /x", ["$default", "GET /{proxy+}", "ANY /x"], "ANY /x"),
            ("GET /x/y", ["GET /x", "GET /x/{id}", "GET /{proxy+}"], "GET /x/{id}"),
            ("GET /x/y", ["GET /x/{proxy+}", "POST /x/y"], "GET /x/{proxy+}"),
            ("GET /x/{proxy+}", ["GET /x/{id}", "ANY /{proxy+}"], "ANY /{proxy+}"),
            ("GET /x", ["POST /x", "GET /y", "GET /x/y"], ""),
            ("$default", ["GET /x"], ""),
        ],
    )
    def test_which_route_serves_instead(self, key: str, routes: list[str], which: str) -> None:
        assert serving(key, routes) == which


class TestOtherAuthorizers:
    def test_a_route_asks_another_one(self) -> None:
        before, after = (
            {"route_key": "$connect", "authorization_type": "CUSTOM", "authorizer_id": one}
            for one in ("x", "y")
        )
        assert told(updated("aws_apigatewayv2_route.r", before, after)) == [
            "route $connect would ask another authorizer: from x to y"
        ]

    def test_a_route_asks_the_successor_of_its_authorizer(self) -> None:
        values = {"route_key": "$connect", "authorization_type": "CUSTOM", "authorizer_id": "x"}
        authorizer = resource_change(
            "aws_apigatewayv2_authorizer.x", documents.REPLACE, {"id": "x"}, {}, unknown={"id": True}
        )
        stack = code(
            aws_apigatewayv2_authorizer__x={},
            aws_apigatewayv2_route__r={"authorizer_id": "${aws_apigatewayv2_authorizer.x.id}"},
        )
        after = {name: value for name, value in values.items() if name != "authorizer_id"}
        change = updated("aws_apigatewayv2_route.r", values, after, unknown={"authorizer_id": True})
        assert told(authorizer, change, stack=stack) == []

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            ({"authorizer_uri": "x"}, {"authorizer_uri": "y"}, "another function would decide"),
            (
                {"jwt_configuration": [{"issuer": "x", "audience": ["a"]}]},
                {"jwt_configuration": [{"issuer": "y", "audience": ["a"]}]},
                "another issuer",
            ),
            (
                {"jwt_configuration": [{"issuer": "x", "audience": ["a"]}]},
                {"jwt_configuration": [{"issuer": "x", "audience": ["a", "b"]}]},
                "a further audience would be taken: b",
            ),
        ],
    )
    def test_an_authorizer_trusts_somebody_else(
        self, before: dict[str, Any], after: dict[str, Any], words: str
    ) -> None:
        address = "aws_apigatewayv2_authorizer.x"
        (what,) = told(updated(address, before, after))
        assert words in what
        assert told(updated(address, before, before)) == []


def test_the_address_that_aws_gave_answers_again() -> None:
    on, off = ({"disable_execute_api_endpoint": one} for one in (False, True))
    (what,) = told(updated("aws_apigatewayv2_api.a", off, on))
    assert "disable_execute_api_endpoint" in what
    assert told(updated("aws_apigatewayv2_api.a", on, off), created("aws_apigatewayv2_api.b", on)) == []

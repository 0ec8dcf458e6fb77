"""The chat as synthesized: API, functions, queue, logs, and who may do what."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib.websocket import routes
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, stack

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)

ROUTES = {"$connect", "$disconnect", "sendMessage", "$default"}
FUNCTIONS = {"authorizer", "connect", "disconnect", "send-message", "chat-worker"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
DOMAIN = {"CHAT_DOMAIN_NAME": "chat.example.com", "CHAT_CERTIFICATE_ARN": CERTIFICATE}
SENSITIVE = re.compile(r"quer|path|body|header|authorize-?info|token|cookie", re.IGNORECASE)


def _api(synthesized: Synthesized) -> str:
    """How other resources refer to the API, without the attribute."""
    (name,) = synthesized.json["resource"]["aws_apigatewayv2_api"]
    return f"${{aws_apigatewayv2_api.{name}"


def _routes(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    return {route["route_key"]: route for route in synthesized.all("aws_apigatewayv2_route").values()}


def _function(synthesized: Synthesized, name: str) -> dict[str, Any]:
    return synthesized.all("aws_lambda_function")[f"chat/{name}/function"]


def _statements(synthesized: Synthesized, function: str) -> dict[str, dict[str, Any]]:
    """Policy and sid -> statement, of all inline policies of a function's role, without those of its log."""
    prefix = f"chat/{function}/role/"
    return {
        f"{path.removeprefix(prefix)} {statement['Sid']}": statement
        for path, policy in synthesized.all("aws_iam_role_policy").items()
        if path.startswith(prefix) and not path.endswith("/write-log")
        for statement in json.loads(policy["policy"])["Statement"]
    }


def _granted(synthesized: Synthesized, function: str) -> set[tuple[str, str]]:
    """Action and resource, the resource by what it refers to."""
    return {
        (action, _short(resource))
        for statement in _statements(synthesized, function).values()
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def _short(resource: str) -> str:
    """`table arn` of `${aws_dynamodb_table.database_table_89143D61.arn}`; what stands behind it stays."""
    return re.sub(r"\$\{aws_(\w+)\.[\w-]+\.(\w+)\}", r"\1 \2", resource)


@every_environment
def test_the_api_and_its_four_routes(environment: str) -> None:
    synthesized = stack(environment)
    api = synthesized.only("aws_apigatewayv2_api")
    assert api["name"] == f"spec-wizard-{environment}-chat"
    assert api["protocol_type"] == "WEBSOCKET"
    assert api["route_selection_expression"] == "$request.body.action"
    assert _routes(synthesized).keys() == ROUTES
    for integration in synthesized.all("aws_apigatewayv2_integration").values():
        assert (integration["integration_type"], integration["integration_method"]) == ("AWS_PROXY", "POST")
    assert len(synthesized.all("aws_apigatewayv2_integration")) == 3


@pytest.mark.parametrize(
    ("key", "function"),
    [
        ("$connect", "connect"),
        ("$disconnect", "disconnect"),
        ("sendMessage", "send-message"),
        ("$default", "send-message"),
    ],
)
def test_each_route_leads_to_its_function(key: str, function: str) -> None:
    synthesized = stack("dev")
    target = _routes(synthesized)[key]["target"]
    (name,) = re.findall(r"integrations/\$\{aws_apigatewayv2_integration\.([\w-]+)\.id\}", target)
    uri = synthesized.json["resource"]["aws_apigatewayv2_integration"][name]["integration_uri"]
    assert re.fullmatch(rf"\$\{{aws_lambda_function\.chat_{function}_function_\w+\.invoke_arn\}}", uri)


@every_environment
def test_trap_36_every_limit_stands_in_the_default_and_in_every_route(environment: str) -> None:
    """One that is left out is sent as 0, and then everybody gets 429."""
    stage = stack(environment, CHAT_THROTTLE_BURST="700", CHAT_THROTTLE_RATE="70").only(
        "aws_apigatewayv2_stage"
    )
    assert {block["route_key"] for block in stage["route_settings"]} == ROUTES
    for block in (stage["default_route_settings"], *stage["route_settings"]):
        assert (block["throttling_burst_limit"], block["throttling_rate_limit"]) == (700, 70)
    default = stack(environment).only("aws_apigatewayv2_stage")["default_route_settings"]
    assert (default["throttling_burst_limit"], default["throttling_rate_limit"]) == (500, 100)


@every_environment
def test_trap_37_logs_say_what_happened_and_not_what_was_said(environment: str) -> None:
    stage = stack(environment).only("aws_apigatewayv2_stage")
    for block in (stage["default_route_settings"], *stage["route_settings"]):
        assert block["data_trace_enabled"] is False
        assert block["detailed_metrics_enabled"] is True
        assert block["logging_level"] == "ERROR"  # INFO writes parameters of requests, the token among them
    fields = json.loads(stage["access_log_settings"]["format"])
    assert {"requestId", "connectionId", "eventType", "routeKey", "status", "error", "ip"} <= fields.keys()
    for value in fields.values():
        assert re.fullmatch(r"\$context(\.\w+)+", value)
        assert not SENSITIVE.search(value), value


@every_environment
def test_trap_37_both_log_groups_are_there_before_the_stage_with_retention_and_key(environment: str) -> None:
    synthesized = stack(environment)
    groups = synthesized.all("aws_cloudwatch_log_group")
    access, execution = groups["chat/stage/access-log"], groups["chat/stage/execution-log"]
    assert access["name"] == f"/spec-wizard/{environment}/websocket-access"
    assert execution["name"] == f"/aws/apigateway/{_api(synthesized)}.id}}/{environment}"
    for group in (access, execution):
        assert group["retention_in_days"] == 30
        assert "messages-key" in group["kms_key_id"]
        assert any("kms_key_policy" in dependency for dependency in group["depends_on"])
    stage = synthesized.only("aws_apigatewayv2_stage")
    assert any("execution-log" in dependency for dependency in stage["depends_on"])
    assert "access-log" in stage["access_log_settings"]["destination_arn"]
    policy = json.loads(synthesized.all("aws_kms_key_policy")["security/messages-key/policy"]["policy"])
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(sids) == len(set(sids))
    (allowed,) = [s for s in policy["Statement"] if s["Sid"] == "CloudWatchLogsOfTheChat"]
    assert allowed["Condition"] == {
        "ArnEquals": {
            "kms:EncryptionContext:aws:logs:arn": [
                f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
                for name in (access["name"], execution["name"])
            ]
        }
    }


def _changed() -> dict[str, tuple[routes.Route, ...]]:
    connect, disconnect, *others = routes.ROUTES
    return {
        "a route is gone": (connect, *others),
        "a route has another key": (connect, replace(disconnect, key="leave"), *others),
        "a route has another function": (connect, replace(disconnect, function="connect"), *others),
        "a route asks no authorizer": (replace(connect, authorized=False), disconnect, *others),
        "a route has a response": (connect, replace(disconnect, replies=True), *others),
    }


@pytest.mark.parametrize("change", _changed())
def test_trap_38_a_change_of_routes_makes_a_new_deployment(change: str) -> None:
    assert routes.digest(_changed()[change]) != routes.digest()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INTEGRATION", {"integration_type": "AWS_PROXY", "integration_method": "GET"}),
        ("AUTHORIZER", {"authorizer_type": "REQUEST", "identity_sources": ["route.request.header.Auth"]}),
        ("SELECTION", "$request.body.kind"),
        ("RESPONSE", "$none"),
    ],
)
def test_trap_38_a_change_of_integrations_authorizer_or_responses_makes_a_new_deployment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    before = routes.digest()
    monkeypatch.setattr(routes, name, value)
    assert routes.digest() != before


def test_trap_38_nothing_else_makes_a_new_deployment() -> None:
    """Neither another configuration nor the placeholders, which count what was made before."""
    deployments = [
        stack(*arguments, **changes).only("aws_apigatewayv2_deployment")["triggers"]
        for arguments, changes in (
            (("dev",), {}),
            (("dev",), {"ENABLE_CLOUDFRONT": "false", "CHAT_WORKER_TIMEOUT_S": "60"}),
            (("prod",), {}),
        )
    ]
    assert {triggers["definition"] for triggers in deployments} == {routes.digest()}
    assert len({triggers["parts"] for triggers in deployments}) == 1


@every_environment
def test_trap_38_the_next_deployment_comes_before_the_old_one_goes(environment: str) -> None:
    synthesized = stack(environment)
    deployment = synthesized.only("aws_apigatewayv2_deployment")
    assert deployment["lifecycle"] == {"create_before_destroy": True}
    named = {
        f"{type_}.{name}"
        for type_ in ("aws_apigatewayv2_route", "aws_apigatewayv2_route_response")
        for name in synthesized.json["resource"][type_]
    }
    assert set(deployment["depends_on"]) == named
    assert deployment["triggers"]["parts"].count("aws_apigatewayv2_integration") == 3
    assert "aws_apigatewayv2_authorizer" in deployment["triggers"]["parts"]
    stage = synthesized.only("aws_apigatewayv2_stage")
    assert stage["name"] == environment
    assert "aws_apigatewayv2_deployment" in stage["deployment_id"]
    assert "auto_deploy" not in stage  # is for HTTP APIs


@every_environment
def test_trap_39_the_queue_waits_for_the_worker_six_times(environment: str) -> None:
    synthesized = stack(environment, CHAT_WORKER_TIMEOUT_S="200")
    worker = _function(synthesized, "chat-worker")
    queue = synthesized.all("aws_sqs_queue")["chat/jobs/queue"]
    assert worker["timeout"] == 200
    assert queue["visibility_timeout_seconds"] == 1200
    # Those that API Gateway waits for end before it stops waiting, after 29 seconds.
    for name in FUNCTIONS - {"chat-worker"}:
        assert _function(synthesized, name)["timeout"] < 29


@every_environment
def test_trap_44_what_fails_three_times_goes_to_the_dead_letters_and_nowhere_else(environment: str) -> None:
    synthesized = stack(environment)
    queues = synthesized.all("aws_sqs_queue")
    queue, dead_letters = queues["chat/jobs/queue"], queues["chat/jobs/dead-letters"]
    assert queue["name"] == f"spec-wizard-{environment}-chat-jobs"
    assert dead_letters["name"] == f"spec-wizard-{environment}-chat-dead-letters"
    redrive = json.loads(queue["redrive_policy"])
    assert (_short(redrive["deadLetterTargetArn"]), redrive["maxReceiveCount"]) == ("sqs_queue arn", 3)
    assert "dead-letters" in redrive["deadLetterTargetArn"]
    assert json.loads(dead_letters["redrive_allow_policy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"arn:aws:sqs:us-east-1:123456789012:{queue['name']}"],
    }
    # With white space, every plan would want to take it out: SQS keeps none.
    assert " " not in queue["redrive_policy"] + dead_letters["redrive_allow_policy"]
    assert dead_letters["message_retention_seconds"] == 14 * 86_400 > queue["message_retention_seconds"]
    for made in (queue, dead_letters):
        assert "messages-key" in made["kms_master_key_id"]
        (statement,) = json.loads(made["policy"])["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Resource"].endswith(f":{made['name']}")
    for name in FUNCTIONS:
        assert "dead_letter_config" not in _function(synthesized, name)


@every_environment
def test_the_worker_takes_one_job_at_a_time_and_tells_which_failed(environment: str) -> None:
    mapping = stack(environment, CHAT_WORKER_CONCURRENCY="7").all("aws_lambda_event_source_mapping")[
        "chat/jobs-to-worker"
    ]
    assert mapping["batch_size"] == 1
    assert mapping["scaling_config"] == {"maximum_concurrency": 7}
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert any("consume-jobs" in dependency for dependency in mapping["depends_on"])


@every_environment
def test_trap_40_frames_are_posted_to_this_stage_only(environment: str) -> None:
    synthesized = stack(environment)
    api = _api(synthesized)
    statement = _statements(synthesized, "chat-worker")["post-to-connections PostToConnections"]
    assert statement["Action"] == ["execute-api:ManageConnections"]
    assert statement["Resource"] == [f"{api}.execution_arn}}/{environment}/POST/@connections/*"]
    variables = _function(synthesized, "chat-worker")["environment"]["variables"]
    assert variables["CONNECTIONS_URL"] == (
        f"https://{api}.id}}.execute-api.us-east-1.amazonaws.com/{environment}"
    )
    # By the stage Terraform finds a cycle.
    assert "aws_apigatewayv2_stage" not in json.dumps(synthesized.json["resource"]["aws_lambda_function"])
    assert "aws_apigatewayv2_stage" not in json.dumps(synthesized.json["resource"]["aws_iam_role_policy"])


@every_environment
def test_trap_41_who_connects_is_asked_for_the_token_and_nobody_else_is(environment: str) -> None:
    synthesized = stack(environment)
    authorizer = synthesized.only("aws_apigatewayv2_authorizer")
    assert authorizer["authorizer_type"] == "REQUEST"
    assert authorizer["identity_sources"] == ["route.request.querystring.token"]
    found = _routes(synthesized)
    assert found["$connect"]["authorization_type"] == "CUSTOM"
    assert "aws_apigatewayv2_authorizer" in found["$connect"]["authorizer_id"]
    for key in ROUTES - {"$connect"}:
        assert found[key]["authorization_type"] == "NONE"
        assert "authorizer_id" not in found[key]
    origins = _function(synthesized, "authorizer")["environment"]["variables"]["ALLOWED_ORIGINS"]
    assert origins == f"https://{environment}.wizard.example.com"


@every_environment
def test_trap_41_api_gateway_invokes_each_function_for_its_routes_only(environment: str) -> None:
    synthesized = stack(environment)
    api = _api(synthesized)
    permissions = {
        path: permission
        for path, permission in synthesized.all("aws_lambda_permission").items()
        if path.startswith("chat/")
    }
    for permission in permissions.values():
        assert permission["principal"] == "apigateway.amazonaws.com"
        assert permission["action"] == "lambda:InvokeFunction"
    authorizer = permissions.pop("chat/authorizer/authorizer")["source_arn"]
    assert authorizer.startswith(f"{api}.execution_arn}}/authorizers/${{aws_apigatewayv2_authorizer.")
    assert {path: permission["source_arn"] for path, permission in permissions.items()} == {
        f"chat/{path}": f"{api}.execution_arn}}/{environment}/{key}"
        for path, key in (
            ("connect/connect-route", "$connect"),
            ("disconnect/disconnect-route", "$disconnect"),
            ("send-message/send-message-route", "sendMessage"),
            ("send-message/default-route", "$default"),
        )
    }
    stage = synthesized.only("aws_apigatewayv2_stage")
    waited_for = [d for d in stage["depends_on"] if d.startswith("aws_lambda_permission.")]
    assert len(waited_for) == 5


@every_environment
def test_trap_42_the_routes_of_messages_send_their_functions_answer_back(environment: str) -> None:
    synthesized = stack(environment)
    expressions = {
        key: route.get("route_response_selection_expression") for key, route in _routes(synthesized).items()
    }
    assert expressions == {
        "$connect": None,
        "$disconnect": None,
        "sendMessage": "$default",
        "$default": "$default",
    }
    responses = synthesized.all("aws_apigatewayv2_route_response").values()
    assert [response["route_response_key"] for response in responses] == ["$default"] * 2
    assert len({response["route_id"] for response in responses}) == 2


@every_environment
def test_trap_45_functions_log_into_a_group_that_is_there_before_them(environment: str) -> None:
    synthesized = stack(environment)
    for name in FUNCTIONS:
        function = _function(synthesized, name)
        assert "log-groups_application" in function["logging_config"]["log_group"]
        assert any("log-groups_application" in dependency for dependency in function["depends_on"])
        assert function["function_name"] == f"spec-wizard-{environment}-{name}"
    granted = [a for s in synthesized.policies().values() for entry in s for a in entry["Action"]]
    assert "logs:CreateLogGroup" not in granted


KEY = ("kms:Decrypt", "kms_key arn"), ("kms:DescribeKey", "kms_key arn")
QUEUE_KEY = ("kms:GenerateDataKey", "kms_key arn"), ("kms:Decrypt", "kms_key arn")
TABLE, INDEX = "dynamodb_table arn", "dynamodb_table arn/index/GSI1"
GRANTED = {
    "authorizer": {("dynamodb:Query", INDEX), *KEY},
    "connect": {("dynamodb:PutItem", TABLE), *KEY},
    "disconnect": {("dynamodb:DeleteItem", TABLE), *KEY},
    "send-message": {
        *((f"dynamodb:{name}", TABLE) for name in ("GetItem", "UpdateItem")),
        ("sqs:SendMessage", "sqs_queue arn"),
        *(*KEY, *QUEUE_KEY),
    },
    "chat-worker": {
        *(
            (f"dynamodb:{name}", TABLE)
            for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        ),
        *((f"sqs:{name}", "sqs_queue arn") for name in ("ReceiveMessage", "DeleteMessage")),
        *((f"sqs:{name}", "sqs_queue arn") for name in ("GetQueueAttributes", "ChangeMessageVisibility")),
        ("execute-api:ManageConnections", "apigatewayv2_api execution_arn/dev/POST/@connections/*"),
        ("secretsmanager:GetSecretValue", "secretsmanager_secret arn"),
        *KEY,
    },
}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_trap_46_a_function_may_do_what_it_does_and_no_more(function: str) -> None:
    assert _granted(stack("dev"), function) == GRANTED[function]


@every_environment
def test_trap_46_a_key_is_used_through_the_service_alone_that_it_encrypts_for(environment: str) -> None:
    synthesized = stack(environment)
    through = {"table": "dynamodb", "queue": "sqs", "secret": "secretsmanager"}
    checked = 0
    for function in FUNCTIONS:
        for sid, statement in _statements(synthesized, function).items():
            if statement["Action"][0].startswith("kms:"):
                service = next(value for name, value in through.items() if name in sid.lower())
                condition = {"StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}}
                assert statement["Condition"] == condition, sid
                checked += 1
    assert checked == 8


@pytest.mark.parametrize(
    ("provider", "secret", "other"),
    [("openai", "openai-api-key", "anthropic-api-key"), ("anthropic", "anthropic-api-key", "openai-api-key")],
)
def test_trap_47_the_worker_reads_the_key_of_its_provider_only(
    provider: str, secret: str, other: str
) -> None:
    synthesized = stack("dev", CHAT_PROVIDER=provider)
    variables = _function(synthesized, "chat-worker")["environment"]["variables"]
    assert variables["CHAT_PROVIDER"] == provider
    assert secret in variables["API_KEY_SECRET_ARN"]
    granted = json.dumps(_statements(synthesized, "chat-worker"))
    assert secret in granted
    assert other not in granted


def test_the_built_in_model_needs_no_secret() -> None:
    synthesized = stack("dev", CHAT_PROVIDER="built-in")
    assert "API_KEY_SECRET_ARN" not in _function(synthesized, "chat-worker")["environment"]["variables"]
    assert "secretsmanager" not in json.dumps(_statements(synthesized, "chat-worker"))


def test_what_is_chosen_of_the_model_reaches_the_worker() -> None:
    chosen = {"CHAT_MODEL": "claude-x", "CHAT_PROVIDER_URL": "https://models.example.com"}
    variables = _function(stack("dev", **chosen), "chat-worker")["environment"]["variables"]
    assert {name: variables[name] for name in chosen} == chosen
    assert variables["MAX_RECEIVES"] == "3"
    assert not chosen.keys() & _function(stack("dev"), "chat-worker")["environment"]["variables"].keys()


def test_without_a_domain_there_is_amazons_address() -> None:
    synthesized = stack("dev")
    assert "aws_apigatewayv2_domain_name" not in synthesized.json["resource"]
    url = synthesized.json["output"]["websocket_url"]["value"]
    assert url == f"wss://{_api(synthesized)}.id}}.execute-api.us-east-1.amazonaws.com/dev"


def test_a_domain_of_ones_own_leads_to_the_stage() -> None:
    synthesized = stack("dev", **DOMAIN, CHAT_HOSTED_ZONE_ID="Z0EXAMPLE")
    domain = synthesized.only("aws_apigatewayv2_domain_name")
    assert domain["domain_name"] == "chat.example.com"
    assert domain["domain_name_configuration"] == {
        "certificate_arn": CERTIFICATE,
        "endpoint_type": "REGIONAL",
        "security_policy": "TLS_1_2",
    }
    mapping = synthesized.only("aws_apigatewayv2_api_mapping")
    assert "aws_apigatewayv2_stage" in mapping["stage"]
    assert mapping["api_id"] == f"{_api(synthesized)}.id}}"
    record = synthesized.all("aws_route53_record")["chat/domain/record"]
    assert (record["zone_id"], record["name"], record["type"]) == ("Z0EXAMPLE", "chat.example.com", "A")
    assert "target_domain_name" in record["alias"]["name"]
    assert synthesized.json["output"]["websocket_url"]["value"] == "wss://chat.example.com"
    # Frames go to connections by Amazon's address all the same.
    variables = _function(synthesized, "chat-worker")["environment"]["variables"]
    assert ".execute-api.us-east-1.amazonaws.com/dev" in variables["CONNECTIONS_URL"]


def test_a_record_is_kept_only_in_a_zone_that_is_named() -> None:
    synthesized = stack("dev", **DOMAIN)
    synthesized.only("aws_apigatewayv2_api_mapping")
    assert "chat/domain/record" not in synthesized.all("aws_route53_record")

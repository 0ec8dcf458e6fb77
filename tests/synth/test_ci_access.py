"""Roles of GitHub's workflows as synthesized."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import account_stack, stack

MANAGED_POLICY_LIMIT = 6144
"""Characters, white space not counted. Source: IAM user guide, "IAM and AWS STS quotas"."""
POLICIES_PER_ROLE = 10
STATE = "spec-wizard-tfstate-123456789012-us-east-1"
DATA = (
    "s3:GetObject",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "secretsmanager:GetSecretValue",
)

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _statements(role: str) -> dict[str, dict[str, Any]]:
    """Sid -> statement, of all policies of a role."""
    return {
        statement["Sid"]: statement
        for path, policy in account_stack().all("aws_iam_policy").items()
        if path.startswith(f"ci/{role}/")
        for statement in json.loads(policy["policy"])["Statement"]
    }


def _trusted(role: str) -> dict[str, Any]:
    (statement,) = json.loads(account_stack().all("aws_iam_role")[f"ci/{role}/role"]["assume_role_policy"])[
        "Statement"
    ]
    assert list(statement["Principal"]) == ["Federated"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    condition: dict[str, Any] = statement["Condition"]
    return condition


def test_github_is_trusted_for_one_audience_without_a_thumbprint_to_renew() -> None:
    provider = account_stack().only("aws_iam_openid_connect_provider")
    assert provider["url"] == "https://token.actions.githubusercontent.com"
    assert provider["client_id_list"] == ["sts.amazonaws.com"]
    assert "thumbprint_list" not in provider


@each_environment
def test_a_deploy_role_trusts_jobs_of_its_github_environment_only(environment: str) -> None:
    assert _trusted(f"deploy-{environment}") == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                f"repo:example/spec-wizard-infra:environment:{environment}"
            ],
        }
    }


def test_the_plan_role_trusts_pull_requests_and_main() -> None:
    assert _trusted("plan")["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        "repo:example/spec-wizard-infra:pull_request",
        "repo:example/spec-wizard-infra:ref:refs/heads/main",
    ]


def test_immutable_subjects_are_trusted_with_their_ids_and_no_other_form() -> None:
    synthesized = account_stack(GITHUB_OIDC_REPOSITORY="octo-org@123456/octo-repo@456789")
    roles = synthesized.all("aws_iam_role")
    trusted = {
        path: json.loads(role["assume_role_policy"])["Statement"][0]["Condition"]["StringEquals"]
        for path, role in roles.items()
        if path.startswith("ci/")
    }
    claims = {path: one["token.actions.githubusercontent.com:sub"] for path, one in trusted.items()}
    prefix = "repo:octo-org@123456/octo-repo@456789"
    assert claims == {
        "ci/plan/role": [f"{prefix}:pull_request", f"{prefix}:ref:refs/heads/main"],
        **{f"ci/deploy-{name}/role": [f"{prefix}:environment:{name}"] for name in ENVIRONMENTS},
    }


def test_without_a_repository_there_is_no_way_in_from_github() -> None:
    synthesized = account_stack(GITHUB_OIDC_REPOSITORY="")
    assert "aws_iam_openid_connect_provider" not in synthesized.json["resource"]
    assert "AssumeRoleWithWebIdentity" not in synthesized.text
    assert not any("role_arn" in name for name in synthesized.json["output"])


def test_policies_fit_into_iams_quotas() -> None:
    synthesized = account_stack()
    for path, policy in synthesized.all("aws_iam_policy").items():
        compact = json.dumps(json.loads(policy["policy"]), separators=(",", ":"))
        assert len(compact) <= MANAGED_POLICY_LIMIT, path
    for role in ("plan", *(f"deploy-{name}" for name in ENVIRONMENTS)):
        attached = [
            p for p in synthesized.all("aws_iam_role_policy_attachment") if p.startswith(f"ci/{role}/")
        ]
        assert 0 < len(attached) <= POLICIES_PER_ROLE
        assert len(attached) == len(
            [p for p in synthesized.all("aws_iam_policy") if p.startswith(f"ci/{role}/")]
        )


@each_environment
def test_trap_56_a_deploy_role_reaches_the_state_and_the_locks_of_its_environment(environment: str) -> None:
    statements = _statements(f"deploy-{environment}")
    key = f"arn:aws:s3:::{STATE}/{environment}/terraform.tfstate"
    assert statements["WriteStates"]["Resource"] == [key]
    assert statements["LockFiles"]["Resource"] == [f"{key}.tflock"]
    # The account's is read, to see that it is deployed.
    assert statements["ReadStates"]["Resource"] == [key, f"arn:aws:s3:::{STATE}/account/terraform.tfstate"]
    item = f"{STATE}/{environment}/terraform.tfstate"
    for sid in ("ReadLocks", "WriteLocks"):
        assert statements[sid]["Condition"] == {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [item, f"{item}-md5"]}
        }
    assert statements["StateKey"]["Condition"] == {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/spec-wizard-tfstate"}
    }


@each_environment
def test_a_deploy_role_names_no_other_environment(environment: str) -> None:
    text = json.dumps(list(_statements(f"deploy-{environment}").values()))
    others = set(ENVIRONMENTS) - {environment}
    assert [name for name in others for form in (f"-{name}", f"/{name}/") if form in text] == []


@each_environment
def test_a_deploy_role_covers_what_its_environment_is_named(environment: str) -> None:
    """Each name of the environment's stack is met by a resource of the role's statements."""
    resources = [r for s in _statements(f"deploy-{environment}").values() for r in s.get("Resource", [])]
    named = {
        "aws_dynamodb_table": ("name", "arn:aws:dynamodb:us-east-1:123456789012:table/{}"),
        "aws_s3_bucket": ("bucket", "arn:aws:s3:::{}"),
        "aws_iam_role": ("name", "arn:aws:iam::123456789012:role/{}"),
        "aws_kms_alias": ("name", "arn:aws:kms:us-east-1:123456789012:{}"),
        "aws_secretsmanager_secret": (
            "name",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:{}-AbCdEf",
        ),
        "aws_cloudwatch_log_group": ("name", "arn:aws:logs:us-east-1:123456789012:log-group:{}"),
        "aws_ssm_parameter": ("name", "arn:aws:ssm:us-east-1:123456789012:parameter{}"),
        "aws_sns_topic": ("name", "arn:aws:sns:us-east-1:123456789012:{}"),
        "aws_sqs_queue": ("name", "arn:aws:sqs:us-east-1:123456789012:{}"),
        "aws_sesv2_configuration_set": (
            "configuration_set_name",
            "arn:aws:ses:us-east-1:123456789012:configuration-set/{}",
        ),
        "aws_wafv2_web_acl": ("name", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/{}/id"),
        "aws_cloudwatch_log_delivery_source": (
            "name",
            "arn:aws:logs:us-east-1:123456789012:delivery-source:{}",
        ),
        "aws_lambda_function": ("function_name", "arn:aws:lambda:us-east-1:123456789012:function:{}"),
        "aws_cloudwatch_event_rule": ("name", "arn:aws:events:us-east-1:123456789012:rule/{}"),
        "aws_backup_vault": ("name", "arn:aws:backup:us-east-1:123456789012:backup-vault:{}"),
        "aws_backup_restore_testing_plan": (
            "name",
            "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:{}-id",
        ),
    }
    synthesized = stack(environment, CLOUDFRONT_WAF="true", BACKUP_ENABLED="true")
    for type_, (attribute, pattern) in named.items():
        for path, resource in synthesized.all(type_).items():
            arn = pattern.format(resource[attribute])
            assert any(fnmatchcase(arn, allowed) for allowed in resources), f"{path}: {arn}"


@each_environment
def test_a_deploy_role_cannot_widen_itself(environment: str) -> None:
    """It changes roles of its environment alone, and only such as stay within the boundary."""
    statements = _statements(f"deploy-{environment}")
    own = "arn:aws:iam::123456789012:role/spec-wizard-account-deploy-" + environment
    boundary = f"arn:aws:iam::123456789012:policy/spec-wizard-account-boundary-{environment}"
    changing = [s for s in statements.values() if any(a.startswith("iam:") for a in s["Action"])]
    assert len(changing) == 4
    for statement in changing:
        assert not any(fnmatchcase(own, resource) for resource in statement["Resource"]), statement["Sid"]
    writes = {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}
    for statement in changing:
        if writes & set(statement["Action"]):
            assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    everything = {action for s in statements.values() for action in s["Action"]}
    assert not everything & {
        *("iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion"),
        *("iam:CreateUser", "iam:CreateAccessKey"),
    }
    assert statements["PassRoles"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "backup.amazonaws.com"]}
    }


def _names(environment: str, type_: str, attribute: str) -> set[str]:
    return {resource[attribute] for resource in stack(environment).all(type_).values()}


@each_environment
def test_a_deploy_role_becomes_the_application_of_its_environment_and_nobody_else(environment: str) -> None:
    assuming = [
        s
        for s in _statements(f"deploy-{environment}").values()
        if any(action.startswith("sts:") for action in s["Action"])
    ]
    (statement,) = assuming
    assert statement["Action"] == ["sts:AssumeRole"]
    (role,) = statement["Resource"]
    assert role == f"arn:aws:iam::123456789012:role/spec-wizard-{environment}-application"
    assert role.rpartition("/")[2] in _names(environment, "aws_iam_role", "name")
    assert "sts:AssumeRole" not in json.dumps(list(_statements("plan").values()))


@each_environment
def test_a_deploy_role_reads_one_queue_and_one_log_group_for_its_proofs(environment: str) -> None:
    """The bounces that a proof made, and the errors: neither the chat's jobs nor what the functions log."""
    statements = _statements(f"deploy-{environment}")
    reading = {
        action: s["Resource"]
        for s in statements.values()
        for action in s["Action"]
        if action in ("sqs:ReceiveMessage", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery")
    }
    queue = f"arn:aws:sqs:us-east-1:123456789012:spec-wizard-{environment}-email-events"
    errors = f"arn:aws:logs:us-east-1:123456789012:log-group:/spec-wizard/{environment}/errors"
    assert reading == {"sqs:ReceiveMessage": [queue], "logs:FilterLogEvents": [errors, f"{errors}:*"]}
    assert queue.rpartition(":")[2] in _names(environment, "aws_sqs_queue", "name")
    assert errors.rpartition(":")[2] in _names(environment, "aws_cloudwatch_log_group", "name")
    assert statements["KeyOfMailEvents"]["Action"] == ["kms:Decrypt"]
    assert statements["KeyOfMailEvents"]["Condition"] == {
        "StringEquals": {
            "aws:ResourceTag/Project": "spec-wizard",
            "aws:ResourceTag/Environment": environment,
            "kms:ViaService": "sqs.us-east-1.amazonaws.com",
        },
        "ArnEquals": {"kms:EncryptionContext:aws:sqs:arn": [queue]},
    }


@each_environment
def test_a_deploy_role_reads_no_items_objects_or_secrets_itself(environment: str) -> None:
    locks = "arn:aws:dynamodb:us-east-1:123456789012:table/spec-wizard-tflock"
    reading = {
        resource
        for s in _statements(f"deploy-{environment}").values()
        for action in s["Action"]
        if action in (*DATA, "s3:GetObjectVersion", "secretsmanager:BatchGetSecretValue")
        for resource in s["Resource"]
    }
    assert {r for r in reading if not r.startswith(f"arn:aws:s3:::{STATE}/")} == {locks}


@each_environment
def test_trap_04_a_deploy_role_may_use_its_keys_for_tables_and_secrets_only(environment: str) -> None:
    statement = _statements(f"deploy-{environment}")["UseKeysForTablesAndSecrets"]
    assert "kms:CreateGrant" in statement["Action"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:ResourceTag/Project": "spec-wizard",
        "aws:ResourceTag/Environment": environment,
        "kms:ViaService": ["dynamodb.us-east-1.amazonaws.com", "secretsmanager.us-east-1.amazonaws.com"],
    }


@each_environment
def test_nothing_is_taken_over_by_tagging_it(environment: str) -> None:
    """Tags that a role sets itself count only on what has none yet."""
    for sid, statement in _statements(f"deploy-{environment}").items():
        tagging = [
            a
            for a in statement["Action"]
            if a.split(":")[0] in ("kms", "cloudfront", "acm")
            and "Tag" in a
            and "Untag" not in a
            and "List" not in a
        ]
        condition = statement.get("Condition", {})
        if tagging and "aws:ResourceTag/Environment" not in condition.get("StringEquals", {}):
            assert condition["StringEquals"]["aws:RequestTag/Environment"] == environment, sid
            assert condition["Null"]["aws:ResourceTag/Environment"] == "true", sid


@each_environment
def test_a_deploy_role_maps_events_to_functions_of_its_environment_only(environment: str) -> None:
    statements = _statements(f"deploy-{environment}")
    changing = [
        s
        for s in statements.values()
        if {f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Update", "Delete")} & {*s["Action"]}
    ]
    assert len(changing) == 2
    functions = [f"arn:aws:lambda:us-east-1:123456789012:function:spec-wizard-{environment}-*"]
    for statement in changing:
        assert statement["Condition"] == {"ArnLike": {"lambda:FunctionArn": functions}}


MANAGE = "arn:aws:apigateway:us-east-1::"


def _api_permissions(role: str, verb: str, path: str) -> list[dict[str, Any]]:
    """The statements that let a role do that, each under its own condition."""
    return [
        s
        for s in _statements(role).values()
        if f"apigateway:{verb}" in s["Action"]
        and any(fnmatchcase(f"{MANAGE}{path}", resource) for resource in s["Resource"])
    ]


@each_environment
@pytest.mark.parametrize("path", ["/apis/abc", "/domainnames/chat.example.com"])
def test_a_deploy_role_changes_apis_with_its_environments_tags_only(environment: str, path: str) -> None:
    wanted = {"Project": "spec-wizard", "Environment": environment}
    tags = {f"aws:ResourceTag/{name}": value for name, value in wanted.items()}
    for verb in ("PATCH", "DELETE"):
        (statement,) = _api_permissions(f"deploy-{environment}", verb, path)
        assert statement["Condition"] == {"StringEquals": tags}
    (create,) = _api_permissions(f"deploy-{environment}", "POST", path.rsplit("/", 1)[0])
    assert create["Condition"] == {
        "StringEquals": {f"aws:RequestTag/{name}": value for name, value in wanted.items()}
    }


@each_environment
def test_a_deploy_role_leaves_parts_of_apis_alone_that_have_other_tags(environment: str) -> None:
    """Whether a part has its API's tags is for AWS to say; where it has other ones, it is another's."""
    role, tag = f"deploy-{environment}", "aws:ResourceTag/Environment"
    encoded = "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fabc"
    for verb, path in (
        ("POST", "/apis/abc/routes"),
        ("PATCH", "/apis/abc/routes/def"),
        ("DELETE", "/apis/abc/routes/def/routeresponses/ghi"),
        ("POST", "/apis/abc/deployments"),
        ("PATCH", "/apis/abc/stages/any"),
        ("POST", "/domainnames/chat.example.com/apimappings"),
        ("PUT", encoded),
        ("POST", encoded),
        ("DELETE", encoded),
    ):
        found = _api_permissions(role, verb, path)
        assert found, f"{verb} {path}"
        for statement in found:
            (compared,) = (
                values[tag]
                for operator, values in statement["Condition"].items()
                if operator.startswith("StringEquals") and tag in values
            )
            assert compared == environment, f"{verb} {path}"
    for verb in ("POST", "PUT"):
        (tagging,) = _api_permissions(role, verb, encoded)
        assert tagging["Condition"]["StringEquals"]["aws:RequestTag/Environment"] == environment


@each_environment
def test_the_boundary_lets_roles_post_to_connections_of_their_stage_and_no_other(environment: str) -> None:
    boundary = account_stack().all("aws_iam_policy")[f"boundaries/{environment}"]
    statements = {s["Sid"]: s for s in json.loads(boundary["policy"])["Statement"]}
    assert statements["Connections"]["Action"] == ["execute-api:ManageConnections"]
    assert statements["Connections"]["Resource"] == [
        f"arn:aws:execute-api:us-east-1:123456789012:*/{environment}/POST/@connections/*"
    ]


def test_the_plan_role_changes_nothing_but_locks() -> None:
    reads = ("Get", "List", "Describe", "View", "GET")
    for sid, statement in _statements("plan").items():
        if statement["Effect"] == "Deny" or sid in ("LockFiles", "WriteLocks", "StateKey"):
            continue
        changing = [a for a in statement["Action"] if not a.split(":")[1].startswith(reads)]
        assert changing == [], sid
    # Not the state's checksum, which only an apply writes.
    keys = _statements("plan")["WriteLocks"]["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
    assert sorted(keys) == sorted(f"{STATE}/{name}/terraform.tfstate" for name in ("account", *ENVIRONMENTS))


def test_the_plan_role_reads_no_data() -> None:
    statements = _statements("plan")
    allowed = {
        (action, resource)
        for s in statements.values()
        if s["Effect"] == "Allow"
        for action in s["Action"]
        for resource in s["Resource"]
    }
    assert {resource for action, resource in allowed if action in DATA} == {
        "arn:aws:dynamodb:us-east-1:123456789012:table/spec-wizard-tflock",
        *(
            f"arn:aws:s3:::{STATE}/{name}/terraform.tfstate{end}"
            for name in ("account", *ENVIRONMENTS)
            for end in ("", ".tflock")
        ),
    }
    refused = {action for s in statements.values() if s["Effect"] == "Deny" for action in s["Action"]}
    assert set(DATA) <= refused
    assert statements["NoObjects"]["NotResource"] == [f"arn:aws:s3:::{STATE}/*"]

"""What an AWS account holds of the project, asked of every service that the stacks use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from environments import naming
from ops.local_aws.instance import LocalAws

REMOTE_STATE = "tfstate", "tflock", "Terraform state of"
"""What `ops bootstrap` makes belongs to no stack."""


def left_over(local_aws: LocalAws, environment: str) -> list[str]:
    """What services still hold of an environment; keys on their way out do not count."""
    words = (f"-{environment}-", f"/{environment}/", f"({environment})")
    return [
        name
        for name in project(local_aws)
        if f"{naming.PROJECT}-{naming.ACCOUNT}-" not in name  # its roles for pipelines name an environment
        if name.endswith((f"-{environment}", f"/{environment}")) or any(word in name for word in words)
    ]


def project(local_aws: LocalAws) -> list[str]:
    """Everything of the project but its remote state, each by a name with its kind before it."""
    return sorted(
        name
        for name in everything(local_aws.client)
        if not any(word in name for word in REMOTE_STATE) and _is_ours(name)
    )


def _is_ours(name: str) -> bool:
    return (
        naming.PROJECT in name
        or "Specification Wizard" in name
        or name.startswith(("always: ", "log group: /aws/apigateway/"))
    )


def everything(client: Callable[[str], Any]) -> Iterator[str]:
    """Of all services; `always:` before what has no name of ours."""
    for kind, names in (
        ("table", client("dynamodb").list_tables()["TableNames"]),
        ("bucket", (bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"])),
        ("role", (role["RoleName"] for role in client("iam").list_roles()["Roles"])),
        ("policy", (p["PolicyName"] for p in client("iam").list_policies(Scope="Local")["Policies"])),
        ("alias", (alias["AliasName"] for alias in client("kms").list_aliases()["Aliases"])),
        ("secret", (secret["Name"] for secret in client("secretsmanager").list_secrets()["SecretList"])),
        ("log group", (g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"])),
        ("topic", (topic["TopicArn"] for topic in client("sns").list_topics()["Topics"])),
        ("queue", client("sqs").list_queues().get("QueueUrls", [])),
        ("parameter", (p["Name"] for p in client("ssm").describe_parameters()["Parameters"])),
        ("configuration set", client("sesv2").list_configuration_sets()["ConfigurationSets"]),
        ("template", (t["Name"] for t in client("ses").list_templates()["TemplatesMetadata"])),
        ("scaling target", _scaling_targets(client("application-autoscaling"))),
        ("trail", (trail["Name"] for trail in client("cloudtrail").list_trails()["Trails"])),
        ("analyzer", (a["name"] for a in client("accessanalyzer").list_analyzers()["analyzers"])),
        (
            "anomaly monitor",
            (m["MonitorName"] for m in client("ce").get_anomaly_monitors()["AnomalyMonitors"]),
        ),
        ("function", (f["FunctionName"] for f in client("lambda").list_functions()["Functions"])),
        ("permission", _permissions(client("lambda"))),
        ("event source", _event_sources(client("lambda"))),
        ("api", _apis(client("apigatewayv2"))),
        ("domain name", (d["DomainName"] for d in client("apigatewayv2").get_domain_names()["Items"])),
        ("rule", (rule["Name"] for rule in client("events").list_rules()["Rules"])),
        ("alarm", _alarms(client("cloudwatch"))),
        (
            "dashboard",
            (d["DashboardName"] for d in client("cloudwatch").list_dashboards()["DashboardEntries"]),
        ),
        ("query", (q["name"] for q in client("logs").describe_query_definitions()["queryDefinitions"])),
        ("filter", _filters(client("logs"))),
        (
            "backup vault",
            (v["BackupVaultName"] for v in client("backup").list_backup_vaults()["BackupVaultList"]),
        ),
        (
            "backup plan",
            (p["BackupPlanName"] for p in client("backup").list_backup_plans()["BackupPlansList"]),
        ),
        ("restore testing plan", _restore_testing_plans(client("backup"))),
    ):
        yield from (f"{kind}: {name}" for name in names)
    yield from _keys(client("kms"))
    yield from _cloudfront(client("cloudfront"))
    for identity in client("sesv2").list_email_identities().get("EmailIdentities", []):
        yield f"always: identity {identity['IdentityName']}"
    for provider in client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        yield f"always: {provider['Arn']}"


def _scaling_targets(autoscaling: Any) -> Iterator[str]:
    found = autoscaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    yield from (target["ResourceId"] for target in found)


def _permissions(lambda_: Any) -> Iterator[str]:
    """Who may invoke a function, by the statements of its policy."""
    for function in lambda_.list_functions()["Functions"]:
        name = function["FunctionName"]
        try:
            policy = json.loads(lambda_.get_policy(FunctionName=name)["Policy"])
        except lambda_.exceptions.ResourceNotFoundException:
            continue
        yield from (f"{name}/{statement['Sid']}" for statement in policy["Statement"])


def _event_sources(lambda_: Any) -> Iterator[str]:
    for mapping in lambda_.list_event_source_mappings()["EventSourceMappings"]:
        source = mapping["EventSourceArn"].partition("/stream/")[0]
        yield f"{source} -> {mapping['FunctionArn']}"


def _apis(gateway: Any) -> Iterator[str]:
    """Each API and its parts; by names, because ids are others after every deployment."""
    for api in gateway.get_apis()["Items"]:
        name, id_ = api["Name"], api["ApiId"]
        yield name
        yield from (f"{name}: stage {s['StageName']}" for s in gateway.get_stages(ApiId=id_)["Items"])
        yield from (f"{name}: authorizer {a['Name']}" for a in gateway.get_authorizers(ApiId=id_)["Items"])
        for integration in gateway.get_integrations(ApiId=id_)["Items"]:
            yield f"{name}: integration {integration['IntegrationUri']}"
        for route in gateway.get_routes(ApiId=id_)["Items"]:
            yield f"{name}: route {route['RouteKey']}"
            responses = gateway.get_route_responses(ApiId=id_, RouteId=route["RouteId"])["Items"]
            yield from (f"{name}: response {r['RouteResponseKey']} of {route['RouteKey']}" for r in responses)


def _alarms(cloudwatch: Any) -> Iterator[str]:
    for kind in ("MetricAlarms", "CompositeAlarms"):
        found = cloudwatch.describe_alarms(AlarmTypes=[kind.removesuffix("s")])
        yield from (alarm["AlarmName"] for alarm in found.get(kind, []))


def _restore_testing_plans(backup: Any) -> Iterator[str]:
    """With hyphens, which their names must not have, as everything else of an environment."""
    for plan in backup.list_restore_testing_plans()["RestoreTestingPlans"]:
        yield plan["RestoreTestingPlanName"].replace("_", "-")


def _filters(logs: Any) -> Iterator[str]:
    """What reads log groups along: metric filters and subscriptions."""
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        metrics = logs.describe_metric_filters(logGroupName=name)["metricFilters"]
        subscriptions = logs.describe_subscription_filters(logGroupName=name)["subscriptionFilters"]
        yield from (f"{name} {found['filterName']}" for found in (*metrics, *subscriptions))


def _keys(kms: Any) -> Iterator[str]:
    for key in kms.list_keys()["Keys"]:
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if metadata["KeyState"] != "PendingDeletion":
            yield f"key: {metadata['Description']}"


def _cloudfront(cloudfront: Any) -> Iterator[str]:
    def items(answer: dict[str, Any]) -> list[dict[str, Any]]:
        return next(v for v in answer.values() if isinstance(v, dict) and "Quantity" in v).get("Items", [])

    for item in items(cloudfront.list_distributions()):
        yield f"distribution: {item['Comment']}"
    for item in items(cloudfront.list_origin_access_controls()):
        yield f"origin access control: {item['Name']}"
    for item in items(cloudfront.list_cache_policies(Type="custom")):
        yield f"cache policy: {item['CachePolicy']['CachePolicyConfig']['Name']}"
    for item in items(cloudfront.list_origin_request_policies(Type="custom")):
        yield f"origin request policy: {item['OriginRequestPolicy']['OriginRequestPolicyConfig']['Name']}"
    for item in items(cloudfront.list_response_headers_policies(Type="custom")):
        yield f"response headers: {item['ResponseHeadersPolicy']['ResponseHeadersPolicyConfig']['Name']}"
    for item in items(cloudfront.list_public_keys()):
        yield f"public key: {item['Name']}"
    for item in items(cloudfront.list_key_groups()):
        yield f"key group: {item['KeyGroup']['KeyGroupConfig']['Name']}"

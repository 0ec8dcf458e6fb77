"""What an AWS account holds of the project, asked of every service that the stacks use."""

from __future__ import annotations

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
        if name.endswith(f"-{environment}") or any(word in name for word in words)
    ]


def project(local_aws: LocalAws) -> list[str]:
    """Everything of the project but its remote state, each by a name with its kind before it."""
    return sorted(
        name
        for name in everything(local_aws.client)
        if not any(word in name for word in REMOTE_STATE) and _is_ours(name)
    )


def _is_ours(name: str) -> bool:
    return naming.PROJECT in name or "Specification Wizard" in name or name.startswith("always: ")


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

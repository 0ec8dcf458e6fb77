"""Policies that name a resource, a tag, an alias, a boundary or a leading key hold on the local AWS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws.cloud import Cloud, allow, document, refused, unique

ACCOUNT = "123456789012"
KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"
TRUST = document(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


def _alias(cloud: Cloud, prefix: str) -> dict[str, str]:
    return {"AliasName": f"alias/{unique(prefix)}", "TargetKeyId": cloud.key()}


def test_an_alias_is_allowed_by_its_name(fixed: Cloud) -> None:
    user = fixed.user(allow("kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/ours-*"))
    user.client("kms").create_alias(**_alias(fixed, "ours"))
    assert refused(user.client("kms").create_alias, **_alias(fixed, "theirs")) == "AccessDeniedException"


def test_stock_allows_an_alias_by_no_name(stock: Cloud) -> None:
    user = stock.user(allow("kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/ours-*"))
    assert refused(user.client("kms").create_alias, **_alias(stock, "ours")) == "AccessDeniedException"


def test_a_key_is_allowed_by_its_alias(fixed: Cloud) -> None:
    key, name = fixed.key(), f"alias/{unique('by-alias')}"
    fixed.client("kms").create_alias(AliasName=name, TargetKeyId=key)
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": name}}
    kms = fixed.user(allow("kms:DescribeKey", KEYS, **condition)).client("kms")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    assert refused(kms.describe_key, KeyId=fixed.key()) == "AccessDeniedException"


def test_a_key_is_allowed_by_its_tags_to_who_uses_it_through_s3(fixed: Cloud) -> None:
    """The object's key is asked for on behalf of the caller."""
    s3 = "arn:aws:s3:::{}/*"
    buckets = {}
    for owner in ("dev", "staging"):
        key = fixed.key()
        fixed.client("kms").tag_resource(KeyId=key, Tags=[{"TagKey": "Environment", "TagValue": owner}])
        buckets[owner] = fixed.bucket(key)
    client = fixed.user(
        *(allow("s3:PutObject", s3.format(name)) for name in buckets.values()),
        allow(
            ["kms:GenerateDataKey", "kms:Decrypt"],
            KEYS,
            StringEquals={"aws:ResourceTag/Environment": "dev"},
        ),
    ).client("s3")
    client.put_object(Bucket=buckets["dev"], Key="k", Body=b"x")
    assert refused(client.put_object, Bucket=buckets["staging"], Key="k", Body=b"x") == "AccessDenied"


@pytest.mark.parametrize("action", ["CreateRole", "PutRolePolicy"])
def test_a_role_is_written_within_its_boundary_only(fixed: Cloud, action: str) -> None:
    iam = fixed.client("iam")
    policy = document(allow("s3:GetObject", "*"))
    arn = iam.create_policy(PolicyName=unique("boundary"), PolicyDocument=policy)["Policy"]["Arn"]
    theirs = fixed.user(allow(f"iam:{action}", "*", StringEquals={"iam:PermissionsBoundary": arn})).client(
        "iam"
    )

    def write(name: str, bounded: bool) -> tuple[Any, dict[str, str]]:
        limit = {"PermissionsBoundary": arn} if bounded else {}
        role = {"RoleName": name, "AssumeRolePolicyDocument": TRUST, **limit}
        if action == "CreateRole":
            return theirs.create_role, role
        iam.create_role(**role)
        return theirs.put_role_policy, {"RoleName": name, "PolicyName": "p", "PolicyDocument": policy}

    call, arguments = write(unique("bounded"), bounded=True)
    call(**arguments)
    call, arguments = write(unique("free"), bounded=False)
    assert refused(call, **arguments) == "AccessDenied"


def test_stock_knows_no_boundary_in_conditions(stock: Cloud) -> None:
    arn = stock.client("iam").create_policy(
        PolicyName=unique("boundary"), PolicyDocument=document(allow("s3:GetObject", "*"))
    )["Policy"]["Arn"]
    iam = stock.user(allow("iam:CreateRole", "*", StringEquals={"iam:PermissionsBoundary": arn})).client(
        "iam"
    )
    role = {"RoleName": unique("bounded"), "AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": arn}
    assert refused(iam.create_role, **role) == "AccessDenied"


def test_items_are_told_apart_by_their_leading_key(fixed: Cloud) -> None:
    table = fixed.table()
    dynamodb = fixed.user(
        allow(
            "dynamodb:GetItem",
            f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}",
            **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}},
        )
    ).client("dynamodb")
    dynamodb.get_item(TableName=table, Key={"PK": {"S": "mine"}, "SK": {"S": "a"}})
    other = {"PK": {"S": "other"}, "SK": {"S": "a"}}
    assert refused(dynamodb.get_item, TableName=table, Key=other) == "AccessDeniedException"


def test_stock_takes_every_leading_key(stock: Cloud) -> None:
    table = stock.table()
    dynamodb = stock.user(
        allow(
            "dynamodb:GetItem",
            f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}",
            **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}},
        )
    ).client("dynamodb")
    dynamodb.get_item(TableName=table, Key={"PK": {"S": "other"}, "SK": {"S": "a"}})


def test_tags_are_read_by_who_may_read_those_of_the_resource(fixed: Cloud) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{fixed.table()}"
    dynamodb = fixed.user(allow("dynamodb:ListTagsOfResource", arn)).client("dynamodb")
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    other = arn.rpartition("/")[0] + f"/{fixed.table()}"
    assert refused(dynamodb.list_tags_of_resource, ResourceArn=other) == "AccessDeniedException"


def test_a_budget_is_seen_by_aws_permission_of_that_name(fixed: Cloud) -> None:
    name = unique("budget")
    fixed.client("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "5", "Unit": "USD"},
        },
    )
    budgets = fixed.user(allow("budgets:ViewBudget", f"arn:aws:budgets::{ACCOUNT}:budget/{name}")).client(
        "budgets"
    )
    found = budgets.describe_budget(AccountId=ACCOUNT, BudgetName=name)
    assert found["Budget"]["BudgetName"] == name
    assert refused(budgets.delete_budget, AccountId=ACCOUNT, BudgetName=name) == "AccessDeniedException"


def _batches(cloud: Cloud) -> dict[str, Any]:
    """Each batch of SQS, by who may do with one message what it does with several."""
    sqs, name = cloud.client("sqs"), unique("queue")
    url, arn = sqs.create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    sqs.send_message(QueueUrl=url, MessageBody="one")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    received = {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}
    entries = {
        "SendMessage": {"Id": "1", "MessageBody": "another"},
        "ChangeMessageVisibility": {**received, "VisibilityTimeout": 60},
        "DeleteMessage": received,
    }
    operations = {
        "SendMessage": "send_message_batch",
        "ChangeMessageVisibility": "change_message_visibility_batch",
        "DeleteMessage": "delete_message_batch",
    }
    return {
        action: (
            getattr(cloud.user(allow(f"sqs:{action}", arn)).client("sqs"), operations[action]),
            url,
            [entry],
        )
        for action, entry in entries.items()
    }


def test_a_batch_is_allowed_by_the_permission_for_one_message(fixed: Cloud) -> None:
    for action, (call, url, entries) in _batches(fixed).items():
        assert len(call(QueueUrl=url, Entries=entries)["Successful"]) == 1, action


def test_stock_wants_a_permission_for_batches_that_aws_does_not_have(stock: Cloud) -> None:
    for action, (call, url, entries) in _batches(stock).items():
        assert refused(call, QueueUrl=url, Entries=entries) == "AccessDenied", action


def test_a_distribution_is_allowed_by_its_tags(fixed: Cloud) -> None:
    def made(owner: str) -> str:
        answer = fixed.client("cloudfront").create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": {
                    "CallerReference": unique("reference"),
                    "Comment": "",
                    "Enabled": False,
                    "Origins": {
                        "Quantity": 1,
                        "Items": [
                            {
                                "Id": "o",
                                "DomainName": "example.com",
                                "CustomOriginConfig": {
                                    "HTTPPort": 80,
                                    "HTTPSPort": 443,
                                    "OriginProtocolPolicy": "https-only",
                                },
                            }
                        ],
                    },
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "o",
                        "ViewerProtocolPolicy": "https-only",
                        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                    },
                },
                "Tags": {"Items": [{"Key": "Environment", "Value": owner}]},
            }
        )
        return str(answer["Distribution"]["Id"])

    cloudfront = fixed.user(
        allow(
            "cloudfront:GetDistribution",
            f"arn:aws:cloudfront::{ACCOUNT}:distribution/*",
            StringEquals={"aws:ResourceTag/Environment": "dev"},
        )
    ).client("cloudfront")
    cloudfront.get_distribution(Id=made("dev"))
    assert refused(cloudfront.get_distribution, Id=made("staging")) == "AccessDenied"


def test_an_analyzer_is_allowed_by_its_name(fixed: Cloud) -> None:
    names = unique("ours"), unique("theirs")
    for name in names:
        fixed.client("accessanalyzer").create_analyzer(analyzerName=name, type="ACCOUNT")
    arn = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/ours-*"
    analyzers = fixed.user(allow("access-analyzer:GetAnalyzer", arn)).client("accessanalyzer")
    assert analyzers.get_analyzer(analyzerName=names[0])["analyzer"]["name"] == names[0]
    assert refused(analyzers.get_analyzer, analyzerName=names[1]) == "AccessDeniedException"


def test_an_anomaly_monitor_is_allowed_by_its_arn(fixed: Cloud) -> None:
    monitor = {"MonitorName": unique("m"), "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    arn = fixed.client("ce").create_anomaly_monitor(AnomalyMonitor=monitor)["MonitorArn"]
    costs = fixed.user(allow("ce:GetAnomalyMonitors", arn)).client("ce")
    assert len(costs.get_anomaly_monitors(MonitorArnList=[arn])["AnomalyMonitors"]) == 1
    assert refused(costs.get_anomaly_monitors) == "AccessDeniedException"

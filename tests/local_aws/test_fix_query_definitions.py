"""fixes/query_definitions.py"""

from __future__ import annotations

from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud, refused, unique

QUERY = "fields @timestamp, @message | sort @timestamp desc | limit 20"


def test_a_saved_query_is_kept_changed_and_deleted(fixed: Cloud) -> None:
    logs, name = fixed.client("logs"), unique("query")
    identifier = logs.put_query_definition(name=name, queryString=QUERY, logGroupNames=["a"])[
        "queryDefinitionId"
    ]
    changed = QUERY.replace("20", "50")
    again = logs.put_query_definition(queryDefinitionId=identifier, name=name, queryString=changed)
    assert again["queryDefinitionId"] == identifier
    found = logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]
    assert [(one["name"], one["queryString"]) for one in found] == [(name, changed)]
    assert logs.delete_query_definition(queryDefinitionId=identifier)["success"]
    assert logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"] == []
    delete = logs.delete_query_definition
    assert refused(delete, queryDefinitionId=identifier) == "ResourceNotFoundException"


def test_saved_queries_outlive_a_restart_and_not_a_reset(instance: LocalAws) -> None:
    instance.start()
    instance.client("logs").put_query_definition(name="query", queryString=QUERY)
    instance.stop()
    instance.start()
    assert len(instance.client("logs").describe_query_definitions()["queryDefinitions"]) == 1
    instance.reset()
    assert instance.client("logs").describe_query_definitions()["queryDefinitions"] == []


def test_stock_does_not_know_the_action(stock: Cloud) -> None:
    put = stock.client("logs").put_query_definition
    assert refused(put, name="query", queryString=QUERY) == "InvalidOperationException"

"""fixes/access_analyzer.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud, refused, unique


def test_an_analyzer_from_making_to_removal(fixed: Cloud) -> None:
    analyzers, name = fixed.client("accessanalyzer"), unique("analyzer")
    arn = analyzers.create_analyzer(analyzerName=name, type="ACCOUNT", tags={"a": "1"})["arn"]
    found = analyzers.get_analyzer(analyzerName=name)["analyzer"]
    assert (found["arn"], found["type"], found["status"], found["tags"]) == (
        arn,
        "ACCOUNT",
        "ACTIVE",
        {"a": "1"},
    )
    make = analyzers.create_analyzer
    assert refused(make, analyzerName=name, type="ACCOUNT") == "ConflictException"
    assert name in [analyzer["name"] for analyzer in analyzers.list_analyzers()["analyzers"]]
    analyzers.delete_analyzer(analyzerName=name)
    assert refused(analyzers.get_analyzer, analyzerName=name) == "ResourceNotFoundException"


def test_tags_come_and_go(fixed: Cloud) -> None:
    analyzers, name = fixed.client("accessanalyzer"), unique("analyzer")
    arn = analyzers.create_analyzer(analyzerName=name, type="ACCOUNT", tags={"a": "1", "b": "2"})["arn"]
    analyzers.tag_resource(resourceArn=arn, tags={"c": "3"})
    analyzers.untag_resource(resourceArn=arn, tagKeys=["a", "b"])
    assert analyzers.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "3"}


def test_it_needs_permission(fixed: Cloud) -> None:
    assert refused(fixed.user().client("accessanalyzer").list_analyzers) == "AccessDeniedException"


def test_stock_does_not_know_the_service(stock: Cloud) -> None:
    assert refused(stock.client("accessanalyzer").list_analyzers) in ("400", "404", "501")

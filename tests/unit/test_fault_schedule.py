"""What the fault drill injects can be repeated by its seed, and stops where it should."""

from __future__ import annotations

from tests.support.fault_requests import Request
from tests.support.fault_schedule import EVERY_TRY, Fault, Rule, Schedule

SIGNED = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"


def request(service: str, target: str, number: int, attempt: int = 1) -> Request:
    headers = {
        "authorization": SIGNED.format(service),
        "x-amz-target": f"Service_1.{target}",
        "amz-sdk-invocation-id": f"{service}-{target}-{number}",
        "amz-sdk-request": f"attempt={attempt}; max=3",
    }
    return Request("POST", "/", headers)


def hit_calls(seed: str, order: list[tuple[str, int]]) -> set[tuple[str, int]]:
    schedule = Schedule((Rule(Fault.THROTTLED, share=0.3),), seed)
    return {(target, n) for target, n in order if schedule.fault_for(request("kms", target, n))}


def test_a_share_depends_on_the_seed_and_not_on_how_calls_are_interleaved() -> None:
    one_by_one = [(target, n) for target in ("CreateKey", "TagResource") for n in range(50)]
    in_turns = sorted(one_by_one, key=lambda call: call[1])
    assert hit_calls("7", one_by_one) == hit_calls("7", in_turns)
    assert hit_calls("7", one_by_one) != hit_calls("8", one_by_one)
    assert 15 < len(hit_calls("7", one_by_one)) < 45


def test_only_the_first_tries_of_a_call_are_hit() -> None:
    schedule = Schedule((Rule(Fault.DROPPED_AFTER, tries=2, share=0.5),), "1")
    calls = [request("kms", "CreateKey", number) for number in range(20)]
    doomed = [number for number, call in enumerate(calls) if schedule.fault_for(call)]
    assert 4 < len(doomed) < 16
    for number in range(20):
        second, third = (request("kms", "CreateKey", number, attempt) for attempt in (2, 3))
        assert bool(schedule.fault_for(second)) == (number in doomed)
        assert schedule.fault_for(third) is None


def test_a_rule_hits_what_it_is_about_and_nothing_else() -> None:
    rule = Rule(Fault.FAILED, lambda asked: asked.what == "kms CreateKey", EVERY_TRY)
    schedule = Schedule((rule,))
    assert schedule.fault_for(request("kms", "CreateKey", 1, attempt=9)) is Fault.FAILED
    assert schedule.fault_for(request("kms", "TagResource", 1)) is None
    assert schedule.fault_for(request("dynamodb", "CreateKey", 1)) is None
    assert schedule.hits == [(Fault.FAILED, "kms CreateKey")]


def test_reads_and_writes_are_told_apart() -> None:
    assert request("dynamodb", "PutItem", 1).writes
    assert not request("dynamodb", "DescribeTable", 1).writes
    s3 = {"authorization": SIGNED.format("s3")}
    assert Request("PUT", "/bucket/key?x-id=PutObject", s3).writes
    assert not Request("GET", "/bucket/key", s3).writes
    iam = {
        "authorization": SIGNED.format("iam"),
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    }
    assert Request("POST", "/", iam, body=b"Action=CreateRole&Version=2010-05-08").writes
    assert not Request("POST", "/", iam, body=b"Action=GetRole&Version=2010-05-08").writes


def test_an_unsigned_request_is_left_alone() -> None:
    assert Schedule((Rule(Fault.FAILED),)).fault_for(Request("GET", "/page", {})) is None

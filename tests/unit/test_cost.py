"""What single resources cost, with the sums done by hand; the design's own figures among them."""

from __future__ import annotations

from decimal import Decimal

from environments.ranges import Range
from ops.cost.catalogue import FREE, METERS
from ops.cost.resources import Resource, of_stack
from tests.support.costs import QUIET_ACCOUNT, TABLE, cents, estimate, month, resource, table, units


def api() -> Resource:
    return resource("aws_apigatewayv2_api.chat_api_5C33A3BC", protocol_type="WEBSOCKET")


def alarms(count: int) -> list[Resource]:
    return [
        resource(f"aws_cloudwatch_metric_alarm.monitoring_alarms_a{number}_00000000", metric_name="Errors")
        for number in range(count)
    ]


class TestFiguresOfTheDesign:
    """The list of traps, part (e), with the inputs that stand there."""

    def test_ten_thousand_sessions_in_the_table(self) -> None:
        """60 writes, all in the index too, and 200 read units in each: 1.2 M WRU and 2 M RRU."""
        used = month(
            sessions=10_000,
            messages_per_session=20,
            writes_per_session=60,
            indexed_writes_per_session=60,
            reads_per_message=10,
        )
        found = estimate([table()], used)
        assert units(found, "dynamodb.write-requests") == (1_200_000, 1_200_000)
        assert units(found, "dynamodb.read-requests") == (2_000_000, 2_000_000)
        assert found.total.low == found.total.high == 1.00

    def test_ten_thousand_sessions_in_the_chat(self) -> None:
        """400 frames in each, and 30 minutes."""
        used = month(
            sessions=10_000,
            messages_per_session=20,
            frames_per_answer=18,  # with the question and that it is accepted 20
            connections_per_session=1,
            minutes_per_connection=30,
        )
        found = estimate([api()], used)
        assert units(found, "websocket.messages") == (4_000_000, 4_000_000)
        assert units(found, "websocket.minutes") == (300_000, 300_000)
        # 4.075; the design rounds up, half a cent here goes to the even one.
        assert found.services["API Gateway"].high == 4.08

    def floor(self) -> list[Resource]:
        keys = [resource(f"aws_kms_key.security_k{n}_00000000", enable_key_rotation=True) for n in range(3)]
        secrets = [resource(f"aws_secretsmanager_secret.security_s{n}_00000000") for n in range(3)]
        metrics = resource("aws_s3_bucket_metric.storage_exports_metrics_40AAF2AF", name="EntireBucket")
        return [*keys, *secrets, *alarms(24), metrics]

    def test_the_fixed_floor_of_prod(self) -> None:
        """10.40 there: it takes off the ten free metrics of alarms, but not the ten free custom metrics.

        Without the free tier that is one dollar more, with all of it three less. Two rotations of three keys
        add 6.00, which the design names beside its figure.
        """
        used = month(s3_request_metrics=16, metric_share=1)
        floor = estimate(self.floor(), used)
        assert floor.services["KMS"].low == 3.00
        assert floor.services["KMS"].high == 9.00
        assert floor.services["Secrets Manager"].low == 1.20
        assert floor.services["CloudWatch"].low == 7.20  # 2.40 for alarms, 4.80 for S3's metrics
        assert floor.total.low == 11.40
        assert estimate(self.floor(), used, free_tier=True).total.low == 7.40

    def test_a_web_acl_with_three_rules_adds_eight_dollars(self) -> None:
        acl = resource("aws_wafv2_web_acl.cdn_firewall_acl_ED469335", rule=[{"name": n} for n in "abc"])
        used = month(s3_request_metrics=16, metric_share=1)
        assert estimate([*self.floor(), acl], used).total.low == 11.40 + 8.00


class TestKeysAndSecrets:
    def test_only_a_key_that_is_rotated_grows(self) -> None:
        plain, rotated = (
            resource(f"aws_kms_key.backup_key_{n}0000000", enable_key_rotation=bool(n)) for n in (0, 1)
        )
        assert cents(estimate([plain]), "KMS") == (1, 1)
        assert cents(estimate([rotated]), "KMS") == (1, 3)

    def test_requests_of_all_keys_are_counted_once(self) -> None:
        keys = [
            resource(f"aws_kms_key.security_{name}-key_00000000") for name in ("table", "objects", "messages")
        ]
        used = month(sessions=1000, key_requests_per_session=(10, 100))
        assert units(estimate(keys, used), "kms.requests") == (10_000, 100_000)

    def test_reads_of_secrets_are_shared_out(self) -> None:
        secrets = [resource(f"aws_secretsmanager_secret.security_s{n}_00000000") for n in range(2)]
        found = estimate(secrets, month(sessions=100_000, secret_reads_per_session=2))
        assert units(found, "secrets.requests") == (200_000, 200_000)
        assert cents(found, "Secrets Manager") == (Decimal("1.80"), Decimal("1.80"))


class TestAccount:
    def test_the_trail_records_what_all_environments_do(self) -> None:
        used = month(sessions=1000, pdfs_per_session=1, downloads_per_pdf=2, writes_per_session=7, pdf_mb=0)
        trail = resource("aws_cloudtrail.audit-trail_8AEAD1CA")
        found = estimate([trail], used, environment="account", members=("dev", "prod"))
        assert units(found, "cloudtrail.data-events") == (20_000, 20_000)  # 1 + 2 + 7 for each session

    def test_its_keys_encrypt_each_file_of_the_trail(self) -> None:
        keys = [
            resource(f"aws_kms_key.{name}_key_00000000") for name in ("audit-trail", "security-alarms_topic")
        ]
        account = QUIET_ACCOUNT.model_copy(
            update={
                "trail_files": Range(Decimal(9000), Decimal(40_000)),
                "key_requests_per_trail_file": Range(Decimal(1), Decimal(2)),
            }
        )
        found = estimate(keys, environment="account", account=account)
        assert units(found, "kms.requests") == (9000, 80_000)
        assert cents(found, "KMS") == (Decimal("2.03"), Decimal("2.24"))

    def test_an_environments_thing_in_an_accounts_stack_is_named(self) -> None:
        found = estimate([table()], environment="account", account=QUIET_ACCOUNT)
        assert found.unpriced == (TABLE,)


def test_a_type_that_nobody_priced_is_named_and_the_rest_is_priced() -> None:
    key, other = resource("aws_kms_key.a_00000000"), resource("aws_nat_gateway.b_00000000")
    found = estimate([key, other])
    assert found.unpriced == ("aws_nat_gateway.b_00000000",)
    assert "aws_nat_gateway" in (found.reasons or {})["aws_nat_gateway.b_00000000"]
    assert found.total.low == 1.00


def test_no_type_is_both_priced_and_free() -> None:
    assert METERS.keys() & FREE.keys() == set()
    assert all(FREE.values())


def test_a_count_in_the_code_is_as_many_resources() -> None:
    document = {"resource": {"aws_kms_key": {"a_00000000": {"count": 3}, "b_00000000": {"count": "${n}"}}}}
    found = of_stack(document)
    assert [one.address for one in found] == [
        *(f"aws_kms_key.a_00000000[{n}]" for n in range(3)),
        "aws_kms_key.b_00000000",
    ]
    assert {one.label for one in found} == {"a", "b"}

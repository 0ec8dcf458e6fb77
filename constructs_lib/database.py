"""Database: the DynamoDB single table (seed, "Database Stack").

Items and access patterns: see the data model in `docs/data-model.md`. Key attributes are strings;
`expiresAt` is a Number, seconds since 1970 (trap 8: the flag below expires nothing by itself, writers set
the attribute and readers filter by it, because DynamoDB deletes with a delay of days).
"""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableGlobalSecondaryIndex,
    DynamodbTablePointInTimeRecovery,
    DynamodbTableServerSideEncryption,
    DynamodbTableTtl,
)
from constructs import Construct

from constructs_lib import generations, policies
from constructs_lib.security import CustomerKey, Grantee
from environments.sections import DatabaseConfig

INDEX = "GSI1"
HASH_KEY, RANGE_KEY = "PK", "SK"
INDEX_HASH_KEY, INDEX_RANGE_KEY = "GSI1PK", "GSI1SK"
TTL_ATTRIBUTE = "expiresAt"

READ_ITEMS = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
WRITE_ITEMS = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
]
READ_STREAM = ["DescribeStream", "GetShardIterator", "GetRecords"]
"""Beside ListStreams, which is about all streams of the table. Source: AWS SAM developer guide,
DynamoDBStreamReadPolicy."""
USE_TABLE_KEY = ["kms:Decrypt", "kms:DescribeKey"]


class Database(Construct):
    """The table with its index, TTL, stream, encryption, recovery and, if provisioned, its scaling.

    Attributes: `table_name`, `table_arn`, `index_arn`, `stream_arn`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        config: DatabaseConfig,
        key: CustomerKey,
        region: str,
        protected: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._key, self._region = config, key, region
        self._table = self._create_table(name, protected)
        generations.switch(self, self._table, name, config.generation)
        if config.billing_mode == "PROVISIONED":
            for resource, resource_id in (
                ("table", f"table/{self._table.name}"),
                ("index", f"table/{self._table.name}/index/{INDEX}"),
            ):
                self._scale(resource, resource_id)

        self.table_name: str = self._table.name
        self.table_arn: str = self._table.arn
        self.index_arn: str = f"{self._table.arn}/index/{INDEX}"
        self.stream_arn: str = self._table.stream_arn

    def grant_read_write(self, grantee: Grantee) -> None:
        """Every access pattern of the data model. No Scan: none of them needs it."""
        grantee.attach(
            "table-read-write",
            policies.allow("ReadItems", READ_ITEMS, [self.table_arn]),
            policies.allow("WriteItems", WRITE_ITEMS, [self.table_arn]),
            policies.allow("QueryIndex", ["dynamodb:Query"], [self.index_arn]),
            policies.use_key("UseTableKey", self._key.key_arn, USE_TABLE_KEY, "dynamodb", self._region),
        )

    def grant_items(self, grantee: Grantee, *operations: str) -> None:
        """These operations on items of the table, such as "PutItem", each in a statement of its own."""
        grantee.attach(
            "table-items",
            *(policies.allow(name, [f"dynamodb:{name}"], [self.table_arn]) for name in operations),
            policies.use_key("UseTableKey", self._key.key_arn, USE_TABLE_KEY, "dynamodb", self._region),
        )

    def grant_lookup(self, grantee: Grantee) -> None:
        """Find items by the keys of the index, such as a session by its token; none by those of the table."""
        grantee.attach(
            "table-lookup",
            policies.allow("QueryIndex", ["dynamodb:Query"], [self.index_arn]),
            policies.use_key("UseTableKey", self._key.key_arn, USE_TABLE_KEY, "dynamodb", self._region),
        )

    def grant_stream_read(self, grantee: Grantee) -> None:
        """Read the change stream, as a Lambda event source mapping does under its function's role.

        Lambda makes no mapping for a role that may not list the table's streams, of which this is one.
        Source: Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", execution role permissions.
        """
        grantee.attach(
            "table-stream-read",
            policies.allow(
                "ReadStream",
                [f"dynamodb:{name}" for name in READ_STREAM],
                [self.stream_arn],
            ),
            policies.allow("ListStreams", ["dynamodb:ListStreams"], [f"{self.table_arn}/stream/*"]),
            policies.use_key("UseTableKey", self._key.key_arn, USE_TABLE_KEY, "dynamodb", self._region),
        )

    def _create_table(self, name: str, protected: bool) -> DynamodbTable:
        provisioned = self._config.billing_mode == "PROVISIONED"
        read = self._config.read_capacity_min if provisioned else None
        write = self._config.write_capacity_min if provisioned else None
        return DynamodbTable(
            self,
            generations.table_id(self._config.generation),
            name=name,
            billing_mode=self._config.billing_mode,
            hash_key=HASH_KEY,
            range_key=RANGE_KEY,
            read_capacity=read,
            write_capacity=write,
            # Key attributes only: DynamoDB refuses a declared attribute that no key uses (trap 8).
            attribute=[
                DynamodbTableAttribute(name=key, type="S")
                for key in (HASH_KEY, RANGE_KEY, INDEX_HASH_KEY, INDEX_RANGE_KEY)
            ],
            global_secondary_index=[
                DynamodbTableGlobalSecondaryIndex(
                    name=INDEX,
                    hash_key=INDEX_HASH_KEY,
                    range_key=INDEX_RANGE_KEY,
                    projection_type="ALL",
                    read_capacity=read,
                    write_capacity=write,
                )
            ],
            ttl=DynamodbTableTtl(attribute_name=TTL_ATTRIBUTE, enabled=True),
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            server_side_encryption=DynamodbTableServerSideEncryption(
                enabled=True, kms_key_arn=self._key.key_arn
            ),
            point_in_time_recovery=DynamodbTablePointInTimeRecovery(
                enabled=self._config.point_in_time_recovery,
                recovery_period_in_days=(
                    self._config.pitr_recovery_days if self._config.point_in_time_recovery else None
                ),
            ),
            deletion_protection_enabled=protected,
            lifecycle=self._lifecycle(protected, provisioned),
        )

    @staticmethod
    def _lifecycle(protected: bool, provisioned: bool) -> TerraformResourceLifecycle | None:
        """What Terraform must leave alone.

        Auto scaling moves the capacities. The index's lie inside a set, of which Terraform can ignore
        only the whole (trap 10): to change the index of a provisioned table, switch it to
        PAY_PER_REQUEST first.
        """
        if not (protected or provisioned):
            return None
        return TerraformResourceLifecycle(
            prevent_destroy=True if protected else None,
            ignore_changes=["read_capacity", "write_capacity", "global_secondary_index"]
            if provisioned
            else None,
        )

    def _scale(self, resource: str, resource_id: str) -> None:
        """Target tracking for reads and writes of the table or of its index (trap 10: four targets)."""
        for access, minimum, maximum in (
            ("Read", self._config.read_capacity_min, self._config.read_capacity_max),
            ("Write", self._config.write_capacity_min, self._config.write_capacity_max),
        ):
            target = AppautoscalingTarget(
                self,
                f"{resource}-{access.lower()}-target",
                service_namespace="dynamodb",
                resource_id=resource_id,
                scalable_dimension=f"dynamodb:{resource}:{access}CapacityUnits",
                min_capacity=minimum,
                max_capacity=maximum,
            )
            AppautoscalingPolicy(
                self,
                f"{resource}-{access.lower()}-policy",
                name=f"{resource}-{access.lower()}",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                target_tracking_scaling_policy_configuration=(
                    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                        target_value=self._config.target_utilization,
                        predefined_metric_specification=AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
                            predefined_metric_type=f"DynamoDB{access}CapacityUtilization"
                        ),
                    )
                ),
            )

"""Destroying: what is counted, what forbids it, how buckets are emptied, what happens to what is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from environments import naming
from ops import cli
from ops.commands import destroy as command
from ops.destroy import doomed, emptying, holdings, protection, remains, report, steps
from ops.destroy.holdings import Holding
from ops.destroy.remains import Remains
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.inventory import Item, NotAsked
from ops.plans.document import Resource
from ops.plans.synthesized import Synthesized
from ops.stacks import Stack
from tests.support import configuration

DEV = Stack("dev", "dev", "123456789012", "eu-west-1")
FIRST = naming.table("dev")
ACCOUNT = Stack("account", "account", "123456789012", "eu-west-1")


def resource(type_: str, **values: Any) -> Resource:
    return Resource(f"{type_}.x", type_, values, {})


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said AWS"}}, "Operation")


class Paginated:
    """A client whose operations answer with these pages; a page that is an exception is raised."""

    class exceptions:
        NoSuchBucket = type("NoSuchBucket", (Exception,), {})
        NoSuchUpload = type("NoSuchUpload", (Exception,), {})
        ResourceNotFoundException = type("ResourceNotFoundException", (Exception,), {})

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get_paginator(self, operation: str) -> Any:
        def paginate(**arguments: Any) -> Iterator[Any]:
            self.asked.append((operation, arguments))
            for page in self._answers.get(operation, [{}]):
                if isinstance(page, Exception):
                    raise page
                yield page

        return type("Paginator", (), {"paginate": staticmethod(paginate)})

    def get_waiter(self, name: str) -> Any:
        return Paginated(wait=None)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.asked.append((operation, arguments))
            answer = self._answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call


def held(client: Paginated, found: Resource) -> Holding:
    (one,) = holdings.look([found], "eu-west-1", lambda service, region: client)
    return one


class TestHoldings:
    DESCRIBED: dict[str, Any] = {"Table": {"ItemCount": 900, "TableSizeBytes": 5000}}  # noqa: RUF012
    TABLE = resource("aws_dynamodb_table", name="t", arn="arn:aws:dynamodb:eu-central-1:1:table/t")

    def test_items_are_counted_by_reading_all_pages(self) -> None:
        client = Paginated(describe_table=self.DESCRIBED, scan=[{"Count": 700}, {"Count": 42}])
        found = held(client, self.TABLE)
        assert (found.figures, found.exact, found.region) == ({"items": 742}, True, "eu-central-1")
        assert client.asked[-1] == ("scan", {"TableName": "t", "Select": "COUNT"})

    def test_a_big_table_is_an_estimate_and_says_so(self) -> None:
        pages = [{"Count": 10, "LastEvaluatedKey": {}}] * (holdings.SCAN_PAGES + 5)
        found = held(Paginated(describe_table=self.DESCRIBED, scan=pages), self.TABLE)
        assert (found.figures["items"], found.exact) == (10 * holdings.SCAN_PAGES, False)
        assert "at least" in report.said(found)

    def test_exactly_as_many_pages_as_are_read_is_exact(self) -> None:
        pages = [{"Count": 10, "LastEvaluatedKey": {}}] * (holdings.SCAN_PAGES - 1) + [{"Count": 1}]
        assert held(Paginated(describe_table=self.DESCRIBED, scan=pages), self.TABLE).exact

    def test_without_the_right_to_scan_it_is_dynamodbs_figure(self) -> None:
        client = Paginated(describe_table=self.DESCRIBED, scan=[refusal("AccessDeniedException")])
        found = held(client, self.TABLE)
        assert (found.figures, found.exact) == ({"items": 900, "bytes": 5000}, False)
        assert report.said(found).startswith("900 items, 5.0 KB (not permitted to scan")

    def test_objects_versions_markers_and_bytes(self) -> None:
        versions = [{"IsLatest": True, "Size": 5}, {"IsLatest": False, "Size": 7}]
        pages = [{"Versions": versions, "DeleteMarkers": [{}]}, {"Versions": versions[:1]}]
        client = Paginated(list_object_versions=pages, list_multipart_uploads=[{"Uploads": [{}]}])
        found = held(client, resource("aws_s3_bucket", bucket="b", arn="arn:aws:s3:::b"))
        assert found.figures == {"objects": 2, "versions": 3, "markers": 1, "bytes": 17, "uploads": 1}
        assert found.region == "eu-west-1"

    @pytest.mark.parametrize("versions", [{}, {"v1": ["AWSCURRENT"], "v0": ["AWSPREVIOUS"]}])
    def test_values_of_secrets(self, versions: dict[str, Any]) -> None:
        client = Paginated(describe_secret={"VersionIdsToStages": versions})
        found = held(client, resource("aws_secretsmanager_secret", name="s"))
        assert (found.figures, found.empty) == ({"values": len(versions)}, not versions)

    def test_messages(self) -> None:
        attributes = {
            "ApproximateNumberOfMessages": "3",
            "ApproximateNumberOfMessagesNotVisible": "1",
            "ApproximateNumberOfMessagesDelayed": "0",
        }
        client = Paginated(get_queue_attributes={"Attributes": attributes})
        assert report.said(held(client, resource("aws_sqs_queue", url="u"))) == "3 waiting, 1 in work"

    def test_backups_of_a_vault(self) -> None:
        points = [{"RecoveryPoints": [{"BackupSizeInBytes": 2_000}, {}]}, {"RecoveryPoints": [{}]}]
        client = Paginated(list_recovery_points_by_backup_vault=points)
        found = held(client, resource("aws_backup_vault", name="v", arn="arn:aws:backup:us-east-1:1:v"))
        assert report.said(found) == "3 backups, 2.0 KB"

    def test_what_is_gone_already_is_told(self) -> None:
        client = Paginated(describe_table=refusal("ResourceNotFoundException"))
        assert not held(client, self.TABLE).present

    def test_what_may_not_be_looked_into_is_not_empty(self) -> None:
        client = Paginated(describe_secret=refusal("AccessDeniedException"))
        found = held(client, resource("aws_secretsmanager_secret", name="s"))
        assert not found.empty
        assert "not permitted" in report.said(found)

    def test_resources_without_data_are_not_asked(self) -> None:
        assert list(holdings.look([resource("aws_iam_role", name="r")], "eu-west-1", _no_client)) == []


def _no_client(service: str, region: str) -> Any:
    raise AssertionError(f"{service} was asked")


class Bucket(Paginated):
    """A bucket with so many versions and markers; page size as asked for."""

    def __init__(self, versions: int, markers: int = 0, *, kept: tuple[str, ...] = ()) -> None:
        super().__init__(list_multipart_uploads=[{"Uploads": [{"Key": "u", "UploadId": "1"}]}])
        self.content = [("Versions", f"v{n}") for n in range(versions)]
        self.content += [("DeleteMarkers", f"m{n}") for n in range(markers)]
        self.kept = kept
        self.aborted: list[str] = []

    def list_object_versions(self, *, Bucket: str, MaxKeys: int) -> dict[str, Any]:
        page: dict[str, Any] = {}
        for kind, key in self.content[:MaxKeys]:
            page.setdefault(kind, []).append({"Key": key, "VersionId": f"{key}-1"})
        return page

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        assert len(Delete["Objects"]) <= 1_000
        gone = {one["Key"] for one in Delete["Objects"]} - set(self.kept)
        self.content = [entry for entry in self.content if entry[1] not in gone]
        errors = [one for one in Delete["Objects"] if one["Key"] in self.kept]
        return {"Errors": [{"Key": one["Key"], "Code": "AccessDenied"} for one in errors]} if errors else {}

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> None:
        self.aborted.append(Key)


class TestEmptying:
    def test_versions_markers_and_uploads_go_in_batches(self) -> None:
        bucket, told = Bucket(2_100, 50), []
        assert emptying.empty(bucket, "b", told.append) == 2_150
        assert (bucket.content, bucket.aborted, told) == ([], ["u"], [1_000, 2_000, 2_150])

    def test_cut_off_at_any_batch_it_goes_on_with_the_rest(self) -> None:
        bucket = Bucket(2_500)

        def cut_off(deleted: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            emptying.empty(bucket, "b", cut_off)
        assert emptying.empty(bucket, "b", lambda deleted: None) == 1_500

    def test_what_s3_keeps_ends_it_and_is_named(self) -> None:
        with pytest.raises(
            OpsError, match=r"keeps 1 of the versions in b, the first 'v1': AccessDenied"
        ) as e:
            emptying.empty(Bucket(3, kept=("v1",)), "b", lambda deleted: None)
        assert e.value.code is ExitCode.INCOMPLETE
        assert "2 versions are deleted" in e.value.hint

    def test_a_bucket_that_is_gone_is_empty(self) -> None:
        gone = Paginated(list_multipart_uploads=[Paginated.exceptions.NoSuchBucket()])
        assert emptying.empty(gone, "b", lambda deleted: None) == 0


class TestGenerations:
    """Tables of restores, which Terraform was told to forget."""

    @pytest.fixture
    def dynamodb(self) -> Paginated:
        names = [FIRST, f"{FIRST}-r2", f"{FIRST}-r3", f"{FIRST}-r3-copy", f"{FIRST}s"]
        protected = {f"{FIRST}-r3"}

        def describe_table(*, TableName: str) -> dict[str, Any]:
            if TableName not in names:
                raise Paginated.exceptions.ResourceNotFoundException
            description = {
                "TableName": TableName,
                "TableArn": f"arn:aws:dynamodb:eu-west-1:1:table/{TableName}",
            }
            guarded = {"DeletionProtectionEnabled": TableName in protected}
            return {
                "Table": {
                    "TableStatus": "ACTIVE",
                    "CreationDateTime": datetime.now(UTC),
                    "ItemCount": 9,
                    "TableSizeBytes": 9,
                    **description,
                    **guarded,
                }
            }

        def delete_table(*, TableName: str) -> None:
            describe_table(TableName=TableName)
            assert TableName not in protected
            names.remove(TableName)

        def update_table(*, TableName: str, DeletionProtectionEnabled: bool) -> None:
            describe_table(TableName=TableName)
            assert not DeletionProtectionEnabled
            protected.remove(TableName)

        return Paginated(
            list_tables=[{"TableNames": names}],
            describe_table=describe_table,
            list_tags_of_resource={"Tags": []},
            scan=[{"Count": 1}],
            update_table=update_table,
            delete_table=delete_table,
        )

    def test_those_in_no_state_are_counted_and_deleted(self, dynamodb: Any) -> None:
        live = resource("aws_dynamodb_table", name=f"{FIRST}-r2", arn="arn:aws:dynamodb:eu-west-1:1:table/x")
        found = doomed.find([live], DEV, lambda service, region: dynamodb)
        assert [one.name for one in found.generations] == [FIRST, f"{FIRST}-r3"]
        assert [(one.name, report.said(one)) for one in found.holdings] == [
            (f"{FIRST}-r2", "1 items"),
            (FIRST, "1 items (of a restore, in no state)"),
            (f"{FIRST}-r3", "1 items (of a restore, in no state)"),
        ]
        deleted = steps.delete_generations(found.generations, dynamodb, Console(quiet=True))
        assert deleted == [FIRST, f"{FIRST}-r3"]
        [left] = dynamodb.get_paginator("list_tables").paginate()
        assert left["TableNames"] == [f"{FIRST}-r2", f"{FIRST}-r3-copy", f"{FIRST}s"]
        assert steps.delete_generations(found.generations, dynamodb, Console(quiet=True)) == deleted  # again

    def test_the_account_has_no_tables(self) -> None:
        assert doomed.find([], ACCOUNT, _no_client).generations == ()

    def test_made_again_it_begins_with_the_first(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        from ops.recovery import generations

        for name, value in {**configuration.variables(), "SPEC_WIZARD_ENV_DIR": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        generations.write("staging", 2)
        file = generations.write("dev", 3)
        for _ in range(2):
            steps.begin_generations_anew(DEV, Console(quiet=True))
            assert json.loads(file.read_text()) == {"staging": 2}


class TestLock:
    def test_nothing_is_deleted_while_somebody_deploys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from ops.remote_state import locks

        monkeypatch.setattr(locks, "read_locks", lambda owner: ["a lock"])
        monkeypatch.setattr(locks, "describe", lambda lock: "anna applies since 10:00")
        with pytest.raises(OpsError, match="dev is locked: anna applies since 10:00") as caught:
            steps.refuse_while_locked(DEV)
        assert caught.value.code is ExitCode.LOCKED
        assert "ops state unlock dev" in caught.value.hint


class TestProtection:
    def test_the_refusal_names_what_is_protected_and_the_way(self) -> None:
        with pytest.raises(OpsError, match="Protected: prod/database/table, prod/key") as caught:
            protection.refuse_protected("prod", ["prod/database/table", "prod/key"], ["prod"])
        assert caught.value.code is ExitCode.PROTECTED
        assert "DELETION_PROTECTION=false in .env.prod" in caught.value.hint
        assert "cdktf deploy prod" in caught.value.hint

    def test_protection_that_is_still_on_in_aws(self) -> None:
        on = Paginated(describe_table={"Table": {"DeletionProtectionEnabled": True}})
        table = resource("aws_dynamodb_table", name="t")
        assert protection.by_aws([table, resource("aws_iam_role")], on) == ["table t"]
        with pytest.raises(OpsError, match="AWS still protects table t") as caught:
            protection.refuse_undeployed("prod", ["table t"])
        assert caught.value.code is ExitCode.PROTECTED

    def test_a_table_that_is_gone_is_not_protected(self) -> None:
        gone = Paginated(describe_table=Paginated.exceptions.ResourceNotFoundException())
        assert protection.by_aws([resource("aws_dynamodb_table", name="t")], gone) == []
        protection.refuse_undeployed("dev", [])

    @staticmethod
    def states(**resources: int) -> Paginated:
        """A state bucket: environment -> number of resources in its state."""

        def get_object(*, Bucket: str, Key: str) -> Any:
            environment = Key.partition("/")[0]
            if environment not in resources:
                raise refusal("NoSuchKey")
            return {"Body": BytesIO(json.dumps({"resources": [{}] * resources[environment]}).encode())}

        return Paginated(get_object=get_object)

    def test_an_account_is_kept_while_an_environment_is_there(self) -> None:
        with pytest.raises(OpsError, match=r"staging \(3 resources\)") as caught:
            protection.refuse_while_in_use(ACCOUNT, self.states(dev=0, staging=3))
        assert caught.value.code is ExitCode.PROTECTED
        assert caught.value.hint == "Destroy them first:  ops destroy staging"
        protection.refuse_while_in_use(ACCOUNT, self.states(dev=0, account=9))

    def test_whether_anything_is_in_a_state(self) -> None:
        assert protection.has_resources(self.states(dev=1), DEV)
        assert not protection.has_resources(self.states(dev=0), DEV)
        assert not protection.has_resources(Paginated(get_object=refusal("NoSuchBucket")), DEV)

    def test_a_damaged_state_is_told(self) -> None:
        broken = Paginated(get_object={"Body": BytesIO(b"{")})
        with pytest.raises(OpsError, match="is no JSON") as caught:
            protection.has_resources(broken, DEV)
        assert caught.value.code is ExitCode.STATE

    @pytest.mark.parametrize(
        ("stack", "protects", "expected"),
        [("dev", "", []), ("prod", "", ["prod"]), ("prod", "false", []), ("account", "", ["prod"])],
    )
    def test_who_protects_a_stack(
        self, monkeypatch: pytest.MonkeyPatch, stack: str, protects: str, expected: list[str]
    ) -> None:
        from ops.local_aws.example import EXAMPLE_VALUES

        for name, value in {**EXAMPLE_VALUES, "AWS_ENDPOINT_URL": "https://127.0.0.1:1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("DELETION_PROTECTION", raising=False)
        if protects:
            monkeypatch.setenv("DELETION_PROTECTION", protects)
        assert doomed.protectors(Stack(stack, stack, "123456789012", "us-east-1")) == expected

    def test_what_terraform_refuses_by_construct_path(self) -> None:
        body = {
            "//": {"metadata": {"path": "prod/database/table"}},
            "lifecycle": {"prevent_destroy": True},
        }
        assert protection.by_terraform(Synthesized({"a.t": body, "a.u": {}})) == ["prod/database/table"]


class TestRemains:
    @pytest.fixture
    def look(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        def run(*found: Item | NotAsked, apis: tuple[str, ...] = ()) -> Remains:
            monkeypatch.setattr(remains.inventory, "everything", lambda clients, region, first: found)
            monkeypatch.setattr(remains, "_leaving", lambda environment, region, client: [])
            return remains.look("dev", ["eu-west-1"], apis, _no_client)

        return run

    def test_what_may_go_and_what_must_be_looked_at(self, look: Any) -> None:
        group = Item("log group", "/aws/lambda/spec-wizard-dev-connect")
        role, other = Item("role", "spec-wizard-dev-lost"), Item("role", "spec-wizard-staging-x")
        found = look(group, role, other, NotAsked("rule", "no"))
        assert (found.removable, found.left) == ((group,), (role,))
        assert found.not_asked == (NotAsked("rule", "no"),)

    def test_the_log_of_an_api_is_ours_only_by_its_id(self, look: Any) -> None:
        ours, theirs = (Item("log group", f"/aws/apigateway/{id_}/dev") for id_ in ("a1", "b2"))
        assert look(ours, theirs, apis=("a1",)).removable == (ours,)
        assert look(ours, theirs).removable == ()

    def test_a_filter_goes_with_its_log_group(self, look: Any) -> None:
        group = Item("log group", "/spec-wizard/dev/errors")
        assert look(group, Item("filter", "/spec-wizard/dev/errors count-dev-")).left == ()

    def test_a_subscription_goes_with_its_topic(self, look: Any) -> None:
        topic = Item("topic", "arn:aws:sns:r:1:spec-wizard-dev-alarms")
        subscription = Item("subscription", f"{topic.name} -> email a@example.com")
        assert look(subscription).left == ()
        assert look(topic, subscription).left == (topic, subscription)

    def test_removal_takes_what_is_gone_meanwhile_for_done(self) -> None:
        asked: list[str] = []

        def client(service: str, region: str) -> Any:
            asked.append(f"{service} {region}")
            return Paginated(
                delete_log_group=refusal("ResourceNotFoundException"),
                delete_parameter=refusal("ParameterNotFound"),
                delete_alarms={},
            )

        kinds = ("log group", "parameter", "alarm")
        remains.remove([Item(kind, "x", "x", "us-east-1") for kind in kinds], client)
        assert asked == ["logs us-east-1", "ssm us-east-1", "cloudwatch us-east-1"]

    def test_what_leaves_by_itself_is_told_with_its_date(self) -> None:
        at = datetime(2026, 12, 5, 8, 0, tzinfo=UTC)
        (line,) = report.remaining(Remains(leaving=(("secret a", at),)))
        assert line.strip() == (
            "leaving  secret a: AWS deletes it on 2026-12-05 08:00; until then it can be brought back"
        )

    def test_keys_backups_and_secrets_on_their_way_out(self) -> None:
        at = datetime(2026, 12, 5, tzinfo=UTC)

        def key(id_: str, environment: str, state: str) -> dict[str, Any]:
            text = f"Objects of the Specification Wizard ({environment})"
            return {"KeyId": id_, "Description": text, "KeyState": state, "DeletionDate": at}

        keys = {
            "a": key("a", "dev", "PendingDeletion"),
            "b": key("b", "dev", "Enabled"),
            "c": key("c", "staging", "PendingDeletion"),
        }
        kms = Paginated(
            list_keys=[{"Keys": [{"KeyId": id_} for id_ in keys]}],
            describe_key=lambda KeyId: {"KeyMetadata": keys[KeyId]},
        )
        kms.can_paginate = lambda operation: True  # type: ignore[attr-defined]
        listed = [
            {"Name": "spec-wizard/dev/openai", "ARN": "1", "DeletedDate": at},
            {"Name": "spec-wizard/dev/anthropic", "ARN": "2"},
            {"Name": "spec-wizard/staging/openai", "ARN": "3", "DeletedDate": at},
        ]
        secrets = Paginated(list_secrets=[{"SecretList": listed}], describe_secret={"DeletedDate": at})
        backups = [
            {"BackupName": "b", "TableName": f"t-spec-wizard-{name}", "BackupType": type_, **expiry}
            for name, type_, expiry in (
                ("dev", "SYSTEM", {"BackupExpiryDateTime": at}),
                ("dev", "USER", {}),
                ("staging", "SYSTEM", {"BackupExpiryDateTime": at}),
            )
        ]
        dynamodb = Paginated(list_backups=[{"BackupSummaries": backups}])
        dynamodb.can_paginate = lambda operation: True  # type: ignore[attr-defined]
        clients = {"kms": kms, "secretsmanager": secrets, "dynamodb": dynamodb}
        found = remains._leaving("dev", "eu-west-1", lambda service, region: clients[service])
        assert found == [
            ("key a, Objects of the Specification Wizard (dev)", at),
            ("backup b of t-spec-wizard-dev", at),
            ("secret spec-wizard/dev/openai", at),
        ]


class TestJudgement:
    @staticmethod
    def judge(found: Remains) -> None:
        command._judge("dev", found, Console(quiet=True))

    def test_what_is_left_is_incomplete(self) -> None:
        with pytest.raises(OpsError, match="role: spec-wizard-dev-lost") as caught:
            self.judge(Remains(left=(Item("role", "spec-wizard-dev-lost"),)))
        assert caught.value.code is ExitCode.INCOMPLETE

    def test_what_could_not_be_asked_is_not_taken_for_empty(self) -> None:
        with pytest.raises(OpsError, match="may not be listed: rule") as caught:
            self.judge(Remains(not_asked=(NotAsked("rule", "no"),)))
        assert caught.value.code is ExitCode.INCOMPLETE

    def test_what_was_removed_or_leaves_is_complete(self) -> None:
        at = datetime(2026, 12, 5, tzinfo=UTC)
        self.judge(Remains(removable=(Item("log group", "/x"),), leaving=(("key a", at),)))


class TestCommandLine:
    @pytest.mark.parametrize("options", [["--yes"], ["--confirm", "staging"], ["--yes", "--confirm", "prod"]])
    def test_without_the_name_aws_is_not_even_asked(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], options: list[str]
    ) -> None:
        monkeypatch.setattr("ops.aws.verify_caller", lambda *_: pytest.fail("AWS was asked"))
        monkeypatch.setattr(cli, "_end_in_order_when_told_to", lambda: None)
        monkeypatch.setattr("sys.argv", ["ops", "destroy", "dev", *options])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == ExitCode.USAGE
        assert "ops destroy dev --confirm dev" in capfd.readouterr().err

    @pytest.mark.parametrize("name", ["foo", "all", "dev,staging"])
    @pytest.mark.parametrize("verb", ["destroy", "drift"])
    def test_an_environment_that_is_none(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], verb: str, name: str
    ) -> None:
        monkeypatch.setattr("ops.aws.verify_caller", lambda *_: pytest.fail("AWS was asked"))
        monkeypatch.setattr(cli, "_end_in_order_when_told_to", lambda: None)
        monkeypatch.setattr("sys.argv", ["ops", verb, name])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == ExitCode.CONFIGURATION
        assert repr(name) in capfd.readouterr().err


class TestReport:
    def test_what_dies(self) -> None:
        resources = [resource("aws_iam_role"), resource("aws_iam_role"), resource("aws_s3_bucket")]
        data = [
            Holding("table", "t", "r", {"items": 1_234_567}),
            Holding("bucket", "b", "r", {"objects": 0, "versions": 0, "bytes": 0}),
        ]
        assert list(report.dying("dev", resources, data)) == [
            "dev: 3 resources would be destroyed",
            "     2 aws_iam_role",
            "     1 aws_s3_bucket",
            "Data that would be lost:",
            "  table t: 1,234,567 items",
            "  and 1 that are empty",
        ]

    @pytest.mark.parametrize(
        ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 KB"), (3 * 10**12, "3.0 TB")]
    )
    def test_sizes(self, count: int, text: str) -> None:
        assert report.size(count) == text

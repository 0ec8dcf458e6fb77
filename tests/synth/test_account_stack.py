"""The account's stack as synthesized: mail, costs, settings, outputs. Others have files of their own."""

from __future__ import annotations

import json

import pytest

from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import account_stack, stack

IN_OUR_ZONE = {"SES_HOSTED_ZONE_ID": "Z0EXAMPLE"}
ACCOUNT_WIDE = (
    "aws_accessanalyzer_analyzer",
    "aws_api_gateway_account",
    "aws_budgets_budget",
    "aws_ce_anomaly_monitor",
    "aws_ce_anomaly_subscription",
    "aws_cloudtrail",
    "aws_iam_openid_connect_provider",
    "aws_s3_account_public_access_block",
    "aws_sesv2_account_suppression_attributes",
    "aws_sesv2_email_identity",
)


@pytest.mark.parametrize("type_", ACCOUNT_WIDE)
def test_what_exists_once_per_account_is_in_its_stack_alone(type_: str) -> None:
    assert len(account_stack().all(type_)) == 1
    assert [name for name in ENVIRONMENTS if type_ in stack(name).json["resource"]] == []


def test_trap_56_the_account_has_its_own_state() -> None:
    backend = account_stack().json["terraform"]["backend"]["s3"]
    assert backend["key"] == "account/terraform.tfstate"
    assert backend["kms_key_id"] == "arn:aws:kms:us-east-1:123456789012:alias/spec-wizard-tfstate"
    assert (backend["dynamodb_table"], backend["use_lockfile"]) == ("spec-wizard-tflock", True)
    (provider,) = account_stack().json["provider"]["aws"]
    assert provider["allowed_account_ids"] == ["123456789012"]
    assert provider["default_tags"][0]["tags"]["Environment"] == "account"


def test_trap_37_api_gateway_may_write_logs_before_it_is_asked_to() -> None:
    synthesized = account_stack()
    attachment = synthesized.all("aws_iam_role_policy_attachment")["settings/api-gateway-write-logs"]
    assert attachment["policy_arn"].endswith(":policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
    setting = synthesized.only("aws_api_gateway_account")
    assert "settings_api-gateway-role" in setting["cloudwatch_role_arn"]
    assert [name.split(".")[0] for name in setting["depends_on"]] == ["aws_iam_role_policy_attachment"]


def test_no_bucket_of_the_account_can_be_public() -> None:
    block = account_stack().only("aws_s3_account_public_access_block")
    assert all(
        block[name]
        for name in (
            *("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
        )
    )


def test_trap_50_costs_are_told_to_addresses_that_need_no_confirmation() -> None:
    synthesized = account_stack(MONTHLY_BUDGET_USD="70", COST_ANOMALY_USD="15")
    budget = synthesized.only("aws_budgets_budget")
    assert (budget["limit_amount"], budget["limit_unit"], budget["time_unit"]) == ("70", "USD", "MONTHLY")
    assert [(n["notification_type"], n["threshold"]) for n in budget["notification"]] == [
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    assert all(n["subscriber_email_addresses"] == ["alerts@example.com"] for n in budget["notification"])
    subscription = synthesized.only("aws_ce_anomaly_subscription")
    assert subscription["subscriber"] == [{"type": "EMAIL", "address": "alerts@example.com"}]
    assert subscription["threshold_expression"]["dimension"]["values"] == ["15"]
    topics = synthesized.all("aws_sns_topic_subscription")
    assert [path for path in topics if not path.startswith("security-alarms/")] == []


def test_trap_31_mail_without_a_configuration_set_gets_one() -> None:
    synthesized = account_stack()
    identity = synthesized.only("aws_sesv2_email_identity")
    assert "mail_defaults" in identity["configuration_set_name"]
    defaults = synthesized.only("aws_sesv2_configuration_set")
    assert defaults["configuration_set_name"] == "spec-wizard-account"
    assert defaults["delivery_options"]["tls_policy"] == "REQUIRE"
    assert defaults["reputation_options"]["reputation_metrics_enabled"] is True
    assert sorted(defaults["suppression_options"]["suppressed_reasons"]) == ["BOUNCE", "COMPLAINT"]


def test_trap_35_a_domain_in_our_zone_gets_all_records() -> None:
    synthesized = account_stack(**IN_OUR_ZONE)
    records = {path.rpartition("/")[2]: r for path, r in synthesized.all("aws_route53_record").items()}
    assert {record["zone_id"] for record in records.values()} == {"Z0EXAMPLE"}
    assert {name: record["type"] for name, record in records.items()} == {
        **{f"dkim-{index}": "CNAME" for index in range(3)},
        "mail-from-mx": "MX",
        "mail-from-spf": "TXT",
        "dmarc": "TXT",
    }
    for index in range(3):
        record = records[f"dkim-{index}"]
        assert f".tokens, {index})}}._domainkey.example.com" in record["name"]
        assert record["records"][0].endswith(f".tokens, {index})}}.dkim.amazonses.com")
    assert records["mail-from-mx"]["records"] == ["10 feedback-smtp.us-east-1.amazonses.com"]
    assert records["mail-from-spf"]["records"] == ["v=spf1 include:amazonses.com ~all"]
    assert records["dmarc"]["name"] == "_dmarc.example.com"
    assert records["dmarc"]["records"] == ["v=DMARC1; p=quarantine;"]
    # A record that is somebody else's is not overwritten.
    assert not any("allow_overwrite" in record for record in records.values())


def test_trap_35_some_regions_have_a_dkim_domain_of_their_own() -> None:
    synthesized = account_stack(
        **IN_OUR_ZONE, AWS_REGION="eu-south-1", CERTIFICATE_ARN="", HOSTED_ZONE_ID="Z0EXAMPLE"
    )
    record = synthesized.all("aws_route53_record")["mail/example-com/dkim-0"]
    assert record["records"][0].endswith(".dkim.eu-south-1.amazonses.com")


def test_trap_35_a_domain_in_a_foreign_zone_has_its_records_to_copy() -> None:
    synthesized = account_stack()
    assert "aws_route53_record" not in synthesized.json["resource"]
    records = json.loads(synthesized.json["output"]["mail_dns_records"]["value"])
    assert [record["type"] for record in records] == ["CNAME", "CNAME", "CNAME", "MX", "TXT", "TXT"]
    assert {record["kept_by_route53"] for record in records} == {False}
    ours = json.loads(account_stack(**IN_OUR_ZONE).json["output"]["mail_dns_records"]["value"])
    assert [{**record, "kept_by_route53": False} for record in ours] == records


def test_trap_35_spf_speaks_for_the_senders_domain() -> None:
    attributes = account_stack().only("aws_sesv2_email_identity_mail_from_attributes")
    assert attributes["mail_from_domain"] == "mail.example.com"
    assert attributes["behavior_on_mx_failure"] == "USE_DEFAULT_VALUE"


def test_trap_35_an_address_is_verified_by_a_link_and_needs_no_records() -> None:
    synthesized = account_stack(SES_IDENTITY="address")
    identity = synthesized.only("aws_sesv2_email_identity")
    assert identity["email_identity"] == "noreply@example.com"
    assert "dkim_signing_attributes" not in identity
    assert "aws_sesv2_email_identity_mail_from_attributes" not in synthesized.json["resource"]
    assert json.loads(synthesized.json["output"]["mail_dns_records"]["value"]) == []


@pytest.mark.parametrize("protected", ["true", "false"])
def test_trap_56_what_cannot_be_made_again_is_protected_with_the_environments(protected: str) -> None:
    synthesized = account_stack(DELETION_PROTECTION=protected)
    key = synthesized.all("aws_kms_key")["audit-trail/key/key"]
    kept = [key, *(synthesized.only(type_) for type_ in ("aws_s3_bucket", "aws_sesv2_email_identity"))]
    for resource in kept:
        refuses = (resource.get("lifecycle") or {}).get("prevent_destroy", False)
        assert refuses is (protected == "true"), resource["//"]
    assert synthesized.only("aws_s3_bucket")["force_destroy"] is (protected == "false")
    assert key["deletion_window_in_days"] == (30 if protected == "true" else 7)


def test_outputs_have_the_names_that_ops_reads() -> None:
    assert set(account_stack().json["output"]) == {
        *("aws_region", "access_analyzer_arn", "trail_bucket_name", "trail_log_group"),
        "security_alarm_topic_arn",
        *("mail_identities", "mail_dns_records", "mail_configuration_set"),
        *("plan_role_arn", "deploy_role_arn_dev", "deploy_role_arn_staging", "deploy_role_arn_prod"),
    }


def test_no_lookup_of_aws_at_plan() -> None:
    assert "data" not in account_stack().json

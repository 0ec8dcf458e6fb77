"""fixes/route53_dnssec.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud, refused, unique


def _zone(cloud: Cloud) -> str:
    made = cloud.client("route53").create_hosted_zone(
        Name=f"{unique('zone')}.example.com", CallerReference=unique("zone")
    )
    return str(made["HostedZone"]["Id"].rpartition("/")[2])


def test_no_zone_is_signed(fixed: Cloud) -> None:
    found = fixed.client("route53").get_dnssec(HostedZoneId=_zone(fixed))
    assert found["Status"]["ServeSignature"] == "NOT_SIGNING"
    assert found["KeySigningKeys"] == []


def test_a_missing_zone_is_named_as_such(fixed: Cloud) -> None:
    call = fixed.client("route53").get_dnssec
    assert refused(call, HostedZoneId="Z0000000000000") == "NoSuchHostedZone"


def test_it_needs_a_permission(fixed: Cloud) -> None:
    zone = _zone(fixed)
    assert refused(fixed.user().client("route53").get_dnssec, HostedZoneId=zone) == "AccessDenied"


def test_stock_does_not_know_the_action(stock: Cloud) -> None:
    assert refused(stock.client("route53").get_dnssec, HostedZoneId=_zone(stock)) == "InvalidInput"

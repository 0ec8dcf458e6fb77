"""Permissions, and what watches over an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.inventory.model import Lister, pages


def _roles(iam: Any) -> Iterator[str]:
    yield from (role["RoleName"] for role in pages(iam, "list_roles", "Roles"))


def _policies(iam: Any) -> Iterator[tuple[str, str]]:
    for policy in pages(iam, "list_policies", "Policies", Scope="Local"):
        yield policy["PolicyName"], policy["Arn"]


def _providers(iam: Any) -> Iterator[str]:
    yield from (one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])


def _trails(cloudtrail: Any) -> Iterator[str]:
    yield from (trail["Name"] for trail in pages(cloudtrail, "list_trails", "Trails"))


def _analyzers(analyzer: Any) -> Iterator[str]:
    yield from (one["name"] for one in pages(analyzer, "list_analyzers", "analyzers"))


def _monitors(explorer: Any) -> Iterator[str]:
    yield from (one["MonitorName"] for one in pages(explorer, "get_anomaly_monitors", "AnomalyMonitors"))


LISTERS = (
    Lister("role", "iam", _roles, everywhere=True),
    Lister("policy", "iam", _policies, everywhere=True),
    Lister("identity provider", "iam", _providers, everywhere=True),
    Lister("trail", "cloudtrail", _trails),
    Lister("analyzer", "accessanalyzer", _analyzers),
    Lister("anomaly monitor", "ce", _monitors, everywhere=True),
)

"""Cleaning up after proofs that wrote an object."""

from __future__ import annotations

from ops.smoke.deployment import Deployment


def remove(deployment: Deployment, bucket: str, key: str) -> None:
    """Every version of one object."""
    deployer = deployment.deployer("s3")
    versions = deployer.list_object_versions(Bucket=bucket, Prefix=key)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        deployer.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])

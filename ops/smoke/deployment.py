"""What the proofs know of a deployed environment, and clients to reach it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PLAIN_ENDPOINT = "LOCAL_AWS_PLAIN_ENDPOINT_URL"


@dataclass
class Deployment:
    """One environment. outputs: its Terraform outputs, name -> value."""

    environment: str
    outputs: dict[str, str]

    def deployer(self, service: Any, **options: Any) -> Any:
        """A client with the caller's own credentials: for preparing and cleaning up.

        In the environment's region, unless `region_name` is another.
        """
        return self._session.client(service, **{"region_name": self.outputs["aws_region"], **options})

    def application(self, service: Any, **options: Any) -> Any:
        """A client under the application's role."""
        return self._session.client(
            service,
            region_name=self.outputs["aws_region"],
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
            **options,
        )

    def application_resource(self, service: Any) -> Any:
        """The same as a boto3 resource."""
        return self._session.resource(
            service,
            region_name=self.outputs["aws_region"],
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
        )

    def anonymous_s3(self) -> Any:
        """An S3 client that signs nothing."""
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        return boto3.client(
            "s3", region_name=self.outputs["aws_region"], config=Config(signature_version=UNSIGNED)
        )

    @property
    def plain_s3_endpoint(self) -> str:
        """S3 without TLS."""
        return os.environ.get(PLAIN_ENDPOINT) or f"http://s3.{self.outputs['aws_region']}.amazonaws.com"

    @cached_property
    def _session(self) -> Any:
        """One of its own: boto3's default session keeps the credentials of whoever used it first."""
        import boto3

        return boto3.Session()

    @cached_property
    def _credentials(self) -> dict[str, str]:
        answer = self.deployer("sts").assume_role(
            RoleArn=self.outputs["application_role_arn"], RoleSessionName="ops-smoke", DurationSeconds=900
        )
        return dict(answer["Credentials"])

"""`ops sign-url`: a link to one object that works until it expires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from environments import EnvironmentConfig


def sign_url(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
    key: Annotated[str, typer.Argument(help="Key of the object in the exports bucket.", show_default=False)],
    expires: Annotated[str, typer.Option(help="How long it works: 90s, 15m, 2h, 7d.")] = "1h",
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Do not look whether the object is there.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Print a signed URL: whoever has it can read that object until it expires, and nothing else."""
    import json
    import os
    from datetime import UTC, datetime

    import environments
    from ops.commands.outputs import deployed
    from ops.signing.urls import lifetime

    try:
        end = datetime.now(UTC).replace(microsecond=0) + lifetime(expires)
    except ValueError as error:
        raise typer.BadParameter(f"{expires!r} {error}.", param_hint="--expires") from None
    config, outputs = environments.load(environment), deployed(environment)
    url = signed(config, outputs, key, end)
    if not unchecked:
        _look_for(outputs, config.aws_region, key)
    if json_:
        typer.echo(json.dumps({"url": url, "expires": end.isoformat()}, indent=2))
        return
    typer.echo(url)
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        typer.echo(f"On the local AWS:  {local_request(url, endpoint)}", err=True)


def signed(config: EnvironmentConfig, outputs: Mapping[str, str], key: str, end: datetime) -> str:
    """The signed URL of an object. Raises OpsError, with the command to run before one can be made."""
    from ops.commands.signing_key import require_signing
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.signing.state import SigningKeys
    from ops.signing.urls import object_url, sign

    name = config.environment
    require_signing(config)
    if "cloudfront_url" not in outputs:
        raise OpsError(
            f"{name} is deployed without CloudFront.", hint=f"cdktf deploy {name}", code=ExitCode.STATE
        )
    keys = SigningKeys(config, outputs)
    pair = keys.current()
    if pair is None:
        raise OpsError(
            f"{name} has no signing key yet.",
            hint=f"ops signing-key create {name}",
            code=ExitCode.CONFIGURATION,
        )
    # By its content, not by the outputs: while a key is replaced theirs is another one.
    trusted = keys.deployed().get(pair.fingerprint)
    if trusted is None:
        raise OpsError(
            f"CloudFront does not know the signing key of {name} ({pair.fingerprint}) yet.",
            hint=f"ops signing-key show {name} says what is missing.",
            code=ExitCode.STATE,
        )
    return sign(
        object_url(outputs["cloudfront_url"], key),
        private_key_pem=pair.private_pem,
        key_pair_id=trusted.key_pair_id,
        expires=end,
    )


def local_request(url: str, endpoint: str) -> str:
    """The command that opens a URL on the local AWS, whose names no resolver knows."""
    import shlex
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    there = shlex.quote(parts._replace(netloc=urlsplit(endpoint).netloc).geturl())
    return f'curl --cacert "$AWS_CA_BUNDLE" -H {shlex.quote(f"Host: {parts.netloc}")} {there}'


def _look_for(outputs: Mapping[str, str], region: str, key: str) -> None:
    """Raise USAGE if the object is not there."""
    from botocore.exceptions import ClientError

    from ops import aws
    from ops.aws_failures import code_of
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    bucket = outputs["s3_bucket_name"]
    with aws.aws_errors(f"looking for {key} in {bucket}"):
        try:
            aws.client("s3", region).head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if code_of(error) not in ("404", "NoSuchKey", "NotFound"):
                raise
            raise OpsError(
                f"There is no object {key!r} in {bucket}.",
                hint="A key is the whole path, without a slash before it. --unchecked signs it all the same.",
                code=ExitCode.USAGE,
            ) from None

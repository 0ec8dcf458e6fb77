"""The part of the configuration that is about CloudFront: `sections.py` has the other parts."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from environments import rules
from environments.settings import SWITCH, Model, Setting, Switch, WholeNumber, between


class CdnConfig(Model):
    """The CloudFront distribution, where ENABLE_CLOUDFRONT says that there is one."""

    signed_urls: Annotated[
        Switch,
        Setting(
            variable="CLOUDFRONT_SIGNED_URLS",
            allowed=f"{SWITCH}; in prod true",
            purpose="Serve the downloads to holders of a signed URL only. false makes every object public.",
            example="true",
        ),
    ] = True
    public_key_file: Annotated[
        str,
        AfterValidator(rules.public_key_file_is_a_pem_file),
        Setting(
            variable="SIGNING_PUBLIC_KEY_FILE",
            allowed="path of a .pem file, relative to the project's folder or absolute",
            purpose=(
                "Public keys whose signatures CloudFront accepts, newest first; `ops signing-key create`"
                " writes it. Until it exists the distribution stays disabled."
            ),
            example="environments/signing_keys/{environment}.pem",
        ),
    ] = "environments/signing_keys/{environment}.pem"
    cache_days: Annotated[
        WholeNumber,
        between(1, 365),
        Setting(
            variable="CLOUDFRONT_CACHE_DAYS",
            allowed="whole days from 1 to 365",
            purpose="How long CloudFront keeps an object whose uploader sent no Cache-Control.",
            example="7",
        ),
    ] = 7
    price_class: Annotated[
        Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"],
        Setting(
            variable="CLOUDFRONT_PRICE_CLASS",
            allowed="PriceClass_100, PriceClass_200 or PriceClass_All",
            purpose="Where in the world CloudFront answers from; _100 is North America and Europe.",
            example="PriceClass_All",
        ),
    ] = "PriceClass_100"
    access_logs: Annotated[
        Switch,
        Setting(
            variable="CLOUDFRONT_ACCESS_LOGS",
            allowed=f"{SWITCH}; needs S3_ACCESS_LOGS, whose bucket takes them",
            purpose="Access logs (v2) of the distribution, written to the log bucket.",
            example="true",
        ),
    ] = False
    waf: Annotated[
        Switch,
        Setting(
            variable="CLOUDFRONT_WAF",
            allowed=SWITCH,
            purpose="A web ACL before the distribution: AWS's rules for known bad inputs, and a rate limit.",
            example="true",
        ),
    ] = False
    waf_rate_limit: Annotated[
        WholeNumber,
        between(10, 100_000_000),
        Setting(
            variable="CLOUDFRONT_WAF_RATE_LIMIT",
            allowed="requests in five minutes, a whole number from 10 to 100000000",
            purpose="Requests from one address above which the web ACL refuses; only CLOUDFRONT_WAF uses it.",
            example="2000",
        ),
    ] = 2000
    hosted_zone_id: Annotated[
        Annotated[str, AfterValidator(rules.hosted_zone_is_an_id)] | None,
        Setting(
            variable="HOSTED_ZONE_ID",
            allowed="the id of a public Route 53 zone of this account, such as Z0123456789ABCDEFGHIJ",
            purpose=(
                "The zone of DOMAIN_NAME: its address records are kept there, and its certificate is"
                " made and validated where CERTIFICATE_ARN gives none."
            ),
            example="Z0123456789ABCDEFGHIJ",
        ),
    ] = None

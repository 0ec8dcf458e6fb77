"""fixes/web_identity.py"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import pytest

from constructs_lib.ci import policies as ci_policies
from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Caller, Cloud, Statement, allow, document, refused, unique

AUDIENCE = "sts.amazonaws.com"
SUBJECT = "repo:example/spec-wizard-infra:environment:dev"
HOUR_S = 3600


def _token(issuer: str, *, algorithm: str = "RS256", **changes: Any) -> str:
    """A token of the issuer, a claim of None left out; its signature is none."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"iss": issuer, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "exp": now + 300, **changes}
    given = {name: value for name, value in claims.items() if value is not None}
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(given)}.c2lnbmF0dXJl"


@dataclass(frozen=True)
class Federation:
    """An issuer, and a role that a token of it is meant to be exchanged for."""

    cloud: Cloud
    issuer: str
    role: str

    def ask(self, token: str, **more: Any) -> Any:
        """The answer to AssumeRoleWithWebIdentity."""
        request = {"RoleArn": self.role, "RoleSessionName": "run-1", "WebIdentityToken": token, **more}
        return self.cloud.client("sts").assume_role_with_web_identity(**request)

    def assume(self, **more: Any) -> Caller:
        """A session of the role."""
        session = self.ask(_token(self.issuer), **more)["Credentials"]
        return self.cloud.caller(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

    def refusal(self, **changes: Any) -> str:
        """The error code for a token with other claims."""
        return refused(self.ask, token=_token(self.issuer, **changes))


def _provider(cloud: Cloud, issuer: str) -> str:
    made = cloud.client("iam").create_open_id_connect_provider(Url=issuer, ClientIDList=[AUDIENCE])
    return str(made["OpenIDConnectProviderArn"])


def _arn(issuer: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{issuer.removeprefix('https://')}"


def _trust(issuer: str, **condition: Any) -> Statement:
    extra = {"Condition": condition} if condition else {}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": _arn(issuer)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        **extra,
    }


def _role(cloud: Cloud, trust: str, *permissions: Statement) -> str:
    iam, name = cloud.client("iam"), unique("federated")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    if permissions:
        iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document(*permissions))
    return str(made["Arn"])


def _issuer() -> str:
    return f"https://{unique('issuer')}.example.com"


def _federation(cloud: Cloud, *permissions: Statement) -> Federation:
    """A new issuer whose provider is there, and a role for SUBJECT."""
    issuer = _issuer()
    _provider(cloud, issuer)
    host = issuer.removeprefix("https://")
    trust = _trust(issuer, StringEquals={f"{host}:sub": SUBJECT, f"{host}:aud": AUDIENCE})
    return Federation(cloud, issuer, _role(cloud, document(trust), *permissions))


@pytest.fixture(scope="module")
def federation(fixed: Cloud) -> Federation:
    return _federation(fixed, allow("s3:CreateBucket", "arn:aws:s3:::federated-*"))


def test_the_session_is_one_of_the_role_and_can_do_what_the_role_can(federation: Federation) -> None:
    session = federation.assume()
    who = session.client("sts").get_caller_identity()
    role = federation.role.rpartition("/")[2]
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/run-1"
    session.client("s3").create_bucket(Bucket=unique("federated"))
    assert refused(session.client("s3").create_bucket, Bucket=unique("other")) == "AccessDenied"
    assert refused(session.client("iam").list_users) == "AccessDenied"


def test_the_call_is_not_signed(federation: Federation) -> None:
    sts = federation.cloud.client("sts")
    seen: list[Any] = []
    sts.meta.events.register("before-send.sts", lambda request, **_: seen.append(request.headers))
    sts.assume_role_with_web_identity(
        RoleArn=federation.role, RoleSessionName="run-1", WebIdentityToken=_token(federation.issuer)
    )
    (headers,) = seen
    assert "Authorization" not in headers


def test_the_answer_names_what_the_token_names(federation: Federation) -> None:
    answer = federation.ask(_token(federation.issuer))
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == AUDIENCE
    assert answer["Provider"] == federation.issuer


def test_another_subject_is_refused(federation: Federation) -> None:
    assert federation.refusal(sub=f"{SUBJECT}-2") == "AccessDenied"
    assert federation.refusal(sub=SUBJECT.upper()) == "AccessDenied"


def test_an_issuer_without_a_provider_is_refused(federation: Federation) -> None:
    assert federation.refusal(iss=_issuer()) == "InvalidIdentityToken"
    assert federation.refusal(iss=f"{federation.issuer}/") == "InvalidIdentityToken"
    assert federation.refusal(iss=federation.issuer.replace("https", "http")) == "InvalidIdentityToken"


def test_a_provider_that_was_taken_away_vouches_for_nobody(fixed: Cloud) -> None:
    made = _federation(fixed)
    made.assume()
    fixed.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=_arn(made.issuer))
    assert made.refusal() == "InvalidIdentityToken"


def test_a_provider_vouches_only_for_roles_that_name_it(federation: Federation, fixed: Cloud) -> None:
    another = Federation(fixed, _federation(fixed).issuer, federation.role)
    assert another.refusal() == "AccessDenied"


def test_a_token_for_somebody_else_is_refused(federation: Federation) -> None:
    assert federation.refusal(aud="https://github.com/example") == "InvalidIdentityToken"
    assert federation.refusal(azp="another") == "InvalidIdentityToken"
    assert federation.refusal(aud=[AUDIENCE, "another"]) == "InvalidIdentityToken"
    federation.ask(_token(federation.issuer, aud=[AUDIENCE]))
    federation.ask(_token(federation.issuer, aud=["one", "another"], azp=AUDIENCE))


def test_a_token_that_has_expired_is_refused(federation: Federation) -> None:
    assert federation.refusal(exp=int(time.time()) - 1) == "ExpiredTokenException"


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat"])
def test_a_token_without_a_claim_is_refused(federation: Federation, claim: str) -> None:
    assert federation.refusal(**{claim: None}) == "InvalidIdentityToken"


def test_what_is_no_token_is_refused(federation: Federation) -> None:
    assert federation.refusal(algorithm="none") == "InvalidIdentityToken"
    assert federation.refusal(exp="tomorrow") == "InvalidIdentityToken"
    for token in ("nothing", "a.b.c", "é.é.é", "W10.W10.W10"):
        assert refused(federation.ask, token=token) == "InvalidIdentityToken"
        amazon = {"token": token, "ProviderId": "www.amazon.com"}
        assert refused(federation.ask, **amazon) == "InvalidIdentityToken"


def test_patterns_are_met_by_string_like_only(fixed: Cloud) -> None:
    issuer = _issuer()
    _provider(fixed, issuer)
    key = f"{issuer.removeprefix('https://')}:sub"
    for operator, met in (("StringLike", True), ("StringEquals", False)):
        trust = _trust(issuer, **{operator: {key: "repo:example/*:environment:dev"}})
        made = Federation(fixed, issuer, _role(fixed, document(trust)))
        if met:
            made.assume()
            assert made.refusal(sub="repo:another/spec-wizard-infra:environment:dev") == "AccessDenied"
        else:
            assert made.refusal() == "AccessDenied"


def test_a_role_for_others_is_not_given_to_a_token(fixed: Cloud) -> None:
    issuer = _issuer()
    _provider(fixed, issuer)
    assert (
        Federation(fixed, issuer, fixed.role(allow("s3:ListAllMyBuckets", "*"))).refusal() == "AccessDenied"
    )
    missing = f"arn:aws:iam::{ACCOUNT_ID}:role/no-such"
    assert Federation(fixed, issuer, missing).refusal() == "AccessDenied"


def test_the_trust_policy_may_ask_for_the_name_of_the_session(fixed: Cloud) -> None:
    issuer = _issuer()
    _provider(fixed, issuer)
    trust = _trust(issuer, StringEquals={"sts:RoleSessionName": "run-1"})
    made = Federation(fixed, issuer, _role(fixed, document(trust)))
    made.assume()
    assert refused(made.ask, token=_token(issuer), RoleSessionName="run-2") == "AccessDenied"


def test_a_session_is_no_longer_than_the_role_permits(federation: Federation) -> None:
    token = _token(federation.issuer)
    assert refused(federation.ask, token=token, DurationSeconds=HOUR_S + 1) == "ValidationError"
    ends = federation.ask(token, DurationSeconds=900)["Credentials"]["Expiration"].timestamp()
    assert 890 < ends - time.time() <= 901


def test_the_policy_of_the_session_narrows_it(federation: Federation) -> None:
    name = unique("federated")
    narrow = document(allow("s3:CreateBucket", f"arn:aws:s3:::{name}"))
    s3 = federation.assume(Policy=narrow).client("s3")
    s3.create_bucket(Bucket=name)
    assert refused(s3.create_bucket, Bucket=unique("federated")) == "AccessDenied"
    wrong = {"token": _token(federation.issuer), "Policy": "{}"}
    assert refused(federation.ask, **wrong) == "MalformedPolicyDocument"


def test_the_trust_of_the_workflows_roles_holds(fixed: Cloud) -> None:
    issuer = f"https://{ci_policies.GITHUB}"
    provider = _provider(fixed, issuer)
    subjects = ci_policies.plan_subjects("example/spec-wizard-infra")
    trust = ci_policies.trust_workflows(provider, subjects)
    workflow = Federation(fixed, issuer, _role(fixed, trust))
    for subject in subjects:
        workflow.ask(_token(issuer, sub=subject))
    assert workflow.refusal(sub="repo:example/spec-wizard-infra:ref:refs/heads/other") == "AccessDenied"
    assert workflow.refusal() == "AccessDenied"


def test_stock_takes_the_token_of_any_issuer_for_anybody_at_any_time(stock: Cloud) -> None:
    issuer = _issuer()
    made = Federation(stock, issuer, _role(stock, document(_trust(issuer))))
    assert stock.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    made.ask(_token(issuer))
    made.ask(_token(issuer, aud="another", exp=int(time.time()) - HOUR_S))


def test_stock_drops_the_limits_of_the_session(stock: Cloud) -> None:
    made = _federation(stock, allow("s3:CreateBucket", "arn:aws:s3:::federated-*"))
    narrow = document(allow("s3:CreateBucket", "arn:aws:s3:::no-such"))
    session = made.assume(Policy=narrow, DurationSeconds=2 * HOUR_S)
    session.client("s3").create_bucket(Bucket=unique("federated"))


def test_stock_answers_with_another_subject(stock: Cloud) -> None:
    made = _federation(stock)
    assert made.ask(_token(made.issuer))["SubjectFromWebIdentityToken"] == "test-subject"

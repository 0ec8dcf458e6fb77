"""What Terraform asks of Lambda, API Gateway and EventBridge for an environment's stack."""

from __future__ import annotations

from urllib.parse import quote

from constructs_lib.ci.permissions import Permission, Place, actions


def compute(place: Place) -> list[Permission]:
    """Functions, what invokes them, and the chat's API.

    Code that an application brings in a bucket of its own is not covered: that bucket's policy has to let the
    role read it.
    """
    return [*_functions(place), *_event_sources(place), *_rules(place), *_apis(place)]


def _functions(place: Place) -> list[Permission]:
    return [
        Permission(
            "Functions",
            place.arns("lambda", f"function:{place.prefix}"),
            actions(
                "lambda",
                "GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig"
                " GetFunctionEventInvokeConfig GetPolicy ListVersionsByFunction ListTags",
            ),
            actions(
                "lambda",
                "CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction"
                " PutFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig"
                " AddPermission RemovePermission TagResource UntagResource",
            ),
        )
    ]


def _event_sources(place: Place) -> list[Permission]:
    """Named by ids; AWS tells them apart by the function that they invoke, and for their tags by these."""
    mappings = place.arns("lambda", "event-source-mapping:*")
    of_ours = {"ArnLike": {"lambda:FunctionArn": place.arns("lambda", f"function:{place.prefix}")}}
    return [
        Permission("LookAtEventSources", mappings, actions("lambda", "GetEventSourceMapping ListTags")),
        Permission(
            "CreateEventSources",
            ["*"],
            [],
            actions("lambda", "CreateEventSourceMapping"),
            of_ours,
            reason="AWS checks no resource for it, but the function that it names.",
        ),
        Permission(
            "FindEventSources",
            ["*"],
            actions("lambda", "ListEventSourceMappings"),
            reason="A list is asked of the whole account and region.",
        ),
        Permission(
            "ChangeEventSources",
            mappings,
            [],
            actions("lambda", "UpdateEventSourceMapping DeleteEventSourceMapping"),
            of_ours,
        ),
        Permission(
            "TagNewEventSources",
            mappings,
            [],
            actions("lambda", "TagResource"),
            place.created_tagged | {"Null": {"aws:ResourceTag/Environment": "true"}},
        ),
        Permission(
            "TagEventSources", mappings, [], actions("lambda", "TagResource UntagResource"), place.tagged
        ),
    ]


def _rules(place: Place) -> list[Permission]:
    return [
        Permission(
            "Rules",
            place.arns("events", f"rule/{place.prefix}"),
            actions("events", "DescribeRule ListTargetsByRule ListTagsForResource"),
            actions(
                "events",
                "PutRule DeleteRule EnableRule DisableRule PutTargets RemoveTargets"
                " TagResource UntagResource",
            ),
        )
    ]


def _apis(place: Place) -> list[Permission]:
    """API Gateway's permissions are verbs on paths, and its paths have ids of its own making.

    What carries tags (an API, a stage, a domain name) must carry the environment's. Parts of an API carry
    none: by the service authorization reference aws:ResourceTag counts for them, too, but only for REST APIs
    does the developer guide say that they inherit their API's. So theirs are compared where AWS has them
    compared, and only there; else no route could be made.
    """
    manage = f"arn:aws:apigateway:{place.region}::"
    tags = [f"{manage}/tags/{quote(f'{manage}/{kind}/', safe='')}*" for kind in ("apis", "domainnames")]
    not_anothers = {"StringEqualsIfExists": place.tagged["StringEquals"]}
    return [
        Permission(
            "LookAtApis",
            [f"{manage}/apis", f"{manage}/apis/*", f"{manage}/domainnames", f"{manage}/domainnames/*", *tags],
            ["apigateway:GET"],
        ),
        Permission(
            "CreateApis",
            [f"{manage}/apis", f"{manage}/domainnames"],
            [],
            ["apigateway:POST"],
            place.created_tagged,
        ),
        Permission(
            "ChangeApis",
            [f"{manage}/apis/*", f"{manage}/domainnames/*"],
            [],
            actions("apigateway", "PATCH DELETE"),
            place.tagged,
        ),
        Permission(
            "PartsOfApis",
            [f"{manage}/apis/*/*", f"{manage}/domainnames/*/apimappings*"],
            [],
            actions("apigateway", "POST PATCH DELETE"),
            not_anothers,
        ),
        Permission(
            "TagApis",
            tags,
            [],
            actions("apigateway", "POST PUT"),
            place.created_tagged | not_anothers,
        ),
        Permission("UntagApis", tags, [], ["apigateway:DELETE"], not_anothers),
        Permission(
            "CertificatesOfApis",
            [f"{manage}/domainnames", f"{manage}/domainnames/*"],
            [],
            actions("apigateway", "AddCertificateToDomain RemoveCertificateFromDomain"),
            not_anothers,
        ),
    ]

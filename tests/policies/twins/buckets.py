import dataclasses

from tests.policies.parts import (
    BUCKET_POLICY,
    LIFECYCLE,
    LOGGING,
    OBJECT_LOCK,
    PUBLIC_ACCESS_BLOCK,
    TLS_ONLY,
    VERSIONING,
    bucket,
    document,
    stored,
)
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

OBJECTS = "arn:aws:s3:::summaries/*"
CALLED = {"bucket": "summaries"}


def policed(*statements: object) -> Declared:
    return BUCKET_POLICY.but("policy", document(*statements))  # type: ignore[arg-type]


LOCKED = bucket("regulated").but("objectLockEnabled", True)
OWNERSHIP = Declared(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    {**CALLED, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
)
ACL = Declared("aws:s3/bucketAcl:BucketAcl", {**CALLED, "acl": "private"})
RECEIVES_LOGS = LOGGING.named("others").but("bucket", "datasets").but("targetBucket", "summaries")
RECEIVES_RECORDS = Declared(
    "aws:cfg/deliveryChannel:DeliveryChannel", {"s3BucketName": "summaries"}
)
ACCESS_POINT = Declared("aws:s3/accessPoint:AccessPoint", CALLED)


def elsewhere(*parts: Declared) -> Scene:
    """The same for the bucket that receives the logs of the first one."""
    return tuple(part.named(f"other {part.name}").but("bucket", "logs") for part in parts)


TWINS = {
    "bulkhead-s3-block-public-access": Twins(
        good=stored(bucket()),
        bad=stored(bucket(), lacking=PUBLIC_ACCESS_BLOCK),
        more_bad={"another bucket's": stored(bucket(), PUBLIC_ACCESS_BLOCK.but("bucket", "logs"))},
        unknown=(
            *stored(bucket(), lacking=PUBLIC_ACCESS_BLOCK),
            *elsewhere(*stored(bucket(), lacking=PUBLIC_ACCESS_BLOCK)),
            dataclasses.replace(
                PUBLIC_ACCESS_BLOCK.but("bucket", UNKNOWN),
                depends={"bucket": ("bucket", "other bucket")},
            ),
        ),
        settled=stored(
            bucket().without("bucket"),
            *(
                part.but("bucket", UNKNOWN).depending(bucket="bucket")
                for part in stored(bucket())[1:]
            ),
        ),
    ),
    "bulkhead-s3-complete-access-blocks": Twins(
        good=(PUBLIC_ACCESS_BLOCK,),
        bad=(PUBLIC_ACCESS_BLOCK.but("blockPublicAcls", False),),
        unknown=(PUBLIC_ACCESS_BLOCK.but("blockPublicPolicy", UNKNOWN),),
        more_good={"access point": (ACCESS_POINT,)},
        more_bad={
            "left out": (PUBLIC_ACCESS_BLOCK.without("restrictPublicBuckets"),),
            "account": (
                Declared(
                    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
                    {"blockPublicAcls": True},
                ),
            ),
            "access point": (
                ACCESS_POINT.but("publicAccessBlockConfiguration", {"blockPublicPolicy": False}),
            ),
        },
    ),
    "bulkhead-s3-require-tls": Twins(
        good=stored(bucket()),
        bad=stored(bucket(), lacking=BUCKET_POLICY),
        unknown=stored(
            bucket(),
            BUCKET_POLICY.but(
                "policy",
                {"Statement": [{**TLS_ONLY, "Resource": ["arn:aws:s3:::summaries/*", UNKNOWN]}]},
            ),
        ),
        more_good={
            "inline": stored(bucket().but("policy", document(TLS_ONLY)), lacking=BUCKET_POLICY),
            "TLS not true": stored(
                bucket(),
                policed(
                    TLS_ONLY
                    | {
                        "Resource": "*",
                        "Condition": {"StringNotEquals": {"aws:SecureTransport": "true"}},
                    }
                ),
            ),
            "two statements": stored(
                bucket(),
                policed(
                    TLS_ONLY | {"Action": ["s3:GetObject", "s3:PutObject"]},
                    TLS_ONLY | {"Action": ["s3:Delete*", "s3:List*"]},
                ),
            ),
        },
        more_bad={
            "reading only": stored(bucket(), policed(TLS_ONLY | {"Action": "s3:GetObject"})),
            "bucket only": stored(bucket(), policed(TLS_ONLY | {"Resource": OBJECTS[:-2]})),
            "one role": stored(
                bucket(),
                policed(TLS_ONLY | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}}),
            ),
            "with TLS": stored(
                bucket(),
                policed(TLS_ONLY | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
            ),
        },
    ),
    "bulkhead-s3-version-objects": Twins(
        good=stored(bucket()),
        bad=stored(bucket(), VERSIONING.but("versioningConfiguration/status", "Suspended")),
        unknown=stored(bucket(), VERSIONING.but("versioningConfiguration/status", UNKNOWN)),
        more_good={
            "inline": stored(bucket().but("versioning", {"enabled": True}), lacking=VERSIONING)
        },
        more_bad={"none": stored(bucket(), lacking=VERSIONING)},
    ),
    "bulkhead-s3-expire-objects": Twins(
        good=stored(bucket()),
        bad=stored(bucket(), lacking=LIFECYCLE),
        unknown=stored(bucket(), LIFECYCLE.but("rules/0/status", UNKNOWN)),
        more_good={
            "inline": stored(bucket().but("lifecycleRules", [{"enabled": True}]), lacking=LIFECYCLE)
        },
        more_bad={
            "off": stored(bucket(), LIFECYCLE.but("rules/0/status", "Disabled")),
            "inline and off": stored(
                bucket().but("lifecycleRules", [{"enabled": False}]), lacking=LIFECYCLE
            ),
        },
    ),
    "bulkhead-s3-log-access": Twins(
        good=stored(bucket("confidential")),
        bad=stored(bucket("confidential"), lacking=LOGGING),
        unknown=stored(bucket().but("tags/bulkhead:tier", UNKNOWN), lacking=LOGGING),
        settled=stored(bucket("confidential"), LOGGING.but("targetBucket", UNKNOWN)),
        more_good={
            "inline": stored(
                bucket("confidential").but("logging", {"targetBucket": "logs"}), lacking=LOGGING
            ),
            "tier internal": stored(bucket(), lacking=LOGGING),
            "the logs' own": (
                *stored(bucket("confidential")),
                *elsewhere(*stored(bucket("confidential"), lacking=LOGGING)),
            ),
        },
    ),
    "bulkhead-s3-lock-records": Twins(
        good=stored(LOCKED, OBJECT_LOCK),
        bad=stored(bucket("regulated"), OBJECT_LOCK),
        unknown=stored(LOCKED.but("objectLockEnabled", UNKNOWN), OBJECT_LOCK),
        settled=stored(LOCKED, OBJECT_LOCK.but("rule/defaultRetention/mode", UNKNOWN)),
        more_good={
            "inline": stored(
                bucket("restricted").but(
                    "objectLockConfiguration",
                    {
                        "objectLockEnabled": "Enabled",
                        "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 7}},
                    },
                )
            ),
            "tier confidential": stored(bucket("confidential")),
            "receives access logs": stored(bucket("regulated"), RECEIVES_LOGS),
            "receives configurations": stored(bucket("regulated"), RECEIVES_RECORDS),
        },
        more_bad={
            "no retention": stored(LOCKED),
            "others receive": stored(
                bucket("regulated"), RECEIVES_LOGS.but("targetBucket", "others")
            ),
            "others receive configurations": stored(
                bucket("regulated"), RECEIVES_RECORDS.but("s3BucketName", "others")
            ),
            "no mode": stored(LOCKED, OBJECT_LOCK.without("rule/defaultRetention/mode")),
        },
    ),
    "bulkhead-s3-disable-acls": Twins(
        good=(OWNERSHIP,),
        bad=(OWNERSHIP.but("rule/objectOwnership", "ObjectWriter"),),
        unknown=(OWNERSHIP.but("rule/objectOwnership", UNKNOWN),),
        more_good={"private": (ACL,)},
        more_bad={
            "list": (ACL.but("acl", "public-read"),),
            "not known": (ACL.but("acl", UNKNOWN),),
            "policy": (ACL.without("acl").but("accessControlPolicy", {"owner": {"id": "1"}}),),
            "inline": stored(bucket().but("acl", "authenticated-read")),
            "grants": stored(bucket().but("grants", [{"type": "Group", "permissions": ["READ"]}])),
        },
    ),
}

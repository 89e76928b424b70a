import dataclasses

from tests.policies.parts import (
    ACCOUNT,
    BUCKET_ENCRYPTION,
    KEY_POLICY,
    allow,
    bucket,
    document,
    key,
    stored,
    volume,
)
from tests.policies.scenes import UNKNOWN, Declared, Twins

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DELEGATION = allow({"AWS": ROOT}, "kms:*")
DENY_UNTAGGED = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "kms:*",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:PrincipalTag/environment": "dev"}},
}
POLICY = Declared(
    "aws:kms/keyPolicy:KeyPolicy", {"keyId": UNKNOWN, "policy": KEY_POLICY}, name="policy"
).depending(keyId="key")
ALIAS = Declared(
    "aws:kms/alias:Alias", {"name": "alias/dev", "targetKeyId": UNKNOWN}, name="alias"
).depending(targetKeyId="key")
KEYED = volume().but("kmsKeyId", UNKNOWN).depending(kmsKeyId="key")

TWINS = {
    "bulkhead-kms-rotate-keys": Twins(
        good=(key(),),
        bad=(key().without("enableKeyRotation"),),
        unknown=(key().but("enableKeyRotation", UNKNOWN),),
        more_good={
            "default period": (key().without("rotationPeriodInDays"),),
            "asymmetric": (
                key().without("enableKeyRotation").but("customerMasterKeySpec", "RSA_2048"),
            ),
            "for signatures": (key().without("enableKeyRotation").but("keyUsage", "GENERATE_MAC"),),
            "in a key store": (key().without("enableKeyRotation").but("customKeyStoreId", "cks"),),
        },
        more_bad={
            "default period for regulated": (key("regulated").without("rotationPeriodInDays"),),
            "too seldom": (key("restricted").but("rotationPeriodInDays", 181),),
        },
    ),
    "bulkhead-kms-delay-deletion": Twins(
        good=(key("confidential"),),
        bad=(key("confidential").but("deletionWindowInDays", 7),),
        unknown=(key("confidential").but("deletionWindowInDays", UNKNOWN),),
        more_good={
            "default": (key("regulated").without("deletionWindowInDays"),),
            "tier internal": (key("internal").but("deletionWindowInDays", 14),),
            "text": (key("regulated").but("deletionWindowInDays", "30"),),
        },
        more_bad={"tier internal": (key("internal").but("deletionWindowInDays", 13),)},
    ),
    "bulkhead-kms-restrict-use": Twins(
        good=(key(),),
        bad=(key().but("policy", document(DELEGATION)),),
        unknown=(key().but("policy", UNKNOWN),),
        more_good={
            "policy apart": (key().without("policy"), POLICY),
            "delegation with a deny": (key().but("policy", document(DELEGATION, DENY_UNTAGGED)),),
            "account may look": (
                key().but("policy", document(allow({"AWS": ROOT}, ["kms:Describe*", "kms:List*"]))),
            ),
            "account, for tagged roles": (
                key().but(
                    "policy",
                    document(
                        DELEGATION
                        | {"Condition": {"StringEquals": {"aws:PrincipalTag/environment": "dev"}}}
                    ),
                ),
            ),
        },
        more_bad={
            "no policy": (key().without("policy"),),
            "policy apart": (
                key().without("policy"),
                POLICY.but("policy", document(DELEGATION)),
            ),
            "everyone": (key().but("policy", document(allow("*", "kms:Decrypt"))),),
            "account number": (
                key().but("policy", document(allow({"AWS": ACCOUNT}, "kms:CreateGrant"))),
            ),
            "deny of another action": (
                key().but(
                    "policy", document(DELEGATION, DENY_UNTAGGED | {"Action": "kms:Decrypt"})
                ),
            ),
            "deny that an insider escapes": (
                key().but(
                    "policy",
                    document(
                        DELEGATION,
                        DENY_UNTAGGED | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
                    ),
                ),
            ),
        },
    ),
    "bulkhead-kms-match-partition": Twins(
        good=(key(), KEYED),
        bad=(key("confidential"), KEYED),
        unknown=(key().but("tags/bulkhead:environment", UNKNOWN), KEYED),
        settled=(key(), KEYED),
        more_good={
            "a key of another stack": (volume().but("kmsKeyId", UNKNOWN),),
            "alias": (key(), ALIAS, KEYED.depending(kmsKeyId="alias")),
        },
        more_bad={
            "environment": (dataclasses.replace(key(environment="prod"), protect=True), KEYED),
            "alias": (key("confidential"), ALIAS, KEYED.depending(kmsKeyId="alias")),
            "bucket": (
                key("internal"),
                *stored(bucket("confidential"), BUCKET_ENCRYPTION.depending(rules="key")),
            ),
        },
    ),
}

from tests.policies.parts import ROLE_POLICY, document
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

KEY = "arn:aws:kms:eu-central-1:111122223333:key/"
ROLE_ARN = "arn:aws:iam::111122223333:role/"


def allowing(action: object, resource: object, **condition: object) -> Scene:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    more = {"Condition": condition} if condition else {}
    return (ROLE_POLICY.but("policy", document(statement | more)),)


UNREADABLE = (ROLE_POLICY.but("policy", UNKNOWN),)
ACCESS_KEY = Declared("aws:iam/accessKey:AccessKey", {"user": "ci", "status": "Inactive"})

TWINS = {
    "bulkhead-iam-limit-passing": Twins(
        good=allowing("iam:PassRole", f"{ROLE_ARN}dev/training"),
        bad=allowing("iam:PassRole", "*"),
        unknown=UNREADABLE,
        settled=(
            ROLE_POLICY.but(
                "policy",
                {
                    "Statement": {
                        "Effect": "Allow",
                        "Action": "iam:PassRole",
                        "Resource": f"{ROLE_ARN}dev/training",
                        "Sid": UNKNOWN,
                    }
                },
            ),
        ),
        more_good={
            "to one service": allowing(
                "iam:PassRole", "*", StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}
            ),
            "denied": (
                ROLE_POLICY.but(
                    "policy",
                    document({"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}),
                ),
            ),
        },
        more_bad={
            "every role": allowing("iam:PassRole", f"{ROLE_ARN}*"),
            "in capitals": allowing(["s3:GetObject", "IAM:PASSROLE"], "*"),
        },
    ),
    "bulkhead-iam-deny-escalation": Twins(
        good=allowing("iam:PutRolePolicy", f"{ROLE_ARN}tenants/doc-summary"),
        bad=allowing("iam:PutRolePolicy", "*"),
        unknown=UNREADABLE,
        more_good={
            "under a boundary": allowing(
                "iam:AttachRolePolicy",
                "*",
                StringEquals={
                    "iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"
                },
            ),
            "denied": (
                ROLE_POLICY.but(
                    "policy",
                    document({"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "*"}),
                ),
            ),
        },
        more_bad={
            "every user": allowing("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/*"),
            "every policy": allowing(
                "iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/*"
            ),
        },
    ),
    "bulkhead-iam-limit-decryption": Twins(
        good=allowing("kms:Decrypt", f"{KEY}0f7f3c1e"),
        bad=allowing("kms:Decrypt", "*"),
        unknown=UNREADABLE,
        more_good={
            "by alias": allowing(
                "kms:Decrypt",
                f"{KEY}*",
                **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/dev/internal/data"}},
            ),
            "denied": (
                ROLE_POLICY.but(
                    "policy",
                    document({"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}),
                ),
            ),
        },
        more_bad={"every key": allowing(["kms:DescribeKey", "kms:ReEncryptFrom"], f"{KEY}*")},
    ),
    "bulkhead-iam-deny-lasting-keys": Twins(
        good=(ACCESS_KEY,),
        bad=(ACCESS_KEY.without("status"),),
        unknown=(ACCESS_KEY.but("status", UNKNOWN),),
        more_bad={"active": (ACCESS_KEY.but("status", "Active"),)},
    ),
}

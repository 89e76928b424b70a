from collections.abc import Mapping

from tests.policies.parts import ROLE, ROLE_POLICY, allow, document
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins


def permitting(action: object, resource: object = "arn:aws:s3:::summaries/*") -> Scene:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return (ROLE_POLICY.but("policy", document(statement)),)


ATTACHMENT = Declared(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    {"role": "doc-summary", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
)
OWN_POLICY = Declared(
    "aws:iam/policy:Policy", {"policy": ROLE_POLICY.properties["policy"]}, name="policy"
)
BOUNDARY = OWN_POLICY.but(
    "policy", document({"Effect": "Allow", "Action": "*", "Resource": "*"})
).but("tags", {"bulkhead:workload": "permissions-boundary"})
ATTACHED = ATTACHMENT.but("policyArn", UNKNOWN).depending(policyArn="policy")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def trusting(*statements: Mapping[str, object]) -> Scene:
    return (ROLE.but("assumeRolePolicy", document(*statements)),)


TWINS = {
    "bulkhead-iam-deny-wildcards": Twins(
        good=(ROLE_POLICY,),
        bad=permitting("*", "*"),
        unknown=(ROLE_POLICY.but("policy", UNKNOWN),),
        settled=(
            ROLE_POLICY.but(
                "policy",
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": UNKNOWN}
                    ],
                },
            ),
        ),
        more_good={
            "family on one bucket": permitting("s3:Get*"),
            "boundary": (BOUNDARY,),
            "action on everything": permitting("ecr:GetAuthorizationToken", "*"),
            "denied": (
                ROLE_POLICY.but(
                    "policy", document({"Effect": "Deny", "Action": "*", "Resource": "*"})
                ),
            ),
        },
        more_bad={
            "service": permitting("s3:*"),
            "service, in capitals": permitting(["S3:GetObject", "KMS:*"]),
            "family on everything": permitting(["s3:Put*"], "*"),
            "all but": (
                ROLE_POLICY.but(
                    "policy", document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
                ),
            ),
            "all resources but": (
                ROLE_POLICY.but(
                    "policy",
                    document({"Effect": "Allow", "Action": "s3:Put*", "NotResource": "arn:x"}),
                ),
            ),
            "managed": (
                Declared(
                    "aws:iam/policy:Policy", {"policy": permitting("*")[0].properties["policy"]}
                ),
            ),
            "inline": (
                ROLE.but(
                    "inlinePolicies",
                    [{"name": "all", "policy": permitting("*")[0].properties["policy"]}],
                ),
            ),
        },
    ),
    "bulkhead-iam-deny-administrators": Twins(
        good=(ATTACHMENT,),
        bad=(ATTACHMENT.but("policyArn", ADMINISTRATOR),),
        unknown=(ATTACHMENT.but("policyArn", UNKNOWN),),
        settled=(
            OWN_POLICY,
            ATTACHMENT.but("policyArn", UNKNOWN).depending(policyArn="policy"),
        ),
        more_bad={
            "role": (ROLE.but("managedPolicyArns", [ADMINISTRATOR]),),
            "user": (
                Declared(
                    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
                    {"user": "ci", "policyArn": "arn:aws:iam::aws:policy/PowerUserAccess"},
                ),
            ),
        },
    ),
    "bulkhead-iam-deny-attached-boundaries": Twins(
        good=(OWN_POLICY, ATTACHED),
        bad=(BOUNDARY, ATTACHED),
        settled=(OWN_POLICY, ATTACHED),
        more_good={
            "set": (
                BOUNDARY,
                ROLE.but("permissionsBoundary", UNKNOWN).depending(permissionsBoundary="policy"),
            )
        },
        more_bad={
            "role": (
                BOUNDARY,
                ROLE.but("managedPolicyArns", UNKNOWN).depending(managedPolicyArns="policy"),
            )
        },
    ),
    "bulkhead-iam-restrict-trust": Twins(
        good=(ROLE,),
        bad=trusting(allow({"AWS": "*"}, "sts:AssumeRole")),
        unknown=(ROLE.but("assumeRolePolicy", UNKNOWN),),
        more_good={
            "own organisation": trusting(
                allow("*", "sts:AssumeRole")
                | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
            ),
        },
        more_bad={
            "external ID": trusting(
                allow("*", "sts:AssumeRole")
                | {"Condition": {"StringEquals": {"sts:ExternalId": "42"}}}
            ),
        },
    ),
    "bulkhead-iam-tag-pod-identity": Twins(
        good=(ROLE,),
        bad=trusting(allow({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole")),
        unknown=(ROLE.but("assumeRolePolicy", UNKNOWN),),
        more_good={
            "two statements": trusting(
                allow({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole"),
                allow({"Service": ["pods.eks.amazonaws.com"]}, "sts:TagSession"),
            ),
            "another service": trusting(allow({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole")),
            "family": trusting(allow({"Service": "pods.eks.amazonaws.com"}, "sts:*")),
        },
    ),
}

"""What pipelines are trusted for: looking, or deploying, and never both (IAM-2).

Trust is bound to claims of the token that a workflow can't choose (GitHub Docs, "Configuring OpenID
Connect in Amazon Web Services"; IAM User Guide, "Available keys for AWS OIDC federation").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.domain.repositories import AUDIENCE, ISSUER, Repository
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Document, Statement, by, document
from bulkhead.foundation.duty_policies import CONTENTS
from bulkhead.foundation.identity import ARTIFACT_READING
from bulkhead.foundation.key_uses import CRYPTOGRAPHY

PREVIEW, DEPLOY = "ci-preview", "ci-deploy"
"""The two roles, without the environment."""

LOOKING = {"settings": "SecurityAudit", "lists": "job-function/ViewOnlyAccess"}
"""AWS managed policies of a preview: both see how everything is set, and no content."""


@dataclass(frozen=True)
class State:
    """Where Pulumi keeps its state, if in S3.

    Attributes:
        bucket: name of the bucket.
        key_arns: keys that encrypt the bucket and the secrets in the state.
    """

    bucket: str
    key_arns: Sequence[str] = ()


def preview_trust(scope: Scope, repository: Repository) -> Document:
    """Trust for workflows of pull requests and of the deployed branch."""
    return _trust("LetWorkflowsPreview", scope, repository, sub=repository.previewing)


def deploy_trust(scope: Scope, repository: Repository) -> Document:
    """Trust for workflows in the environment, which GitHub holds until its reviewers agree.

    The subject of such a run names no branch, so that the branch is asked for beside it.
    """
    subject = repository.deploying(scope.environment)
    claims = {"sub": subject, "ref": repository.ref}
    return _trust("LetWorkflowsDeploy", scope, repository, **claims)


def preview_statements(state: State | None) -> list[Statement]:
    """What a preview may do beside looking: read the state, and nothing else that holds content."""
    objects = [f"{arns.bucket(state.bucket)}/*"] if state else []
    keys = list(state.key_arns) if state else []
    reading: list[Statement] = []
    if state:
        reading.append(_allow("ReadState", ARTIFACT_READING, objects))
    if keys:
        reading.append(_allow("OpenState", ["kms:Decrypt"], keys))
    return [
        *reading,
        _deny_elsewhere("DenyOtherObjects", ARTIFACT_READING, objects),
        _deny_elsewhere("DenyOtherKeys", CRYPTOGRAPHY, keys),
        {"Sid": "DenyContents", "Effect": "Deny", "Action": CONTENTS, "Resource": "*"},
        {
            "Sid": "DenyBecomingOthers",
            "Effect": "Deny",
            "Action": "sts:AssumeRole",
            "Resource": "*",
        },
    ]


def deploy_statements(deployer_arn: str) -> list[Statement]:
    """What a deployment may do: take on the role that deploys, and that alone."""
    return [_allow("BecomeDeployer", ["sts:AssumeRole"], [deployer_arn])]


def deployer_trust(scope: Scope) -> Document:
    """The trust policy that the role which deploys needs, to be taken on by the pipeline alone."""
    return document(
        {
            "Sid": "LetPipelineIn",
            "Effect": "Allow",
            "Principal": {"AWS": arns.root(scope)},
            "Action": "sts:AssumeRole",
            "Condition": by(arns.role(scope, scope.named(DEPLOY), arns.PIPELINES)),
        }
    )


def _trust(sid: str, scope: Scope, repository: Repository, **claims: Any) -> Document:
    asked = {"aud": AUDIENCE, **claims}
    if repository.id:
        asked["repository_id"] = repository.id
    return document(
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Federated": arns.identity_provider(scope, ISSUER)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{ISSUER}:{claim}": value for claim, value in asked.items()}
            },
        }
    )


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _deny_elsewhere(sid: str, actions: Sequence[str], spared: Sequence[str]) -> Statement:
    """Deny ``actions`` on all but ``spared``."""
    where = {"NotResource": list(spared)} if spared else {"Resource": "*"}
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), **where}

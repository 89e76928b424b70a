"""Roles of the pipelines that preview and deploy the platform."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.access import check_role_arn
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.repositories import AUDIENCE, ISSUER, Repository
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.identity import make_role
from bulkhead.foundation.pipeline_policies import (
    DEPLOY,
    LOOKING,
    PREVIEW,
    State,
    deploy_statements,
    deploy_trust,
    deployer_trust,
    preview_statements,
    preview_trust,
)


class StateArgs(TypedDict):
    """Where Pulumi keeps its state, if in S3."""

    bucket: str
    """Name of the bucket."""
    key_arns: NotRequired[list[str] | None]
    """ARNs of the keys that encrypt the bucket and the secrets in the state. Default: none."""


class PipelineRolesArgs(TypedDict):
    """What ``PipelineRoles`` takes."""

    scope: ScopeArgs
    """Environment and account that the pipelines deploy."""
    tier: str
    """Highest tier of the tenants, for the labels."""
    repository: str
    """GitHub repository with the platform's program, as ``owner/name``."""
    deployer_arn: str
    """ARN of the IAM role that deploys; it exists before the platform, since it makes it."""
    branch: NotRequired[str | None]
    """The branch that is deployed. Default: ``main``."""
    repository_id: NotRequired[str | None]
    """GitHub's number for the repository, which one that takes over its name doesn't have.
    Default: not asked for."""
    provider_exists: NotRequired[bool | None]
    """Whether the account already trusts GitHub as identity provider, of which IAM takes one, as
    where another environment shares it. Default: no, so that the provider is made."""
    state: NotRequired[StateArgs | None]
    """Where Pulumi keeps its state, for the preview to read. Default: not in this account."""


class PipelineRoles(Component):
    """Two roles for GitHub Actions, one that previews and one that deploys (IAM-2).

    Workflows of pull requests and of the deployed branch take on the preview role: it sees how
    everything is set, reads Pulumi's state, and is denied contents, keys and every other role. Only
    a workflow on the deployed branch and in the GitHub environment named as the scope's environment
    takes on the deploy role, which does one thing: it takes on the deployer. So have that
    environment ask for reviewers. Tokens last for the job; no access key exists.

    Example:
        import pulumi

        from bulkhead import PipelineRoles

        pipelines = PipelineRoles(
            "pipelines",
            {
                "scope": {
                    "environment": "prod",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
                "repository": "example/platform",
                "deployer_arn": "arn:aws:iam::111122223333:role/platform-deployer",
            },
        )
        pulumi.export("preview_role_arn", pipelines.preview_role_arn)
    """

    preview_role_arn: pulumi.Output[str]
    """ARN of the role that previews."""
    deploy_role_arn: pulumi.Output[str]
    """ARN of the role that deploys."""
    deployer_trust: pulumi.Output[str]
    """The trust policy that the deployer needs, as JSON: it lets the deploy role in alone."""

    def __init__(
        self, name: str, args: PipelineRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the roles, and the identity provider unless there is one.

        Raises:
            RefusedError: the scope, the tier, the repository, its branch or ID, or the deployer is
                refused.
        """
        args = checked(args, PipelineRolesArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        branch = args.get("branch") or Repository.branch
        repository = Repository(args["repository"], branch, args.get("repository_id"))
        repository.check(where=name)
        deployer_arn = check_role_arn(args["deployer_arn"], where=f"{name}.deployer_arn")
        state = _read_state(args.get("state"), where=f"{name}.state")
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "pipelines")
        made = [] if args.get("provider_exists") else [self._trusted(f"{name}-github", labels)]
        preview = make_role(
            PREVIEW,
            scope=scope,
            labels=labels.but(workload=PREVIEW),
            trust=preview_trust(scope, repository),
            opts=self._child(depends_on=made),
            description=f"Previews {scope.environment} from {repository.name}; changes nothing.",
            statements=preview_statements(state),
            managed=LOOKING,
            part=arns.PIPELINES,
        )
        deploy = make_role(
            DEPLOY,
            scope=scope,
            labels=labels.but(workload=DEPLOY),
            trust=deploy_trust(scope, repository),
            opts=self._child(depends_on=made),
            description=f"Deploys {scope.environment} from {repository.name}.",
            statements=deploy_statements(deployer_arn),
            part=arns.PIPELINES,
        )
        self._export(
            {
                "preview_role_arn": preview.arn,
                "deploy_role_arn": deploy.arn,
                "deployer_trust": render(deployer_trust(scope)),
            }
        )

    def _trusted(self, name: str, labels: Labels) -> pulumi.Resource:
        provider: pulumi.Resource = aws.iam.OpenIdConnectProvider(
            name,
            url=f"https://{ISSUER}",
            client_id_lists=[AUDIENCE],
            tags=labels.tags(name),
            opts=self._child(),
        )
        return provider


def _read_state(args: StateArgs | None, *, where: str) -> State | None:
    if args is None:
        return None
    args = checked(args, StateArgs, where=where)
    return State(args["bucket"], args.get("key_arns") or [])

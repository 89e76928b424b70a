"""Image registries."""

import json
import re
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.store_policies import repository_policy

REPOSITORY = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*")
"""The names that ECR takes."""

LONGEST = 200
"""Characters of a name; ECR takes 256, of which the partition's words need some."""

UNTAGGED_DAYS = 14
"""Days after which an image that lost its tag goes."""


class ImageRegistryArgs(TypedDict):
    """What an ``ImageRegistry`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the repositories."""
    tier: str
    """Sensitivity tier of what runs from the images."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for models."""
    repositories: list[str]
    """Names of the repositories behind ``<environment>/<tier>/``."""
    enhanced_scanning: NotRequired[bool | None]
    """Whether Amazon Inspector scans the account's images again and again, for the vulnerabilities
    of operating systems and of languages' packages. It is a setting of account and Region, so that
    only one registry may turn it on. Default: false, one scan of each image when it is pushed."""


class ImageRegistry(Component):
    """The image repositories of one environment and tier (STO-2).

    Encrypted with the partition's key; a tag never comes to mean another image (FSBP ECR.2), every
    image is scanned when it is pushed (FSBP ECR.1), and one that lost its tag goes after two weeks
    (FSBP ECR.3). Nothing that has a tag goes by itself: what runs is pinned by its digest, and may
    be needed for a rollback. Images are fenced to principals of the environment and of its tier or
    above.

    Example:
        from bulkhead import ImageRegistry

        ImageRegistry(
            "images",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "repositories": ["vllm", "gateway/processor"],
            },
        )
    """

    repository_urls: pulumi.Output[dict[str, str]]
    """Where each repository is pulled from and pushed to, by its name."""
    repository_arns: pulumi.Output[dict[str, str]]
    """ARN of each repository, by its name."""

    def __init__(
        self, name: str, args: ImageRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the repositories.

        Raises:
            RefusedError: the scope, the tier or a repository's name is refused, or there is none.
        """
        args = checked(args, ImageRegistryArgs, where=name)
        scope, tier = read_place(args, where=name)
        names = check_repositories(args["repositories"], where=f"{name}.repositories")
        super().__init__(name, opts)

        if args.get("enhanced_scanning"):
            aws.ecr.RegistryScanningConfiguration(
                name,
                scan_type="ENHANCED",
                rules=[
                    {
                        "scan_frequency": "CONTINUOUS_SCAN",
                        "repository_filters": [{"filter": "*", "filter_type": "WILDCARD"}],
                    }
                ],
                opts=self._child(),
            )
        made = {each: self._make(name, each, scope, tier, args["key_arn"]) for each in names}
        self._export(
            {
                "repository_urls": {each: one.repository_url for each, one in made.items()},
                "repository_arns": {each: one.arn for each, one in made.items()},
            }
        )

    def _make(
        self, name: str, repository: str, scope: Scope, tier: Tier, key_arn: pulumi.Input[str]
    ) -> "aws.ecr.Repository":
        word = repository.replace("/", "-")
        labels = scope.labels(tier, Plane.MODEL, "images")
        made = aws.ecr.Repository(
            f"{name}-{word}",
            name=f"{scope.environment}/{tier}/{repository}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key_arn}],
            force_delete=False,
            tags=labels.tags(f"{name}-{word}"),
            opts=self._child(protect=scope.rules.protect_data),
        )
        aws.ecr.RepositoryPolicy(
            f"{name}-{word}",
            repository=made.name,
            policy=render(repository_policy(scope, tier)),
            opts=self._child(),
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-{word}",
            repository=made.name,
            policy=json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": "Forget images that lost their tag.",
                            "selection": {
                                "tagStatus": "untagged",
                                "countType": "sinceImagePushed",
                                "countUnit": "days",
                                "countNumber": UNTAGGED_DAYS,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
            opts=self._child(),
        )
        return made


def check_repositories(names: list[str], *, where: str) -> list[str]:
    """Return the names if each is one that ECR takes.

    Raises:
        RefusedError: there is none, one is no name, or two are the same or differ in a slash only.
    """
    if not names:
        raise RefusedError("a repository is needed", allowed="at least one name", where=where)
    for each in names:
        if REPOSITORY.fullmatch(each) is None or len(each) > LONGEST:
            raise RefusedError(
                "not the name of a repository",
                given=each,
                allowed=f"up to {LONGEST} lower-case letters and digits, with single '-', '_', '.' "
                "and '/' between them",
                where=where,
            )
    if len({each.replace("/", "-") for each in names}) < len(names):
        raise RefusedError(
            "two repositories of one name",
            given=", ".join(names),
            allowed="names that differ in more than '/' and '-'",
            where=where,
        )
    return names

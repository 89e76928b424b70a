"""GitHub repositories, and what their workflows' tokens say of them (IAM-2)."""

import re
from dataclasses import dataclass

from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError

ISSUER = "token.actions.githubusercontent.com"
"""Who issues the tokens of GitHub Actions (GitHub Docs, "OpenID Connect reference")."""

AUDIENCE = "sts.amazonaws.com"
"""Whom a token must be meant for; the official action asks for this one."""

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
BRANCH = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
REPOSITORY_ID = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True)
class Repository:
    """A repository whose workflows deploy an environment.

    Attributes:
        name: ``owner/name``.
        branch: the only branch that deploys.
        id: GitHub's number for it; a repository that takes over a freed name has another.
    """

    name: str
    branch: str = "main"
    id: str | None = None

    def check(self, *, where: str) -> "Repository":
        """Return the repository if its names are exact ones.

        Raises:
            RefusedError: a name is malformed or a pattern, or the ID is no number.
        """
        for what, value, shape, allowed in (
            ("repository", self.name, REPOSITORY, "owner/name, without wildcards"),
            ("branch", self.branch, BRANCH, "the name of one branch, without wildcards"),
            ("repository_id", self.id, REPOSITORY_ID, "a number, as a string"),
        ):
            if value is not None and shape.fullmatch(value) is None:
                raise RefusedError(
                    f"not a {what.replace('_id', ' ID')}",
                    given=value,
                    allowed=allowed,
                    where=f"{where}.{what}",
                )
        return self

    @property
    def ref(self) -> str:
        """The branch as Git names it."""
        return f"refs/heads/{self.branch}"

    @property
    def previewing(self) -> list[str]:
        """Subjects of workflows that preview: of pull requests, and of the branch itself."""
        return [f"repo:{self.name}:pull_request", f"repo:{self.name}:ref:{self.ref}"]

    def deploying(self, environment: Environment) -> str:
        """The subject of workflows that run in the GitHub environment of the same name."""
        return f"repo:{self.name}:environment:{environment}"

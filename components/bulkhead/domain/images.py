"""Container images, by digest, in registries that nodes without a way out reach."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bulkhead.domain.errors import RefusedError

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_PRIVATE = re.compile(
    r"(?P<repository>\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9._/-]+)"
    r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Image:
    """An image of a private ECR registry.

    Attributes:
        repository: ``<account>.dkr.ecr.<region>.amazonaws.com/<name>``.
        tag: what people call it; empty where they don't.
        digest: what runs, ``sha256:<64 hex digits>``.
    """

    repository: str
    tag: str
    digest: str

    @property
    def reference(self) -> str:
        """The image as containers name it."""
        return f"{self.repository}@{self.digest}"

    @property
    def pinned_tag(self) -> str:
        """A tag for charts that write ``repository:tag``: the digest behind it decides."""
        return f"{self.tag or 'pinned'}@{self.digest}"


def read_image(reference: object, *, where: str) -> Image:
    """Read an image of a controller or a server.

    Nodes have no way to public registries: an image is mirrored, by hand or through a pull-through
    cache (Amazon ECR User Guide, "Sync an upstream registry"), and named by digest, since a tag of
    the mirror can move.

    Raises:
        RefusedError: it is of no private ECR registry, or has no digest.
    """
    found = _PRIVATE.fullmatch(reference) if isinstance(reference, str) else None
    if found is None:
        raise RefusedError(
            "an image is mirrored to a private registry and named by digest",
            given=reference or "none",
            allowed="<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with "
            "a tag before the @ or without",
            where=where,
        )
    return Image(found["repository"], found["tag"] or "", found["digest"])


def read_images(references: Mapping[str, object], *, where: str) -> dict[str, Image]:
    """Read the images of a controller's parts; see ``read_image``."""
    return {word: read_image(each, where=f"{where}.{word}") for word, each in references.items()}

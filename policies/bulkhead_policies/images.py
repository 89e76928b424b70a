"""Which images containers run, and how they are named."""

import re
from fnmatch import fnmatchcase

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.pods import EVERY_POD, every_container
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import texts
from bulkhead_policies.view import View

DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
DOCKER_HUB = "docker.io"
"""Where an image comes from whose name names no registry."""

REGISTRIES = texts(
    "registries",
    ("*.dkr.ecr.*.amazonaws.com",),
    "Registries, with the start of a path where that matters, from which images may come, as "
    "patterns in shell style. Default: private registries of ECR.",
)


@resource_rule(
    "bulkhead-image-deny-latest",
    types=EVERY_POD,
    severity=Severity.MEDIUM,
    requirements=("INF-5", "INF-7"),
    title="Images have a version",
    why="What 'latest' means changes between two restarts of one pod: nobody knows what runs, and "
    "a roll-back returns to the same image.",
    remediation="Name a version, better a digest.",
)
def latest_denied(resource: Resource) -> Findings:
    """Judge the tag of every image that has no digest."""
    yield from each(every_container(resource), _has_version)


def _has_version(container: View) -> Findings:
    image = container["image"]
    name = image.text()
    if name and "@" not in name and _tag(name) in ("", "latest"):
        yield image.refuse("no version", allowed="a digest, or a tag other than latest")


@resource_rule(
    "bulkhead-image-pin-digest",
    types=EVERY_POD,
    severity=Severity.HIGH,
    requirements=("INF-5", "TRN-1"),
    frameworks=("ATLAS AML.M0014",),
    title="Images are named by digest",
    why="A tag can be pushed anew: what was scanned and signed is not what runs.",
    remediation="Write the image as <repository>@sha256:<digest>.",
)
def digest_pinned(resource: Resource) -> Findings:
    """Judge every image that has a version; one without breaks bulkhead-image-deny-latest."""
    yield from each(every_container(resource), _has_digest)


def _has_digest(container: View) -> Findings:
    image = container["image"]
    name = image.text()
    if name and not DIGEST.fullmatch(name) and ("@" in name or _tag(name) not in ("", "latest")):
        yield image.refuse("a tag can be moved", allowed="<repository>@sha256:<64 hex digits>")


@resource_rule(
    "bulkhead-image-allow-registries",
    types=EVERY_POD,
    severity=Severity.MEDIUM,
    requirements=("INF-5", "TRN-1"),
    frameworks=("CIS EKS 5.1.4", "ATLAS AML.M0014"),
    title="Images come from the registries of the organisation",
    why="An image from a public registry was scanned and signed by nobody here, and may be gone "
    "or changed when a node needs it.",
    remediation="Copy the image to the organisation's registry, or have its registry allowed in "
    "the pack's configuration.",
    options=(REGISTRIES,),
)
def registries_allowed(resource: Resource) -> Findings:
    """Judge where every image comes from."""
    allowed = resource.settings[REGISTRIES]
    yield from each(every_container(resource), lambda container: _from_one_of(container, allowed))


def _from_one_of(container: View, allowed: tuple[str, ...]) -> Findings:
    image = container["image"]
    if (name := image.text()) and not any(_is_within(name, pattern) for pattern in allowed):
        yield image.refuse("an image from elsewhere", allowed=allowed)


def _is_within(image: str, pattern: str) -> bool:
    """Whether an image comes from a registry, or from below a path of it."""
    first, slash, rest = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, rest) if named else (DOCKER_HUB, image)
    wanted, _, folder = pattern.rstrip("/").partition("/")
    return fnmatchcase(registry, wanted) and fnmatchcase(repository, f"{folder}/*".lstrip("/"))


def _tag(image: str) -> str:
    """The tag of an image's name, empty for none; a registry's port is no tag."""
    return image.rpartition("/")[2].partition(":")[2]

"""Models: what the card of a version says, and whether it may be served (INF-5, MOD-1 to MOD-3)."""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image
from bulkhead.domain.inference import MODEL
from bulkhead.domain.labels import LABEL_PREFIX, check_value

VERSION_NOTE = f"{LABEL_PREFIX}model-version"
DIGEST_NOTE = f"{LABEL_PREFIX}model-digest"
APPROVAL_NOTE = f"{LABEL_PREFIX}model-approval"
OWNER_NOTE = f"{LABEL_PREFIX}model-owner"
RETIRES_NOTE = f"{LABEL_PREFIX}model-retires"
DATASETS_NOTE = f"{LABEL_PREFIX}dataset-versions"
"""Annotations of a server's pods that tell its model's card, by which a record of the gateway is
joined with the registry's weeks later (OBS-1)."""


PUBLIC_KEY = re.compile(
    r"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=]{1,76}\n)+-----END PUBLIC KEY-----\n?"
)

WHO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+/-]{0,126}")
"""A person, a team or a record of the registry."""


class Status(StrEnum):
    """Where a version stands on its way (MOD-2)."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    PRODUCTION = "production"
    RETIRED = "retired"


SERVED = (Status.APPROVED, Status.PRODUCTION)
"""What may be served. Candidates are evaluated by jobs, which have no clients."""


@dataclass(frozen=True)
class ModelCard:
    """One version of a model.

    Attributes:
        name: how the registry and clients name the model.
        version: the registry's word for this version.
        artifact: OCI image that holds nothing but the model's files and their signature.
        owner: team that answers for it.
        status: where it stands.
        submitted_by: who asked for its approval.
        approved_by: who approved it.
        retires: the last day on which it may be served.
        datasets: versions of the datasets that it was trained on, ``<dataset>@<version>``.
    """

    name: str
    version: str
    artifact: Image
    owner: str
    status: Status
    submitted_by: str
    approved_by: str
    retires: datetime.date
    datasets: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What tells this version from every other, in the registry, in routes and in records."""
        return self.artifact.digest

    def check(self, *, registries: Iterable[str], today: datetime.date, where: str) -> "ModelCard":
        """Return the card if the version may be served on ``today``.

        Raises:
            RefusedError: a name is unusable, the artifact is of none of ``registries``, the version
                is not approved, or by whom it was submitted, or it is past its retirement.
        """
        if not MODEL.fullmatch(self.name):
            raise RefusedError(
                "not a usable model name",
                given=self.name,
                allowed="1 to 63 lower-case letters, digits, '-' and '.', starting and ending with "
                "a letter or digit",
                where=f"{where}.name",
            )
        for key in ("version", "owner"):
            check_value(getattr(self, key), where=f"{where}.{key}")
        check_registry(self.artifact, registries, where=f"{where}.artifact")
        self._check_approval(where)
        if today > self.retires:
            raise RefusedError(
                "the version is retired",
                given=f"{self.name} {self.version} since {self.retires}",
                allowed="a version whose last day has not passed",
                where=f"{where}.retires",
            )
        self._check_datasets(where)
        return self

    def _check_approval(self, where: str) -> None:
        if self.status not in SERVED:
            raise RefusedError(
                "a version that is not approved is not served",
                given=self.status,
                allowed=SERVED,
                where=f"{where}.status",
            )
        for key in ("submitted_by", "approved_by"):
            if not WHO.fullmatch(getattr(self, key)):
                raise RefusedError(
                    "nobody is named",
                    given=getattr(self, key),
                    allowed="a person, team or record: letters, digits and ._@+/-",
                    where=f"{where}.{key}",
                )
        if self.approved_by.casefold() == self.submitted_by.casefold():
            raise RefusedError(
                "who submits a version does not approve it",
                given=self.approved_by,
                allowed="somebody else",
                where=f"{where}.approved_by",
            )

    def _check_datasets(self, where: str) -> None:
        if not self.datasets:
            raise RefusedError(
                "nobody knows what the model was trained on",
                allowed="one dataset or more, <dataset>@<version>",
                where=f"{where}.datasets",
            )
        for dataset in self.datasets:
            name, _, version = dataset.partition("@")
            for part in (name, version):
                check_value(part, where=f"{where}.datasets.{dataset}")

    def annotations(self) -> dict[str, str]:
        """The card as annotations of the pods that serve the model."""
        return {
            VERSION_NOTE: self.version,
            DIGEST_NOTE: self.digest,
            APPROVAL_NOTE: self.approved_by,
            OWNER_NOTE: self.owner,
            RETIRES_NOTE: self.retires.isoformat(),
            DATASETS_NOTE: " ".join(self.datasets),
        }


def check_registry(image: Image, registries: Iterable[str], *, where: str) -> Image:
    """Return the image if it is of one of the repositories, or of one below.

    Raises:
        RefusedError: it is of another; the sentence lists them.
    """
    known = list(registries)
    if not any(f"{image.repository}/".startswith(f"{each}/") for each in known):
        raise RefusedError(
            "an image of no registry of the tenant",
            given=image.repository,
            allowed=known,
            where=where,
        )
    return image


def check_public_key(key: str, *, where: str) -> str:
    """Return the key if it is one that signatures are verified with.

    Raises:
        RefusedError: it is none, or a private one.
    """
    if not PUBLIC_KEY.fullmatch(key):
        raise RefusedError(
            "not a public key",
            given="a private key" if "PRIVATE" in key else key[:40],
            allowed="PEM: -----BEGIN PUBLIC KEY----- and so on",
            where=where,
        )
    return key

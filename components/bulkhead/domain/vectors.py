"""Vector indexes: what an index of embeddings may look like."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError

INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""The names that S3 Vectors takes."""

LARGEST_DIMENSION = 4096
MOST_HIDDEN_KEYS = 10
LONGEST_KEY = 63
"""Limits of S3 Vectors (Amazon S3 User Guide, "Limitations and restrictions")."""


class DistanceMetric(StrEnum):
    """How far apart two vectors are."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


@dataclass(frozen=True)
class VectorIndex:
    """An index; none of it can be changed once it exists.

    Attributes:
        name: name within its store.
        dimension: numbers in a vector, as the embedding model gives them.
        metric: the distance that the model was trained for.
        hidden_keys: metadata keys that a query returns and can't filter by, such as the text
            of a chunk.
    """

    name: str
    dimension: int
    metric: DistanceMetric
    hidden_keys: tuple[str, ...] = ()

    def check(self, *, where: str) -> "VectorIndex":
        """Return the index if S3 Vectors takes it.

        Raises:
            RefusedError: the name, the dimension or a metadata key is none that it takes.
        """
        if INDEX_NAME.fullmatch(self.name) is None:
            raise RefusedError(
                "not the name of a vector index",
                given=self.name,
                allowed="3 to 63 lower-case letters, digits, hyphens and dots, starting and ending "
                "with a letter or digit",
                where=f"{where}.name",
            )
        if not 1 <= self.dimension <= LARGEST_DIMENSION:
            raise RefusedError(
                "not a dimension",
                given=self.dimension,
                allowed=f"1 to {LARGEST_DIMENSION}",
                where=f"{where}.dimension",
            )
        _check_keys(self.hidden_keys, where=f"{where}.hidden_keys")
        return self


def _check_keys(keys: Sequence[str], *, where: str) -> None:
    if len(keys) > MOST_HIDDEN_KEYS or len(set(keys)) < len(keys):
        raise RefusedError(
            "too many metadata keys, or one twice",
            given=", ".join(keys),
            allowed=f"up to {MOST_HIDDEN_KEYS} different ones",
            where=where,
        )
    for key in keys:
        if not 1 <= len(key) <= LONGEST_KEY:
            raise RefusedError(
                "not a metadata key",
                given=key,
                allowed=f"1 to {LONGEST_KEY} characters",
                where=where,
            )


def read_index(
    name: str, dimension: int, metric: str, hidden_keys: Sequence[str], *, where: str
) -> VectorIndex:
    """The index that these words describe.

    Raises:
        RefusedError: the metric is unknown, or see ``VectorIndex.check``.
    """
    index = VectorIndex(
        name,
        dimension,
        parsing.choice(DistanceMetric, metric, where=f"{where}.metric"),
        tuple(hidden_keys),
    )
    return index.check(where=where)

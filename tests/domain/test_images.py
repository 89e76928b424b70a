"""Images are named by digest, in registries that nodes reach (POL-2, INF-5)."""

import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import read_image

DIGEST = f"sha256:{'ab' * 32}"
MIRROR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/mirror/kueue"


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        (f"{MIRROR}@{DIGEST}", f"pinned@{DIGEST}"),
        (f"{MIRROR}:v0.20.0@{DIGEST}", f"v0.20.0@{DIGEST}"),
    ],
)
def test_a_mirrored_image_is_read_whole(reference: str, pinned: str) -> None:
    image = read_image(reference, where="image")
    assert (image.repository, image.digest) == (MIRROR, DIGEST)
    assert image.pinned_tag == pinned
    assert image.reference == f"{MIRROR}@{DIGEST}"


@pytest.mark.parametrize(
    "reference",
    [
        None,
        7,
        "",
        MIRROR,
        f"{MIRROR}:v0.20.0",
        f"{MIRROR}@sha256:abcd",
        f"{MIRROR}:v1 @{DIGEST}",
        f"registry.k8s.io/kueue/kueue@{DIGEST}",
        f"https://{MIRROR}@{DIGEST}",
        f"{MIRROR}@{DIGEST}\n",
    ],
)
def test_another_is_refused_with_what_would_do(reference: object) -> None:
    with pytest.raises(RefusedError) as refused:
        read_image(reference, where="platform.images.kueue")
    assert str(refused.value) == (
        "platform.images.kueue: an image is mirrored to a private registry and named by digest, "
        f"got {str(reference or 'none')!r}; allowed: "
        "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag before "
        "the @ or without"
    )

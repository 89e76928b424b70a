"""Which nodes run which sandboxes, and which sandboxes are strong enough for which tier."""

from typing import Any

import pytest

from bulkhead.cluster.pool_arguments import PoolArgs, read_pool
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.pods import Runtime
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import Image, Provisioner
from bulkhead.domain.runtimes import check_nitro_version, check_sandbox, sandboxes
from bulkhead.domain.tiers import Tier

AMI = "ami-0123456789abcdef0"


def read(*runtimes: str, kind: str = "m7i.4xlarge", **more: Any) -> Pool:
    args: PoolArgs = {"name": "p", "instance_types": [kind], "runtimes": list(runtimes), **more}  # type: ignore[typeddict-item]
    return read_pool(args, where="pool", region="eu-central-1")


@pytest.mark.parametrize(
    ("pool", "provisioner"),
    [
        (read("kata"), Provisioner.SELF_MANAGED),
        (read("kata", kind="m8i.4xlarge"), Provisioner.SELF_MANAGED),
        (read("kata", kind="m7i.metal-48xl"), Provisioner.MANAGED),
        (read("kata", kind="m7g.metal"), Provisioner.MANAGED),
        (read("kata", hosts=1, zone="eu-central-1a"), Provisioner.HOSTS),
        (read("gvisor", ami_id=AMI), Provisioner.MANAGED),
        (read("gvisor", "kata", ami_id=AMI), Provisioner.SELF_MANAGED),
        (read("isolated-sandbox", "confidential-sandbox", ami_id=AMI), Provisioner.MANAGED),
    ],
    ids=str,
)
def test_nodes_are_started_by_who_can_and_are_amazon_linux(
    pool: Pool, provisioner: Provisioner
) -> None:
    assert (pool.provisioner, pool.image) == (provisioner, Image.AL2023)


def test_only_confidential_sandboxes_alone_seal_their_nodes() -> None:
    assert read("confidential-sandbox", ami_id=AMI).sealed
    assert not read("confidential-sandbox", "isolated-sandbox", ami_id=AMI).sealed
    assert not read().sealed


TPM = {"protection": "nitro-tpm", "measurements": {"pcr7": "5f" * 48}, "ami_id": AMI}
ENCLAVES = {"protection": "nitro-enclaves", "measurements": {"pcr0": "5f" * 48}}

REFUSED: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
    (("runc",), {}, "pool.runtimes: unknown runtime, got 'runc'"),
    (("",), {}, 'pool.runtimes: not a sandbox, or one twice, got "the node\'s own kernel"'),
    (("kata", "kata"), {}, "pool.runtimes: not a sandbox, or one twice, got 'kata'"),
    (
        ("kata", "isolated-sandbox"),
        {"ami_id": AMI},
        "pool.runtimes: Kata and Nitro sandboxes both want the node's virtualization, got 'kata, "
        "isolated-sandbox'; allowed: a pool for each",
    ),
    (
        ("gvisor",),
        {"kind": "g6.4xlarge", "ami_id": AMI},
        "pool.instance_types: no sandbox hands a GPU to code that nobody has read, got "
        "'g6.4xlarge'; allowed: instance types without GPUs",
    ),
    (
        ("kata",),
        {"kind": "m7a.4xlarge"},
        "pool.instance_types: an instance type that runs no virtual machines of Kata, got "
        "'m7a.4xlarge'; allowed: a type of c7i, c8i, m7i, m8i, r7i, r8i, or a .metal type",
    ),
    (
        ("isolated-sandbox",),
        {"kind": "m7i.metal-48xl", "ami_id": AMI},
        "pool.instance_types: an instance type without Nitro Enclaves, got 'm7i.metal-48xl'",
    ),
    (
        ("gvisor",),
        {},
        "pool.ami_id: runtime 'gvisor' is part of the node's image; allowed: ami_id, an image of "
        "your own that has it",
    ),
    (
        ("kata",),
        {"provisioner": "managed"},
        "pool.provisioner: EKS drops the CPU options of managed nodes, and with them nested "
        "virtualization, got 'm7i.4xlarge'; allowed: provisioner self-managed or karpenter, or "
        ".metal types",
    ),
    (
        ("kata",),
        {"seal": TPM},
        "pool.runtimes: sealed nodes take no sandboxes but gVisor, and those with enclaves none, "
        "got 'kata'",
    ),
    (("gvisor",), {"seal": ENCLAVES, "ami_id": AMI}, "pool.ami_id: not an image of a pool"),
    (
        ("isolated-sandbox",),
        {"ami_id": AMI, "hosts": 1, "zone": "eu-central-1a"},
        "pool.runtimes: nodes on hosts run no Nitro sandboxes, got 'isolated-sandbox'; allowed: "
        "gvisor, kata",
    ),
    (
        ("kata",),
        {"image": "bottlerocket"},
        "pool.image: such nodes are set up by Amazon Linux's own tools, got 'bottlerocket'",
    ),
    (("gvisor",), {"ami_id": "ami-1"}, "pool.ami_id: not an image of a pool, got 'ami-1'"),
]


@pytest.mark.parametrize(("runtimes", "more", "sentence"), REFUSED)
def test_what_no_node_can_run_is_refused(
    runtimes: tuple[str, ...], more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read(*runtimes, **more)
    assert str(refused.value).startswith(sentence)


def test_software_alone_is_no_sandbox_of_the_highest_tiers() -> None:
    assert Runtime.GVISOR in sandboxes(Tier.CONFIDENTIAL)
    for tier in (Tier.RESTRICTED, Tier.REGULATED):
        with pytest.raises(RefusedError) as refused:
            check_sandbox(Runtime.GVISOR, tier, where="agents.runtime")
        assert str(refused.value) == (
            f"agents.runtime: too weak a runtime for agents of tier '{tier}', got 'gvisor'; "
            "allowed: kata, isolated-sandbox, confidential-sandbox"
        )


@pytest.mark.parametrize("tier", Tier)
def test_the_nodes_own_kernel_is_a_sandbox_of_no_tier(tier: Tier) -> None:
    with pytest.raises(RefusedError, match="too weak a runtime"):
        check_sandbox(Runtime.DEFAULT, tier, where="x")
    assert check_sandbox(Runtime.KATA, tier, where="x") is Runtime.KATA


@pytest.mark.parametrize("version", ["1.36", "1.37", "1.100", "2.0"])
def test_nitro_sandboxes_run_on_new_clusters(version: str) -> None:
    check_nitro_version([Runtime.ISOLATED_SANDBOX], version, where="x")


def test_nitro_sandboxes_are_refused_on_old_clusters_and_others_are_not() -> None:
    check_nitro_version([Runtime.KATA, Runtime.GVISOR], "1.35", where="x")
    for runtime in (Runtime.ISOLATED_SANDBOX, Runtime.CONFIDENTIAL_SANDBOX):
        with pytest.raises(RefusedError) as refused:
            check_nitro_version([Runtime.KATA, runtime], "1.35", where="x.version")
        assert str(refused.value) == (
            f"x.version: runtime '{runtime}' needs a newer Kubernetes, got '1.35'; allowed: 1.36 "
            "or newer"
        )

"""The table of instance types against what EC2 itself answers, as moto has recorded it."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import moto
import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.features import (
    EFA_INTERFACES,
    HOST_SOCKETS,
    Feature,
    has_feature,
    instances_per_host,
    require_feature,
)
from bulkhead.domain.instances import INSTANCES

RECORDED = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"

every_type = pytest.mark.parametrize("name", INSTANCES)


@cache
def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    return found


@every_type
def test_size_and_gpus_are_those_that_ec2_tells(name: str) -> None:
    told, ours = recorded()[name], INSTANCES[name]
    gpus = told.get("GpuInfo", {}).get("Gpus", [])
    assert ours.vcpus == told["VCpuInfo"]["DefaultVCpus"]
    assert ours.memory_gib == told["MemoryInfo"]["SizeInMiB"] // 1024
    assert ours.gpus == sum(gpu["Count"] for gpu in gpus)
    assert ours.gpu == (gpus[0]["Name"] if gpus else "")
    assert str(ours.architecture) in told["ProcessorInfo"]["SupportedArchitectures"]
    assert ours.metal == told["BareMetal"]


@every_type
def test_features_are_those_that_ec2_tells(name: str) -> None:
    told = recorded()[name]
    assert {feature for feature in Feature if has_feature(name, feature)} - {Feature.MIG} == {
        feature
        for feature, has in {
            Feature.SEV_SNP: "amd-sev-snp" in told["ProcessorInfo"].get("SupportedFeatures", []),
            Feature.NITRO_ENCLAVES: told["NitroEnclavesSupport"] == "supported",
            Feature.NITRO_TPM: told["NitroTpmSupport"] == "supported",
            Feature.DEDICATED_HOSTS: told["DedicatedHostsSupported"],
            Feature.EFA: told["NetworkInfo"]["EfaSupported"],
            Feature.NESTED_VIRTUALIZATION: "nested-virtualization"
            in told["ProcessorInfo"].get("SupportedFeatures", []),
        }.items()
        if has
    }
    interfaces = told["NetworkInfo"].get("EfaInfo", {}).get("MaximumEfaInterfaces", 0)
    assert EFA_INTERFACES.get(name, 0) == interfaces


def test_every_family_with_hosts_has_a_host_and_nothing_is_larger_than_it() -> None:
    for name, instance in INSTANCES.items():
        if has_feature(name, Feature.DEDICATED_HOSTS):
            sockets, vcpus = HOST_SOCKETS[name.partition(".")[0]]
            assert instance.vcpus <= sockets * vcpus
            assert instances_per_host(name) * instance.vcpus <= sockets * vcpus


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("m6a.large", 96),
        ("m6a.4xlarge", 12),
        ("m7i.16xlarge", 2),  # one a socket: 64 of 96 vCPUs
        ("m7a.24xlarge", 2),
        ("m7a.32xlarge", 1),
        ("m7a.48xlarge", 1),
        ("m7g.4xlarge", 4),
        ("m7g.12xlarge", 1),
        ("g4dn.12xlarge", 2),
        ("g5.24xlarge", 2),
        ("g5.48xlarge", 1),
        ("p4d.24xlarge", 1),
        ("g4dn.metal", 1),
    ],
)
def test_instances_per_host(name: str, count: int) -> None:
    assert instances_per_host(name) == count


@pytest.mark.parametrize(
    ("name", "feature", "sentence"),
    [
        (
            "r6a.8xlarge",
            Feature.SEV_SNP,
            "x: an instance type without AMD SEV-SNP, got 'r6a.8xlarge'; allowed: r6a.large, "
            "r6a.xlarge, r6a.2xlarge, r6a.4xlarge",
        ),
        (
            "g6.4xlarge",
            Feature.SEV_SNP,
            "x: an instance type without AMD SEV-SNP, got 'g6.4xlarge'; allowed: a type of c6a, "
            "m6a, r6a",
        ),
        (
            "p5.48xlarge",
            Feature.DEDICATED_HOSTS,
            "x: an instance type without Dedicated Hosts, got 'p5.48xlarge'; allowed: a type of "
            "g4dn, g5, g6, g6e, p4d",
        ),
        (
            "g6.xlarge",
            Feature.DEDICATED_HOSTS,
            "x: an instance type without Dedicated Hosts, got 'g6.xlarge'; allowed: g6.24xlarge, "
            "g6.48xlarge",
        ),
        (
            "m7i.large",
            Feature.NITRO_ENCLAVES,
            "x: an instance type without Nitro Enclaves, got 'm7i.large'; allowed: m7i.xlarge, "
            "m7i.2xlarge, m7i.4xlarge, m7i.8xlarge, m7i.12xlarge, m7i.16xlarge, m7i.24xlarge, "
            "m7i.48xlarge",
        ),
    ],
)
def test_a_type_that_lacks_a_feature_is_refused_with_what_would_work(
    name: str, feature: Feature, sentence: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        require_feature(name, feature, where="x")
    assert str(refused.value) == sentence

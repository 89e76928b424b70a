"""Sealed nodes: what keeps memory and keys from operators while in use, and what it proves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.features import SEV_SNP_REGIONS, Feature, require_feature
from bulkhead.domain.instances import INSTANCES, find_instance

MEASUREMENT = re.compile(r"[0-9a-f]{96}")
"""A SHA-384 digest as KMS compares it: lower-case hexadecimal."""

AMI_ID = re.compile(r"ami-[0-9a-f]{8,17}")


class Protection(StrEnum):
    """What seals a node."""

    SEV_SNP = "sev-snp"
    NITRO_ENCLAVES = "nitro-enclaves"
    NITRO_TPM = "nitro-tpm"


FEATURES = {
    Protection.SEV_SNP: Feature.SEV_SNP,
    Protection.NITRO_ENCLAVES: Feature.NITRO_ENCLAVES,
    Protection.NITRO_TPM: Feature.NITRO_TPM,
}
"""What an instance type needs for each protection."""

CONDITION_PREFIX = "kms:RecipientAttestation:"

CONDITIONS = {
    Protection.SEV_SNP: {},
    Protection.NITRO_ENCLAVES: {
        "image_sha384": "ImageSha384", "pcr0": "PCR0", "pcr1": "PCR1", "pcr2": "PCR2",
        "pcr3": "PCR3", "pcr8": "PCR8",
    },
    Protection.NITRO_TPM: {
        "pcr4": "NitroTPMPCR4", "pcr7": "NitroTPMPCR7", "pcr12": "NitroTPMPCR12",
    },
}  # fmt: skip
"""KMS condition keys by measurement (AWS KMS Developer Guide, "Condition keys for Nitro Enclaves"
and "for NitroTPM"). KMS knows none for SEV-SNP reports."""

SUFFICIENT = {
    Protection.NITRO_ENCLAVES: ({"image_sha384"}, {"pcr0"}, {"pcr8"}),
    Protection.NITRO_TPM: ({"pcr4", "pcr12"}, {"pcr7"}),
}
"""Measurements of which one set must be given. PCR4 alone leaves the kernel's command line open,
which PCR12 measures (EC2 User Guide, "Prepare AWS KMS for attestation")."""


@dataclass(frozen=True)
class Seal:
    """How the nodes of a pool are sealed (ISO-7, KEY-3).

    Attributes:
        protection: what seals them.
        measurements: digests by name, on which the keys open; see ``CONDITIONS``.
        enclave_cpus: vCPUs that a node gives to enclaves, an even number.
        enclave_memory_mib: memory that a node gives to enclaves, in MiB.
        ami_id: the measured image; attestation by NitroTPM needs one of your own.
    """

    protection: Protection
    measurements: Mapping[str, str] = field(default_factory=dict)
    enclave_cpus: int = 2
    enclave_memory_mib: int = 4096
    ami_id: str | None = None

    def check(self, instance_types: tuple[str, ...], *, region: str, where: str) -> "Seal":
        """Return the seal if nodes of these types can have it in ``region``.

        Raises:
            RefusedError: a type or the Region lacks the protection, a measurement is missing,
                unknown or no digest, the enclave is too large, or the image is missing.
        """
        if self.protection is Protection.SEV_SNP:
            self._check_sev_snp(instance_types, region, where)
        for name in instance_types:
            require_feature(name, FEATURES[self.protection], where=f"{where}.protection")
        check_measurements(self.protection, self.measurements, where=where)
        if self.protection is Protection.NITRO_ENCLAVES:
            self._check_enclave(instance_types, where)
        if self.protection is Protection.NITRO_TPM:
            given = self.ami_id
            if given is None or AMI_ID.fullmatch(given) is None:
                raise RefusedError(
                    "a NitroTPM-attested node needs an image of your own that was measured",
                    given=given,
                    allowed="the ID of an Attestable AMI, ami-…",
                    where=f"{where}.ami_id",
                )
        elif self.ami_id is not None:
            raise RefusedError(
                f"no image of your own is taken for {self.protection}",
                given=self.ami_id,
                allowed=f"none, or protection {Protection.NITRO_TPM}",
                where=f"{where}.ami_id",
            )
        return self

    def _check_sev_snp(self, instance_types: tuple[str, ...], region: str, where: str) -> None:
        gpus = [name for name in instance_types if find_instance(name, where=where).gpus]
        if gpus:
            raise RefusedError(
                "SEV-SNP does not cover GPUs",
                given=", ".join(gpus),
                allowed=f"types without GPUs, or protection {Protection.NITRO_TPM}",
                where=f"{where}.protection",
            )
        if region not in SEV_SNP_REGIONS:
            raise RefusedError(
                "no SEV-SNP in this region",
                given=region,
                allowed=sorted(SEV_SNP_REGIONS),
                where=f"{where}.protection",
            )

    def _check_enclave(self, instance_types: tuple[str, ...], where: str) -> None:
        smallest = min((INSTANCES[name] for name in instance_types), key=lambda i: i.vcpus)
        if self.enclave_cpus % 2 or not 2 <= self.enclave_cpus <= smallest.vcpus - 2:
            raise RefusedError(
                "an enclave takes whole cores and leaves the node one",
                given=self.enclave_cpus,
                allowed=f"an even number from 2 to {smallest.vcpus - 2}",
                where=f"{where}.enclave_cpus",
            )
        most = min(INSTANCES[name].memory_gib for name in instance_types) * 1024 // 2
        if not 64 <= self.enclave_memory_mib <= most:
            raise RefusedError(
                "too little or too much memory for enclaves",
                given=self.enclave_memory_mib,
                allowed=f"64 to {most} MiB, half of the node",
                where=f"{where}.enclave_memory_mib",
            )


def check_measurements(
    protection: Protection, measurements: Mapping[str, str], *, where: str
) -> None:
    """Refuse measurements on which no key can be opened, or which tell no image from another.

    Raises:
        RefusedError: a measurement is unknown, no digest or a debug enclave's, or one is missing.
    """
    known = CONDITIONS[protection]
    for name, value in measurements.items():
        path = f"{where}.measurements.{name}"
        if name not in known:
            raise RefusedError(
                f"KMS compares no such measurement for {protection}",
                given=name,
                allowed=list(known) or "none: KMS has no condition for its reports",
                where=path,
            )
        if MEASUREMENT.fullmatch(str(value)) is None:
            raise RefusedError(
                "not a SHA-384 digest",
                given=value,
                allowed="96 lower-case hexadecimal digits",
                where=path,
            )
        # PCR12 of an image whose command line nobody overrides is all zeros.
        if protection is Protection.NITRO_ENCLAVES and not value.strip("0"):
            raise RefusedError(
                "the measurement of a debug enclave is open to everybody",
                given=value,
                allowed="a digest that is not all zeros",
                where=path,
            )
    sets = SUFFICIENT.get(protection)
    if sets and not any(one <= measurements.keys() for one in sets):
        raise RefusedError(
            "the measurements don't tell one image from another",
            given=", ".join(measurements) or "none",
            allowed=", or ".join(" with ".join(sorted(one)) for one in sets),
            where=f"{where}.measurements",
        )


def conditions(protection: Protection, measurements: Mapping[str, str]) -> dict[str, str]:
    """The KMS conditions that a request with the right attestation document meets."""
    keys = CONDITIONS[protection]
    return {CONDITION_PREFIX + keys[name]: value for name, value in sorted(measurements.items())}

"""The ways out of a closed network: domains by plane (NET-2)."""

import re
from collections.abc import Mapping, Sequence

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.subnets import PLANES, SubnetGroup
from bulkhead.domain.tiers import CATALOGUE, Egress, Tier

DOMAIN = re.compile(
    r"\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.ASCII
)
"""A domain of two labels or more (RFC 1035), in lower case. One that begins with a dot stands for
itself and all beneath it (AWS Network Firewall Developer Guide, "Stateful domain list rule
groups")."""

LONGEST_DOMAIN = 253

MOST_DOMAINS = 300
"""Domains of one plane: two rules each, in a group whose capacity can't change (AWS Network
Firewall Developer Guide, "Setting rule group capacity")."""

AWS_DOMAIN = "amazonaws.com"

OPEN_PLANES = tuple(plane for plane in PLANES if plane is not SubnetGroup.MODEL)
"""Planes that may be given domains. Weights go nowhere: a model from outside is brought in through
another plane, where it is scanned and signed."""


def read_egress(
    domains: Mapping[str, Sequence[str]] | None, tier: Tier, *, where: str
) -> dict[SubnetGroup, tuple[str, ...]]:
    """The domains that each plane may reach, none where ``domains`` are left out.

    Raises:
        RefusedError: the tier reaches nothing but VPC endpoints, a plane is unknown or may not be
            given domains, or a domain is none, too broad or one too many.
    """
    if domains is None:
        return {}
    if CATALOGUE[tier].egress is not Egress.DOMAIN_ALLOWLIST:
        open_tiers = [t for t in Tier if CATALOGUE[t].egress is Egress.DOMAIN_ALLOWLIST]
        raise RefusedError(
            "the tier reaches nothing but VPC endpoints",
            given=tier,
            allowed=f"domains for {', '.join(open_tiers)}",
            where=where,
        )
    if not isinstance(domains, Mapping) or not domains:
        raise RefusedError(
            "not domains by plane",
            given=domains,
            allowed='a mapping like {"training": ["huggingface.co"]}',
            where=where,
        )
    return {
        _plane(plane, where): _domains(found, f"{where}.{plane}")
        for plane, found in domains.items()
    }


def _plane(name: str, where: str) -> SubnetGroup:
    if name not in list(OPEN_PLANES):
        raise RefusedError(
            "not a plane that may reach domains", given=name, allowed=OPEN_PLANES, where=where
        )
    return SubnetGroup(name)


def _domains(found: Sequence[str], where: str) -> tuple[str, ...]:
    if not isinstance(found, list | tuple) or not 0 < len(found) <= MOST_DOMAINS:
        raise RefusedError(
            "not a list of domains",
            given=found,
            allowed=f"1 to {MOST_DOMAINS} of them",
            where=where,
        )
    return tuple(dict.fromkeys(check_domain(domain, where=where) for domain in found))


def check_domain(domain: str, *, where: str) -> str:
    """Return ``domain`` if it names one that a workload may reach or resolve.

    Raises:
        RefusedError: it is no domain, a whole top-level one, or stands for AWS's own, among which
            are everybody's buckets.
    """
    if (
        not isinstance(domain, str)
        or len(domain) > LONGEST_DOMAIN
        or DOMAIN.fullmatch(domain) is None
    ):
        raise RefusedError(
            "not a domain",
            given=domain,
            allowed="one like huggingface.co, or .huggingface.co with all beneath it",
            where=where,
        )
    if domain.startswith(".") and domain.endswith(f".{AWS_DOMAIN}"):
        raise RefusedError(
            "the names of everybody's buckets and services are too much to allow",
            given=domain,
            allowed=f"single names beneath {AWS_DOMAIN}; S3 is reached through its endpoints",
            where=where,
        )
    return domain


def dns_names(domains: Sequence[str]) -> list[str]:
    """The same domains as DNS Firewall writes them, which stars what begins with a dot."""
    return [
        name
        for domain in domains
        for name in ([domain[1:], f"*{domain}"] if domain.startswith(".") else [domain])
    ]


def resolvable(region: str, others: Sequence[str] = ()) -> list[str]:
    """The names that a network resolves: AWS's own and ``others``, as DNS Firewall writes them.

    Services put the Region first, last or nowhere into their names, so that all of AWS's zone is
    let through: only AWS answers there, and no query in it reaches anybody else.
    """
    return [
        f"*.{AWS_DOMAIN}",
        f"*.{region}.api.aws",
        "*.compute.internal",
        "*.ec2.internal",
        *dns_names(others),
    ]

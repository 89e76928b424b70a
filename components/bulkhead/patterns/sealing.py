"""The keys and add-ons of sealed pools, whatever the pattern (ISO-7, KEY-3)."""

import pulumi

from bulkhead.cluster.enclaves import make_plugin
from bulkhead.domain.admission import SERVICE_ACCOUNT
from bulkhead.domain.images import read_image
from bulkhead.domain.pools import Pool
from bulkhead.domain.seals import CONDITIONS, Protection
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.identity import role_arn
from bulkhead.foundation.sealed_keys import SealedKey
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.plan import Plan


class Sealing:
    """Registers what sealed pools need besides their nodes."""

    def __init__(
        self,
        name: str,
        args: PatternArgs,
        plan: Plan,
        *,
        opts: pulumi.ResourceOptions,
        inside: pulumi.ResourceOptions,
    ) -> None:
        """Register keys under ``opts`` and add-ons under ``inside``, the cluster's provider."""
        self._name, self._args, self._plan = name, args, plan
        for pool in plan.pools:
            if pool.seal and pool.seal.protection is Protection.NITRO_ENCLAVES:
                plugin = read_image(args.get("enclave_plugin"), where=f"{name}.enclave_plugin")
                make_plugin(f"{name}-{pool.name}-enclaves", pool.name, plugin, inside)
        self._keys = {
            tenant.name: {
                pool.name: self._key(tenant, pool, opts)
                for pool in plan.pools
                if pool.seal and CONDITIONS[pool.seal.protection] and is_of(pool, tenant)
            }
            for tenant in plan.tenants
        }

    def pools(self, tenant: Tenant) -> list[str]:
        """The pools on whose attested nodes a tenant opens a key."""
        return list(self._keys[tenant.name])

    def key_arns(self, tenant: Tenant) -> dict[str, pulumi.Output[str]]:
        """The tenant's sealed keys by pool."""
        return {pool: key.arn for pool, key in self._keys[tenant.name].items()}

    def _key(self, tenant: Tenant, pool: Pool, opts: pulumi.ResourceOptions) -> SealedKey:
        assert pool.seal is not None  # noqa: S101 (asked by the caller)
        server = f"{self._name}-{tenant.name}-{SERVICE_ACCOUNT}"
        return SealedKey(
            f"{self._name}-{pool.name}-sealed",
            {
                "scope": self._args["scope"],
                "tier": tenant.tier,
                "pool": pool.name,
                "protection": pool.seal.protection,
                "measurements": dict(pool.seal.measurements),
                "users": [role_arn(self._plan.scope, server, tenant.tier)],
                "administrators": self._args["administrators"],
            },
            opts,
        )


def is_of(pool: Pool, tenant: Tenant) -> bool:
    """Whether a sealed pool is the tenant's: its own, or its tier's, which has one tenant then."""
    return pool.tenant == tenant.name or (pool.tenant is None and pool.tier is tenant.tier)

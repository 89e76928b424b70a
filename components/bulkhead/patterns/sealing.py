"""The keys and add-ons of sealed pools, whatever the pattern (ISO-7, KEY-3)."""

import pulumi

from bulkhead.cluster.enclaves import make_plugin
from bulkhead.domain.admission import SERVICE_ACCOUNT
from bulkhead.domain.images import read_image
from bulkhead.domain.seals import CONDITIONS, Protection, Seal
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation.identity import role_arn
from bulkhead.foundation.sealed_keys import SealedKey
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.plan import Plan


class Sealing:
    """Registers what sealed pools need besides their nodes.

    Attributes:
        key_arns: for each tenant the key of each of its sealed pools.
    """

    def __init__(
        self,
        name: str,
        args: PatternArgs,
        plan: Plan,
        *,
        opts: pulumi.ResourceOptions,
        provider: pulumi.ProviderResource,
    ) -> None:
        """Register keys under ``opts``, and add-ons by the cluster's ``provider``."""
        self._name, self._args, self._plan = name, args, plan
        for pool in plan.pools:
            if pool.seal and pool.seal.protection is Protection.NITRO_ENCLAVES:
                plugin = read_image(args.get("enclave_plugin"), where=f"{name}.enclave_plugin")
                inside = pulumi.ResourceOptions(parent=opts.parent, provider=provider)
                make_plugin(f"{name}-{pool.name}-enclaves", pool.name, plugin, inside)
        self.key_arns = {
            tenant.name: {
                pool: self._key(tenant, pool, seal, opts).arn
                for pool, seal in _sealed(plan, tenant).items()
            }
            for tenant in plan.tenants
        }

    def _key(
        self, tenant: Tenant, pool: str, seal: Seal, opts: pulumi.ResourceOptions
    ) -> SealedKey:
        server = f"{self._name}-{tenant.name}-{SERVICE_ACCOUNT}"
        return SealedKey(
            f"{self._name}-{pool}-sealed",
            {
                "scope": self._args["scope"],
                "tier": tenant.tier,
                "pool": pool,
                "protection": seal.protection,
                "measurements": dict(seal.measurements),
                "users": [role_arn(self._plan.scope, server, tenant.tier)],
                "administrators": self._args["administrators"],
            },
            opts,
        )


def sealed_pools(plan: Plan, tenant: Tenant) -> list[str]:
    """The pools on whose attested nodes a tenant opens a key."""
    return list(_sealed(plan, tenant))


def _sealed(plan: Plan, tenant: Tenant) -> dict[str, Seal]:
    """How the tenant's pools with a key are sealed; a tier's is its too, which has one tenant."""
    return {
        pool.name: pool.seal
        for pool in plan.pools
        if pool.seal
        and CONDITIONS[pool.seal.protection]
        and (pool.tenant == tenant.name or (pool.tenant is None and pool.tier is tenant.tier))
    }

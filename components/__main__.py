"""Serves the components to programs in any Pulumi language: ``pulumi package add``."""

from pulumi.provider.experimental import component_provider_host

import bulkhead

COMPONENTS = [getattr(bulkhead, name) for name in bulkhead.__all__]

if __name__ == "__main__":
    component_provider_host("bulkhead", components=COMPONENTS)

"""A tenant's sandboxes in the environment's file, typed."""

from bulkhead.domain.pods import Runtime
from bulkhead.domain.sandboxes import Sandboxes
from stacks.config import Strict


class DestinationConfig(Strict):
    """A service that sandboxes reach besides the tools' gateway."""

    cidr: str
    """Its private address as a network of one, or of at most 16: /28 to /32."""
    port: int
    """Its TCP port."""


class SandboxConfig(Strict):
    """Where a tenant's agents run code that nobody has read."""

    runtime: Runtime
    """What keeps them from their node's kernel; a pool of the tenant's must run it."""
    image: str
    """What runs, by digest, of one of the tenant's registries."""
    command: list[str] = []
    """What is started; the image's own if left out."""
    cpus: int = Sandboxes.cpus
    """vCPUs of one sandbox."""
    memory_gib: int = Sandboxes.memory_gib
    """Memory of one sandbox in GiB."""
    disk_gib: int = Sandboxes.disk_gib
    """Node disk that one sandbox may fill, in GiB."""
    storage_gib: int = Sandboxes.storage_gib
    """Encrypted volume of one sandbox in GiB, gone with it."""
    most: int = Sandboxes.most
    """Sandboxes at once."""
    warm: int = Sandboxes.warm
    """Of these how many wait for work."""
    hours: int = Sandboxes.hours
    """The longest that a sandbox lives; 24 at most."""
    user: int = Sandboxes.user
    """User and group that agents run as."""
    egress: list[DestinationConfig] = []
    """What agents reach besides name resolution and the tools' gateway."""
    policy: str | None = None
    """Cedar policy of a confidential sandbox, which needs one."""


class SandboxControllerConfig(Strict):
    """agent-sandbox, which makes sandboxes."""

    chart: str
    """Its chart in a private registry, oci://."""
    image: str
    """agent-sandbox-controller of v0.5.6, by digest."""

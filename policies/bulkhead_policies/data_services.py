"""Databases, search domains, caches, registries and copies: who reaches them, and over what."""

from bulkhead.domain.tiers import Tier
from bulkhead_policies.findings import Findings, any_holds, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Stack
from bulkhead_policies.tokens import REPOSITORY
from bulkhead_policies.view import View

SEARCH_DOMAINS = frozenset({"aws:opensearch/domain:Domain"})

DATABASES = frozenset(
    {
        "aws:dms/replicationInstance:ReplicationInstance",
        "aws:rds/clusterInstance:ClusterInstance",
        "aws:rds/instance:Instance",
        "aws:redshift/cluster:Cluster",
    }
)

CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
CACHE_USER = "aws:elasticache/user:User"

TRAFFIC_FLAGS = {
    CACHE: (("transitEncryptionEnabled",),),
    "aws:opensearch/domain:Domain": (
        ("nodeToNodeEncryption", "enabled"),
        ("domainEndpointOptions", "enforceHttps"),
    ),
}
"""The flags of each kind of store that speaks in the clear unless told to encrypt."""

BLOCKING = ("block-all-sharing", "block-new-sharing")

SCANNING = frozenset({"aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"})


@resource_rule(
    "bulkhead-data-hide-databases",
    types=DATABASES,
    severity=Severity.CRITICAL,
    requirements=("NET-1", "STO-2"),
    frameworks=("FSBP RDS.2", "FSBP Redshift.1", "FSBP DMS.1"),
    title="Databases have no public address",
    why="A feature store on the internet is guarded by one password.",
    remediation="Set publicly_accessible to False, and come through the VPC.",
)
def databases_hidden(database: Resource) -> Findings:
    """Judge the flag; AWS and the provider leave it off but for clusters in a default VPC."""
    public = database.props["publiclyAccessible"]
    if public.flag():
        yield public.refuse("the database has a public address", allowed="false")


@resource_rule(
    "bulkhead-opensearch-join-network",
    types=SEARCH_DOMAINS,
    severity=Severity.HIGH,
    requirements=("NET-1", "STO-3"),
    frameworks=("FSBP Opensearch.2",),
    title="Search domains stand in the VPC",
    why="A vector index outside the VPC answers the internet, and its policy alone says whom.",
    remediation="Set vpc_options; a domain can't be moved into a VPC later.",
)
def search_in_network(domain: Resource) -> Findings:
    """Judge whether the domain has subnets."""
    subnets = domain.props.at("vpcOptions", "subnetIds")
    if not subnets.is_set:
        yield domain.props["vpcOptions"].refuse("outside the VPC", allowed="subnets")


@resource_rule(
    "bulkhead-storage-encrypt-traffic",
    types=frozenset(TRAFFIC_FLAGS),
    severity=Severity.HIGH,
    requirements=("STO-2",),
    frameworks=("FSBP ElastiCache.5", "FSBP Opensearch.3", "FSBP Opensearch.8"),
    title="Caches and search domains speak TLS, also among their nodes",
    why="Prompts in a cache and documents in an index are as sensitive on the way as at rest.",
    remediation="Turn encryption in transit on when the store is made.",
)
def traffic_encrypted(store: Resource) -> Findings:
    """Judge each flag that the kind of store has for it."""
    flags = [store.props.at(*path) for path in TRAFFIC_FLAGS[store.type]]
    yield from each(flags, _speaks_tls)


def _speaks_tls(flag: View) -> Findings:
    if not flag.flag():
        yield flag.refuse("the store speaks in the clear", allowed="true")


@resource_rule(
    "bulkhead-cache-require-users",
    types=frozenset({CACHE, CACHE_USER}),
    severity=Severity.HIGH,
    requirements=("STO-2", "INF-3"),
    frameworks=("FSBP ElastiCache.6",),
    title="Caches know their users, by password or IAM",
    why="Whoever reaches a cache without users reads the prompts in it and sets the counters of "
    "quotas back.",
    remediation="Set user_group_ids, or an auth_token, and give no user no_password_required.",
)
def cache_users_required(resource: Resource) -> Findings:
    """Judge whether a cache has users, and whether a user signs in."""
    if resource.type == CACHE_USER:
        yield from _signs_in(resource)
        return
    groups, token = resource.props["userGroupIds"], resource.props["authToken"]
    if not groups.is_set and not token.is_set:
        yield groups.refuse("anybody who reaches the cache is in", allowed="a group of users")


def _signs_in(user: Resource) -> Findings:
    """Judge both ways in which a user is let in without a password."""
    free, kind = user.props["noPasswordRequired"], user.props.at("authenticationMode", "type")
    if free.flag():
        yield free.refuse("a user without a password", allowed="false")
    if kind.is_set and kind.text() == "no-password-required":
        yield kind.refuse("a user without a password", allowed=("password", "iam"))


@resource_rule(
    "bulkhead-ecr-pin-tags",
    types=frozenset({REPOSITORY}),
    severity=Severity.MEDIUM,
    requirements=("INF-5", "MOD-1"),
    frameworks=("FSBP ECR.2", "ATLAS AML.M0013", "OWASP LLM03"),
    title="Tags of images never move",
    why="What was scanned and approved under a tag is not what runs once the tag moved.",
    remediation="Set image_tag_mutability IMMUTABLE.",
)
def tags_pinned(repository: Resource) -> Findings:
    """Judge whether tags may move; ECR lets them unless told otherwise."""
    mutability = repository.props["imageTagMutability"]
    if not (mutability.text() or "MUTABLE").startswith("IMMUTABLE"):
        yield mutability.refuse("tags may be moved", allowed="IMMUTABLE")


@stack_rule(
    "bulkhead-ecr-scan-images",
    types=frozenset({REPOSITORY}),
    severity=Severity.MEDIUM,
    requirements=("INF-5",),
    frameworks=("FSBP ECR.1", "CIS EKS 5.1.1", "ATLAS AML.M0016"),
    title="Images are scanned when they are pushed",
    why="A server image carries hundreds of packages; the vulnerable one is found by a scan or by "
    "an intruder.",
    remediation="Set image_scanning_configuration.scan_on_push, or a scanning rule for the "
    "registry in the same stack.",
)
def images_scanned(repository: Resource, stack: Stack) -> Findings:
    """Judge the repository's own setting and the registry's, which outweighs it."""
    own = repository.props.at("imageScanningConfiguration", "scanOnPush")
    registries = [found.props["rules"] for found in stack.of_types(SCANNING)]
    if not any_holds(registries, lambda rules: bool(rules.items())) and not own.flag():
        yield own.refuse("nobody looks for vulnerable packages", allowed="true")


@resource_rule(
    "bulkhead-ec2-deny-shared-copies",
    types=frozenset(
        {
            "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
            "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess",
            "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
        }
    ),
    severity=Severity.CRITICAL,
    requirements=("STO-2", "MOD-1"),
    frameworks=("FSBP EC2.1", "FSBP EC2.182"),
    title="Images and snapshots are not public",
    why="An image of a node holds weights, caches and tokens; a public one is copied at once.",
    remediation="Share with named accounts or the organisation, and block public sharing.",
)
def copies_private(resource: Resource) -> Findings:
    """Judge permissions for everyone, and whatever lets them be given."""
    group, state = resource.props["group"], resource.props["state"]
    if group.is_set and group.text() == "all":
        yield group.refuse("everybody may launch the image", allowed="accounts")
    if state.is_set and state.text() == "unblocked":
        yield state.refuse("copies may be public", allowed=BLOCKING)


@resource_rule(
    "bulkhead-data-recover-tables",
    types=frozenset({"aws:dynamodb/table:Table"}),
    severity=Severity.MEDIUM,
    requirements=("STO-3", "DAT-4"),
    frameworks=("FSBP DynamoDB.2",),
    title="Tables above tier internal can be set back in time",
    why="Lineage that a bug overwrote answers no question of consent.",
    remediation="Set point_in_time_recovery.enabled.",
)
def tables_recoverable(table: Resource) -> Findings:
    """Judge point-in-time recovery."""
    recovery = table.props.at("pointInTimeRecovery", "enabled")
    if (table.tier or Tier.PUBLIC).rank > Tier.INTERNAL.rank and not recovery.flag():
        yield recovery.refuse(f"a table {table.of_tier} can't be set back", allowed="true")

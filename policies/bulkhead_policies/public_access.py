"""Buckets that nobody publishes by mistake."""

from collections.abc import Mapping

from bulkhead_policies.findings import Findings
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Changes, Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Stack
from bulkhead_policies.stores import of_a_bucket
from bulkhead_policies.tokens import BUCKETS
from bulkhead_policies.view import View

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
PUBLIC_ACCESS_BLOCK = of_a_bucket(ACCESS_BLOCK)

ACCESS_BLOCKS: Mapping[str, tuple[str, ...]] = {
    ACCESS_BLOCK: (),
    "aws:s3/accessPoint:AccessPoint": ("publicAccessBlockConfiguration",),
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": (),
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": ("details", "publicAccessBlock"),
}
"""Where resources hold the four flags. In a part of its own, S3 takes a missing flag for true."""

PUBLIC_ACCESS_FLAGS = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)


@stack_rule(
    "bulkhead-s3-block-public-access",
    types=BUCKETS,
    severity=Severity.CRITICAL,
    requirements=("STO-1",),
    frameworks=("FSBP S3.8",),
    title="Every bucket has a block of public access",
    why="One access list or one statement too many makes a bucket public; the block holds "
    "whatever they say.",
    remediation="Add a BucketPublicAccessBlock for the bucket with all four flags true.",
)
def public_access_blocked(bucket: Resource, stack: Stack) -> Findings:
    """Judge whether a companion blocks public access; what it says is judged where it stands."""
    if not stack.naming(bucket, PUBLIC_ACCESS_BLOCK):
        yield bucket.props.refuse(
            "no public access block belongs to the bucket", allowed="a BucketPublicAccessBlock"
        )


def _open_flags(block: Resource) -> dict[tuple[str, ...], View]:
    """The flags that let something in, by their paths."""
    holder = ACCESS_BLOCKS[block.type]
    flags = {(*holder, flag): block.props.at(*holder, flag) for flag in PUBLIC_ACCESS_FLAGS}
    return {path: flag for path, flag in flags.items() if not flag.flag(default=bool(holder))}


def _block_all(block: Resource) -> Changes:
    return dict.fromkeys(_open_flags(block), True)


@resource_rule(
    "bulkhead-s3-complete-access-blocks",
    types=frozenset(ACCESS_BLOCKS),
    severity=Severity.CRITICAL,
    requirements=("STO-1",),
    frameworks=("FSBP S3.1", "FSBP S3.8", "FSBP S3.19", "FSBP S3.24"),
    title="A block of public access blocks in all four ways",
    why="A block with one flag off looks like protection and lets in what the flag was for.",
    remediation="Set all four flags to true.",
    remedy=_block_all,
)
def access_blocks_complete(block: Resource) -> Findings:
    """Judge the four flags on buckets, accounts and access points."""
    for flag in _open_flags(block).values():
        yield flag.refuse("public access is not blocked in this way", allowed="true")


def blocks_everything(blocks: list[Resource]) -> bool:
    """Whether there are blocks of public access, and all of them are complete."""
    return bool(blocks) and not any(map(_open_flags, blocks))

"""What the packs cost: start-up beyond the SDK's import, and time per resource in the handlers."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel

from bulkhead_policies import analyzer
from bulkhead_policies.packs import REGULATED
from tests.policies.faults import apart
from tests.policies.scenes import analyze_request, stack_request
from tests.policies.twins import EVERY

START_RUNS = 5


def start_seconds() -> float:
    """Median seconds that importing a pack and listing its policies takes beyond the SDK."""
    sdk = "import pulumi_policy, pulumi.runtime.proto.analyzer_pb2"
    own = (
        f"{sdk}; from bulkhead_policies.analyzer import policies; "
        "from bulkhead_policies.packs import REGULATED; policies(REGULATED)"
    )
    return statistics.median(_seconds(own) - _seconds(sdk) for _ in range(START_RUNS))


def _seconds(program: str) -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - before


def handler_seconds(resources: int) -> float:
    """Seconds in the analyzer's handlers for a stack of so many resources.

    The stack holds the good twin of every rule over and over, each copy under names of its own.
    """
    told = _requests(resources)
    whole = analyzer_pb2.AnalyzeStackRequest(resources=[r for _, stack in told for r in stack])
    singles = [request for requests, _ in told for request in requests]
    servicer = analyzer.Analyzer(
        REGULATED, "bulkhead", "0", analyzer.policies(REGULATED), EnforcementLevel.ADVISORY
    )
    before = time.perf_counter()
    for request in singles:
        servicer.Analyze(request, None)
    servicer.AnalyzeStack(whole, None)
    return time.perf_counter() - before


def _requests(resources: int) -> list[tuple[list[Any], Sequence[Any]]]:
    scenes = [twins.good for twins in EVERY.values()]
    told: list[tuple[list[Any], Sequence[Any]]] = []
    count = 0
    while count < resources:
        scene = apart(scenes[len(told) % len(scenes)], f"-{len(told)}")
        told.append(([analyze_request(r) for r in scene], stack_request(scene).resources))
        count += len(scene)
    return told

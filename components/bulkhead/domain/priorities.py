"""Who waits for whom when a cluster is full (TRN-2)."""

from dataclasses import dataclass

from bulkhead.domain.tiers import CATALOGUE, Pipeline, Tier


@dataclass(frozen=True)
class Priority:
    """A priority class of pods.

    Attributes:
        name: name of the PriorityClass.
        value: higher ones are scheduled first; below a billion, where the system's begin.
        pipeline: what runs with it; a tier that closes the pipeline closes the class.
        preempts: whether its pods may end pods of a lower priority to make room.
    """

    name: str
    value: int
    pipeline: Pipeline
    preempts: bool = True


INFERENCE = "bulkhead-inference"
"""Class of servers that answer clients."""

PRIORITIES = (
    Priority(INFERENCE, 100_000, Pipeline.ONLINE_INFERENCE),
    Priority("bulkhead-retraining", 50_000, Pipeline.TRAINING),
    Priority("bulkhead-batch", 20_000, Pipeline.BATCH_INFERENCE),
    Priority("bulkhead-evaluation", 15_000, Pipeline.EVALUATION),
    Priority("bulkhead-fine-tuning", 10_000, Pipeline.FINE_TUNING),
    Priority("bulkhead-exploration", 1_000, Pipeline.EXPLORATION, preempts=False),
)
"""Production before experiments. Pods that name no class have priority 0 and wait for all."""


def priorities(tier: Tier) -> list[str]:
    """The priority classes that pods of ``tier`` may name: those of its pipelines (DAT-3)."""
    pipelines = CATALOGUE[tier].pipelines
    return [priority.name for priority in PRIORITIES if priority.pipeline in pipelines]

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class CounterProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        raise AssertionError("a preview creates nothing")


class Counter(Resource):
    start: pulumi.Output[int]
    end: pulumi.Output[int]

    def __init__(self, name: str, start: int, opts: pulumi.ResourceOptions | None = None):
        super().__init__(CounterProvider(), name, {"start": start, "end": None}, opts)


counter = Counter("counter", 3)
pulumi.export("start", counter.start)
pulumi.export("end", counter.end)

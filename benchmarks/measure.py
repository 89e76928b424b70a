"""One measurement in a process of its own.

``python -m benchmarks.measure components FILE PROGRAM SIZE`` or ``… bare FILE``.

Prints seconds (without imports), peak memory in MiB and the number of resources as JSON.
"""

import json
import pickle
import resource
import sys
import time
from pathlib import Path

from benchmarks.programs import PROGRAMS, bare
from bulkhead.preview.run import preview_function
from bulkhead.preview.types import resource_class


def main() -> None:
    """Measure ``components``, whose plan goes to FILE, or ``bare``, which reads it there."""
    what, file = sys.argv[1], Path(sys.argv[2])
    if what == "components":
        make = PROGRAMS[sys.argv[3]]
        program = make(int(sys.argv[4]))
        preview_function(make(1), assume_applied=True)
    else:
        plan = pickle.loads(file.read_bytes())  # noqa: S301 (written by this benchmark)
        program = bare(plan)
        for token in {found.type for found in plan.resources}:
            resource_class(token)
    before = time.perf_counter()
    found = preview_function(program, assume_applied=True)
    seconds = time.perf_counter() - before
    assert not found.errors, found.errors  # noqa: S101
    if what == "components":
        file.write_bytes(pickle.dumps(found))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mib": memory, "resources": len(found.resources)}))


if __name__ == "__main__":
    main()
